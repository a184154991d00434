//! Reactions, and the karma that memory has of them.

use std::sync::Arc;

use futures_util::future::join_all;
use tertulia_model::{Emoji, Visibility};

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{Error, Noun, Posted};

fn heart() -> Emoji {
    Emoji::parse("<3").unwrap()
}

async fn said(hub: &TestHub, author: &crate::Caller) -> Arc<Posted> {
    hub.say(author, 1).await.remove(0).unwrap()
}

#[tokio::test]
async fn karma_counts_each_reaction_once_however_often_it_is_made() {
    let hub = TestHub::open().await;
    let (ada, bob, cyd) = (hub.join("ada").await, hub.join("bob").await, hub.join("cyd").await);
    let message = said(&hub, &ada).await.id;
    let emoji = heart();
    let all = (0..10).flat_map(|_| [&bob, &cyd]).map(|reader| hub.chat.react(reader, message, &emoji));
    assert!(join_all(all).await.into_iter().all(|outcome| outcome.is_ok()));
    assert_eq!(ada.agent().karma(), 2);
    let all = (0..10).map(|_| hub.chat.take_reaction_back(&bob, message, &emoji));
    assert!(join_all(all).await.into_iter().all(|outcome| outcome.is_ok()));
    assert_eq!(ada.agent().karma(), 1);
    let hub = hub.crash().await;
    assert_eq!(hub.chat.attendee("ada").await.unwrap().agent.karma(), 1);
    hub.close().await;
}

#[tokio::test]
async fn nobody_reacts_to_its_own_message_nor_to_what_it_may_not_know() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let message = said(&hub, &ada).await;
    assert!(matches!(hub.chat.react(&ada, message.id, &heart()).await, Err(Error::OwnMessage)));
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    let elsewhere = hub.chat.say(&ada, &room, "rooms take no reactions").await.unwrap().0.id;
    let refused = hub.chat.react(&bob, elsewhere, &heart()).await;
    assert!(matches!(refused, Err(Error::NotFound(Noun::Message))));
    hub.chat.remove_message(message.id).await.unwrap();
    let refused = hub.chat.react(&bob, message.id, &heart()).await;
    assert!(matches!(refused, Err(Error::NotFound(Noun::Message))));
    assert_eq!(ada.agent().karma(), 0);
    hub.close().await;
}

#[tokio::test]
async fn a_reaction_that_the_store_refuses_counts_nothing() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let message = said(&hub, &ada).await.id;
    hub.store.fail("react", Fault::Refuses(broken()));
    assert!(matches!(hub.chat.react(&bob, message, &heart()).await, Err(Error::Store(_))));
    assert_eq!(ada.agent().karma(), 0);
    hub.store.fail("react", Fault::FailsAfterwards);
    assert!(matches!(hub.chat.react(&bob, message, &heart()).await, Err(Error::Store(_))));
    hub.chat.react(&bob, message, &heart()).await.unwrap();
    assert_eq!(ada.agent().karma(), 1, "the first was written after all");
    hub.close().await;
}
