//! Who is spared an echo, and who is not signalled.

use std::sync::Arc;

use bytes::Bytes;
use tertulia_model::TextKind;

use super::{hub::TestHub, listener::Listener};
use crate::{Caller, Form, Outlet, Utterance};

/// A listener to the lobby in `form`, which has everything that is said from now on.
async fn listen(hub: &TestHub, reader: Option<&Caller>, form: &Form) -> Arc<Listener> {
    let (listener, lobby) = (Arc::new(Listener::default()), hub.chat.lobby());
    let outlet: Arc<dyn Outlet> = listener.clone();
    let start = hub.chat.start_live(lobby, reader).unwrap();
    hub.chat.follow(lobby, reader, &start, form, &outlet, hub.chat.delivery_key()).await.unwrap();
    listener
}

fn sparing() -> Form {
    Form::sparing_authors(|posted, out| out.extend_from_slice(format!("{}|", posted.text).as_bytes()))
}

fn telling() -> Form {
    Form::new(|posted, out| out.extend_from_slice(format!("{}|", posted.text).as_bytes()))
}

fn unheard(text: &str) -> Utterance<'_> {
    Utterance { text, kind: TextKind::Plain, spares_author: true }
}

#[tokio::test]
async fn an_author_who_wants_no_echo_has_none_in_a_form_that_spares_it() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let (sparing, telling) = (sparing(), telling());
    let hers = listen(&hub, Some(&ada), &sparing).await;
    let hers_elsewhere = listen(&hub, Some(&ada), &telling).await;
    let his = listen(&hub, Some(&bob), &sparing).await;
    let nobodys = listen(&hub, None, &sparing).await;

    let lobby = hub.chat.lobby();
    let (one, two, three) = tokio::join!(
        hub.chat.utter(&ada, lobby, unheard("one")),
        hub.chat.utter(&bob, lobby, unheard("two")),
        hub.chat.say(&ada, lobby, "three"),
    );
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    hub.settle().await;

    assert_eq!(hers.take(), "two|three|");
    assert_eq!(hers_elsewhere.take(), "one|two|three|");
    assert_eq!(his.take(), "one|three|");
    assert_eq!(nobodys.take(), "one|two|three|");
    hub.close().await;
}

#[tokio::test]
async fn an_author_is_spared_also_what_it_has_missed() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let (lobby, form) = (hub.chat.lobby(), sparing());
    let start = hub.chat.start_live(lobby, Some(&ada)).unwrap();
    hub.chat.utter(&ada, lobby, unheard("one")).await.unwrap();
    hub.chat.say(&ada, lobby, "two").await.unwrap();

    let listener = Arc::new(Listener::default());
    let outlet: Arc<dyn Outlet> = listener.clone();
    hub.chat.follow(lobby, Some(&ada), &start, &form, &outlet, hub.chat.delivery_key()).await.unwrap();

    assert_eq!(listener.take(), "two|");
    hub.close().await;
}

#[tokio::test]
async fn a_signal_reaches_one_form_in_one_place_but_for_one_agent() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let (one, other) = (telling(), telling());
    let hers = listen(&hub, Some(&ada), &one).await;
    let his = listen(&hub, Some(&bob), &one).await;
    let nobodys = listen(&hub, None, &one).await;
    let elsewhere = listen(&hub, Some(&bob), &other).await;

    hub.chat.signal(hub.chat.lobby(), &one, Bytes::from_static(b"typing|"), Some(ada.agent())).await;
    hub.chat.signal(hub.chat.lobby(), &one, Bytes::from_static(b"all|"), None).await;
    hub.settle().await;

    let heard = [hers, his, nobodys, elsewhere].map(|listener| listener.take());
    assert_eq!(heard, ["all|", "typing|all|", "typing|all|", ""]);
    hub.close().await;
}
