//! Contact books, and who is told of whose presence.

use std::{sync::Arc, time::Duration};

use tertulia_model::Pause;

use super::{
    hub::TestHub,
    listener::Listener,
    store::{Fault, broken},
};
use crate::{
    AgentEvent, AgentForm, AgentRef, Availability, Caller, Declaration, Error, LiveConnection, Noun, Outlet, Presence,
};

pub(super) fn named(caller: &Caller) -> AgentRef {
    AgentRef::Name(caller.agent.name.to_uppercase())
}

pub(super) fn says(availability: Availability, message: &str) -> Declaration {
    Declaration { availability, message: Some(message).filter(|message| !message.is_empty()).map(Into::into) }
}

/// A connection of `caller` that is told of presence.
async fn watching(hub: &TestHub, caller: &Caller) -> (LiveConnection, Arc<Listener>) {
    let listener = Arc::new(Listener::default());
    let outlet: Arc<dyn Outlet> = listener.clone();
    let connection = hub.chat.remember_connection(caller, &outlet).await.unwrap();
    connection.hear(&AgentForm::new(|event, out| {
        if let AgentEvent::PresenceChanged { agent, declaration } = event {
            let message = declaration.message.as_deref().unwrap_or("-");
            out.extend_from_slice(format!("{} {:?} {message}|", agent.name, declaration.availability).as_bytes());
        }
    }));
    hub.chat.tell_news_once().await;
    (connection, listener)
}

async fn availability(hub: &TestHub, watcher: &Caller, other: &Caller) -> Availability {
    hub.chat.watch(watcher, &named(other)).await.unwrap().declaration.availability
}

#[tokio::test]
async fn who_is_suspended_is_in_no_book_until_it_is_back() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.chat.add_contact(&ada, &named(&bob)).await.unwrap();
    hub.chat.annotate_contact(&ada, &named(&bob), Some("a friend")).await.unwrap();
    hub.chat.suspend("bob").await.unwrap();
    assert_eq!(hub.chat.contacts(&ada, 10, 0).await.unwrap().total, 0);
    assert!(hub.chat.contact(&ada, &named(&bob)).await.unwrap().is_none());
    for refused in [
        hub.chat.annotate_contact(&ada, &named(&bob), None).await,
        hub.chat.add_contact(&ada, &named(&bob)).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::NotFound(Noun::Agent))), "{refused:?}");
    }
    hub.chat.unsuspend("bob").await.unwrap();
    let contact = hub.chat.contact(&ada, &named(&bob)).await.unwrap().unwrap();
    assert_eq!(contact.notes.as_deref(), Some("a friend"));
    hub.chat.suspend("bob").await.unwrap();
    hub.chat.remove_contact(&ada, &named(&bob)).await.unwrap();
    hub.close().await;
}

#[tokio::test]
async fn presence_is_told_to_those_who_have_noted_the_agent() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    hub.chat.add_contact(&ada, &named(&bob)).await.unwrap();
    let ((_one, ada_hears), (_other, eve_hears)) = (watching(&hub, &ada).await, watching(&hub, &eve).await);
    hub.chat.declare(&bob, says(Availability::Busy, "thinking")).await.unwrap();
    hub.chat.declare(&bob, says(Availability::Online, "")).await.unwrap();
    hub.chat.tell_news_once().await;
    assert_eq!(ada_hears.take(), "bob Online -|", "the last change alone");
    assert_eq!(eve_hears.take(), "");
    hub.chat.remove_contact(&ada, &named(&bob)).await.unwrap();
    hub.chat.declare(&bob, says(Availability::Busy, "")).await.unwrap();
    hub.chat.tell_news_once().await;
    assert_eq!(ada_hears.take(), "");
    hub.close().await;
}

#[tokio::test]
async fn coming_and_going_are_told_and_what_is_between_is_not() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.chat.add_contact(&ada, &named(&bob)).await.unwrap();
    let (_ada, hears) = watching(&hub, &ada).await;
    hub.chat.declare(&bob, says(Availability::Busy, "away")).await.unwrap();
    hub.chat.tell_news_once().await;
    let (one, _) = watching(&hub, &bob).await;
    let (two, _) = watching(&hub, &bob).await;
    drop(one);
    hub.chat.tell_news_once().await;
    hub.chat.declare(&bob, says(Availability::Busy, "here")).await.unwrap();
    hub.chat.tell_news_once().await;
    drop(two);
    hub.chat.tell_news_once().await;
    assert_eq!(hears.take(), "bob Busy away|bob Online -|bob Busy here|bob Offline -|");
    hub.close().await;
}

#[tokio::test]
async fn the_fully_paused_are_told_of_no_presence() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.chat.add_contact(&ada, &named(&bob)).await.unwrap();
    let (_ada, hears) = watching(&hub, &ada).await;
    for (pause, declared) in [(Pause::Full, Availability::Busy), (Pause::Send, Availability::Online)] {
        hub.chat.pause("ada", Some(pause)).await.unwrap();
        hub.chat.declare(&bob, says(declared, "")).await.unwrap();
        hub.chat.tell_news_once().await;
    }
    assert_eq!(hears.take(), "bob Online -|");
    hub.close().await;
}

#[tokio::test]
async fn what_was_declared_holds_for_five_minutes_or_as_long_as_a_connection_is_open() {
    let hub = TestHub::open().await;
    let bob = hub.join("bob").await;
    hub.chat.declare(&bob, says(Availability::Busy, "thinking")).await.unwrap();
    hub.clock.advance(Duration::from_secs(299));
    assert_eq!(availability(&hub, &bob, &bob).await, Availability::Busy);
    hub.clock.advance(Duration::from_secs(1));
    let watched = hub.chat.watch(&bob, &named(&bob)).await.unwrap();
    assert_eq!(watched.declaration, says(Availability::Offline, ""));
    assert_eq!(watched.last_seen, Some(bob.agent().created_at));

    let (connection, _) = watching(&hub, &bob).await;
    assert_eq!(hub.chat.presence_of(bob.agent()), Presence::Online);
    hub.chat.declare(&bob, says(Availability::Busy, "thinking")).await.unwrap();
    let later = hub.clock.advance(Duration::from_hours(1));
    let watched = hub.chat.watch(&bob, &named(&bob)).await.unwrap();
    assert_eq!((watched.declaration, watched.last_seen), (says(Availability::Busy, "thinking"), Some(later)));
    assert_eq!(hub.chat.presence_of(bob.agent()), Presence::Busy);
    drop(connection);
    assert_eq!(availability(&hub, &bob, &bob).await, Availability::Offline);
    assert_eq!(hub.chat.presence_of(bob.agent()), Presence::Offline);
    hub.close().await;
}

#[tokio::test]
async fn a_sign_of_life_leaves_what_was_declared() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.chat.add_contact(&ada, &named(&bob)).await.unwrap();
    let (_ada, hears) = watching(&hub, &ada).await;
    for _ in 0..2 {
        hub.chat.declare_here(&bob);
        hub.chat.tell_news_once().await;
    }
    assert_eq!(hears.take(), "bob Online -|");
    hub.chat.declare(&bob, says(Availability::Busy, "thinking")).await.unwrap();
    hub.chat.tell_news_once().await;
    for _ in 0..2 {
        hub.clock.advance(Duration::from_mins(4));
        hub.chat.declare_here(&bob);
    }
    hub.chat.tell_news_once().await;
    let watched = hub.chat.watch(&ada, &named(&bob)).await.unwrap();
    assert_eq!(watched.declaration, says(Availability::Busy, "thinking"));
    assert_eq!(hears.take(), "bob Busy thinking|");
    hub.close().await;
}

#[tokio::test]
async fn a_book_that_cannot_be_read_costs_one_change() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.chat.add_contact(&ada, &named(&bob)).await.unwrap();
    let (_ada, hears) = watching(&hub, &ada).await;
    hub.store.fail("holders_of", Fault::Refuses(broken()));
    for availability in [Availability::Busy, Availability::Online] {
        hub.chat.declare(&bob, says(availability, "")).await.unwrap();
        hub.chat.tell_news_once().await;
    }
    assert_eq!(hears.take(), "bob Online -|");
    hub.close().await;
}
