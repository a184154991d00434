//! Agents that are deleted while the store fails, or while the hub crashes.

use tertulia_model::AgentState;
use tertulia_store::Departures;

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{AgentRef, Caller, Chat, Deed, Error};

/// Makes friends of two.
async fn befriend(hub: &TestHub, one: &Caller, other: &Caller) {
    let target = AgentRef::Id(other.agent.id);
    let request = hub.chat.request_friendship(one, &target).await.unwrap();
    hub.chat.accept_request(other, request).await.unwrap();
}

async fn friends_of(hub: &TestHub, caller: &Caller) -> usize {
    hub.chat.friends(caller).await.unwrap().len()
}

#[tokio::test]
async fn a_deletion_that_failed_has_not_happened() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    hub.store.fail("delete_agent", Fault::Refuses(broken()));
    assert!(matches!(hub.chat.delete_agent(&ada).await, Err(Error::Store(_))));
    Chat::permit(&ada.agent, Deed::SpeakInLobby).unwrap();
    hub.chat.delete_agent(&ada).await.unwrap();
    assert!(matches!(hub.chat.delete_agent(&ada).await, Err(Error::Unauthenticated)));
    hub.close().await;
}

#[tokio::test]
async fn a_deletion_that_happened_without_saying_so_has() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let listed = hub.chat.stats().agents;
    hub.store.fail("delete_agent", Fault::FailsAfterwards);
    hub.chat.delete_agent(&ada).await.unwrap();
    assert_eq!(ada.agent.state(), AgentState::Deleted);
    assert_eq!(hub.chat.stats().agents, listed - 1);
    assert_eq!(hub.store.departing(10).await.unwrap(), []);
    hub.close().await;
}

#[tokio::test]
async fn ties_that_a_failure_has_left_are_undone_later() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    befriend(&hub, &ada, &bob).await;
    hub.store.fail("undo_ties", Fault::Refuses(broken()));
    hub.chat.delete_agent(&ada).await.unwrap();
    assert_eq!(hub.store.departing(10).await.unwrap(), [ada.agent.number]);
    hub.chat.finish_departures().await.unwrap();
    assert_eq!(hub.store.departing(10).await.unwrap(), []);
    hub.close().await;
}

#[tokio::test]
async fn ties_that_a_crash_has_left_are_undone_later() {
    for failing in ["communities_of", "rooms_with", "undo_ties", "finish_departure"] {
        let hub = TestHub::open().await;
        let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
        befriend(&hub, &ada, &bob).await;
        hub.store.fail(failing, Fault::Refuses(broken()));
        hub.chat.delete_agent(&ada).await.unwrap();
        let hub = hub.crash().await;
        let number = ada.agent.number;
        assert_eq!(hub.store.departing(10).await.unwrap(), [number], "{failing}");
        hub.chat.finish_departures().await.unwrap();
        assert_eq!(hub.store.departing(10).await.unwrap(), [], "{failing}");
        hub.close().await;
    }
}

#[tokio::test]
async fn a_view_that_ended_without_saying_so_has_ended() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    befriend(&hub, &ada, &bob).await;
    let friend = hub.chat.friends(&bob).await.unwrap().remove(0);
    let view = tertulia_model::ConversationId::from_uuid(*friend.view.as_uuid());
    assert!(hub.chat.viewed(view).await.is_ok());
    hub.store.fail("undo_ties", Fault::FailsAfterwards);
    hub.chat.delete_agent(&ada).await.unwrap();
    assert!(matches!(hub.chat.viewed(view).await, Err(Error::NotFound(_))));
    assert_eq!(friends_of(&hub, &bob).await, 0);
    hub.close().await;
}
