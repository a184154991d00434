//! Who listens to a room, and until when.

use std::sync::Arc;

use tertulia_model::Visibility;
use tokio::sync::oneshot::{Receiver, Sender};

use super::{hub::TestHub, listener::Listener};
use crate::{Bookmark, Ended, Error, Noun, PageFrom, conversation::TAIL_MESSAGES};

/// Once found: whoever declined an invitation went on hearing what was said in the private room.
#[tokio::test]
async fn who_declines_an_invitation_hears_no_more_and_nobody_is_told() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    let (hers, his) = (hub.follow(&room, Some(&ada)).await.unwrap(), hub.follow(&room, Some(&bob)).await.unwrap());
    hub.chat.say(&ada, &room, "welcome").await.unwrap();

    hub.chat.leave_room(&bob, &room).await.unwrap();
    hub.chat.say(&ada, &room, "now we are alone").await.unwrap();

    hub.settle().await;
    assert_eq!((his.take().as_str(), his.ended()), ("ada: welcome|", Some(Ended::NoLongerAllowed)));
    assert_eq!((hers.take().as_str(), hers.ended()), ("ada: welcome|ada: now we are alone|", None));
    hub.close().await;
}

/// Once found: a page that was asked for before its reader left held what was said afterwards.
#[tokio::test]
async fn a_page_is_given_only_to_who_may_still_read_when_it_has_been_read() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    let first = hub.chat.say(&ada, &room, "one").await.unwrap().0;
    let (after, id) = (PageFrom::After(Bookmark::of(hub.chat.hub().epoch, &first)), room.id);
    drop(room);
    let hub = hub.restart().await;
    let room = hub.chat.room(id).await.unwrap();
    let page = || hub.chat.page(&room, Some(&bob), after, 10);
    let start = || hub.chat.start(&room, Some(&bob), None);
    let members = || hub.chat.members(&room, Some(&bob), 10);
    assert!(page().await.unwrap().messages.is_empty());
    let meanwhile = async |has_come: Receiver<()>, go_on: Sender<()>, text: &str| {
        has_come.await.unwrap();
        hub.chat.leave_room(&bob, &room).await.unwrap();
        hub.chat.say(&ada, &room, text).await.unwrap();
        go_on.send(()).unwrap();
    };

    let (has_come, go_on) = hub.store.pause_after("read");
    let (refused, ()) = tokio::join!(page(), meanwhile(has_come, go_on, "alone"));
    assert!(matches!(refused, Err(Error::NotParticipant)));

    hub.invite(&ada, &room, &[&bob]).await;
    let (has_come, go_on) = hub.store.pause_after("read");
    let (refused, ()) = tokio::join!(start(), meanwhile(has_come, go_on, "again"));
    assert!(matches!(refused, Err(Error::NotParticipant)));

    hub.invite(&ada, &room, &[&bob]).await;
    let (has_come, go_on) = hub.store.pause_after("members");
    let (refused, ()) = tokio::join!(members(), meanwhile(has_come, go_on, "and again"));
    assert!(matches!(refused, Err(Error::NotParticipant)));
    hub.close().await;
}

/// Once found: who left while it was still catching up was given what was said afterwards.
#[tokio::test]
async fn who_leaves_while_it_catches_up_is_given_no_more() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    let start = hub.chat.start(&room, Some(&bob), None).await.unwrap();
    for _ in 0..=TAIL_MESSAGES {
        hub.chat.say(&ada, &room, "more than memory holds").await.unwrap();
    }
    let (has_come, go_on) = hub.store.pause("read");
    let meanwhile = async {
        has_come.await.unwrap();
        hub.chat.leave_room(&bob, &room).await.unwrap();
        hub.chat.say(&ada, &room, "alone").await.unwrap();
        go_on.send(()).unwrap();
    };
    let listener = Arc::new(Listener::default());

    let (refused, ()) = tokio::join!(hub.follow_as(&room, Some(&bob), &start, &listener), meanwhile);

    assert!(matches!(refused, Err(Error::NotParticipant)));
    hub.settle().await;
    assert_eq!(listener.take(), "");
    hub.close().await;
}

#[tokio::test]
async fn nobody_begins_to_listen_where_it_may_not_or_where_the_room_has_ended_meanwhile() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    assert!(matches!(hub.follow(&room, None).await, Err(Error::NotParticipant)));
    let (hers, his) = (hub.chat.start(&room, Some(&ada), None).await, hub.chat.start(&room, Some(&bob), None).await);
    let (hers, his) = (hers.unwrap(), his.unwrap());

    hub.chat.leave_room(&bob, &room).await.unwrap();
    assert!(matches!(hub.follow_from(&room, Some(&bob), &his).await, Err(Error::NotParticipant)));
    hub.go_to_the_end_of(&room);
    assert!(matches!(hub.follow_from(&room, Some(&ada), &hers).await, Err(Error::NotFound(Noun::Room))));

    let room = hub.room(&ada, Visibility::Public, &[]).await;
    let start = hub.chat.start(&room, None, None).await.unwrap();
    hub.chat.destroy_room(&ada, &room).await.unwrap();
    assert!(matches!(hub.follow_from(&room, None, &start).await, Err(Error::NotFound(Noun::Room))));
    hub.close().await;
}

/// Everybody comes and goes at once: from when a leave is answered, nothing more reaches who has left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_attaches_while_it_leaves_hears_nothing_said_afterwards() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    for round in 0..100 {
        let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
        let listener = Arc::new(Listener::default());
        let listen = async {
            let start = hub.chat.start(&room, Some(&bob), None).await?;
            hub.follow_as(&room, Some(&bob), &start, &listener).await
        };
        let leave_and_talk = async {
            hub.chat.leave_room(&bob, &room).await.unwrap();
            hub.chat.say(&ada, &room, "alone").await.unwrap();
        };

        let (attached, ()) = tokio::join!(listen, leave_and_talk);

        hub.settle().await;
        let heard = listener.take();
        assert_eq!(heard, "", "round {round}: {attached:?}");
        assert_eq!(listener.ended().is_some(), attached.is_ok(), "round {round}");
    }
    hub.close().await;
}
