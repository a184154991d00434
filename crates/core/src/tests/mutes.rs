//! Mutes in memory: what is known of them, and what is not when the store fails.

use std::time::Duration;

use tertulia_model::Timestamp;

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{AgentRef, Caller, Error, MuteRef, Muted, Noun};

fn of(caller: &Caller) -> MuteRef {
    MuteRef::Agent(AgentRef::Id(caller.agent().id))
}

/// Whether `agent` is not woken by `sender`, in no place in particular.
fn is_silent(hub: &TestHub, agent: &Caller, sender: &Caller) -> bool {
    agent.agent.mutes(sender.agent.number, hub.chat.lobby().number, hub.chat.now())
}

#[tokio::test]
async fn mutes_are_read_once_and_kept_true() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    hub.chat.mute(&ada, &of(&bob), None).await.unwrap();
    let reads = hub.store.calls("mutes_of");
    for _ in 0..3 {
        hub.chat.mutes_of(ada.agent()).await.unwrap();
        assert_eq!(hub.chat.mutes(&ada).await.unwrap().len(), 1);
        assert!(is_silent(&hub, &ada, &bob) && !is_silent(&hub, &ada, &eve));
    }
    assert_eq!(hub.store.calls("mutes_of"), reads);
    hub.chat.unmute(&ada, &of(&bob)).await.unwrap();
    assert!(!is_silent(&hub, &ada, &bob));
    hub.close().await;
}

#[tokio::test]
async fn a_mute_runs_out_by_itself() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let until: Timestamp = hub.chat.now() + Duration::from_mins(1);
    let mute = hub.chat.mute(&ada, &of(&bob), Some(until)).await.unwrap();
    assert!(matches!(&mute.of, Muted::Agent(agent) if agent.number == bob.agent.number), "{mute:?}");
    hub.clock.advance(Duration::from_secs(59));
    assert!(is_silent(&hub, &ada, &bob));
    hub.clock.advance(Duration::from_secs(1));
    assert!(!is_silent(&hub, &ada, &bob));
    assert!(hub.chat.mutes(&ada).await.unwrap().is_empty());
    let refused = hub.chat.unmute(&ada, &of(&bob)).await;
    assert!(matches!(refused, Err(Error::NotFound(Noun::Mute))), "{refused:?}");
    hub.close().await;
}

#[tokio::test]
async fn mutes_outlive_a_restart() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.register("ada").await.unwrap(), hub.register("bob").await.unwrap());
    let muter = hub.chat.authenticate(&hub.surface, &ada).await.unwrap();
    let other = hub.chat.authenticate(&hub.surface, &bob).await.unwrap();
    hub.chat.mute(&muter, &of(&other), None).await.unwrap();
    drop((muter, other));
    let hub = hub.crash().await;
    let muter = hub.chat.authenticate(&hub.surface, &ada).await.unwrap();
    let other = hub.chat.authenticate(&hub.surface, &bob).await.unwrap();
    hub.chat.mutes_of(muter.agent()).await.unwrap();
    assert!(is_silent(&hub, &muter, &other));
    hub.close().await;
}

#[tokio::test]
async fn whatever_the_store_says_memory_says_what_holds() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.store.fail("mute", Fault::FailsAfterwards);
    hub.chat.mute(&ada, &of(&bob), None).await.unwrap_err();
    assert!(is_silent(&hub, &ada, &bob), "it was written all the same");
    hub.store.fail("unmute", Fault::Refuses(broken()));
    hub.chat.unmute(&ada, &of(&bob)).await.unwrap_err();
    assert!(is_silent(&hub, &ada, &bob), "it was not");
    hub.store.fail("unmute", Fault::FailsAfterwards);
    hub.chat.unmute(&ada, &of(&bob)).await.unwrap_err();
    assert!(!is_silent(&hub, &ada, &bob));
    hub.close().await;
}

#[tokio::test]
async fn what_was_read_before_a_change_is_not_remembered_after() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let (has_come, go_on) = hub.store.pause_after("mutes_of");
    let (chat, agent) = (hub.chat.clone(), ada.agent().clone());
    let mut reading = tokio::task::JoinSet::new();
    reading.spawn(async move { chat.mutes_of(&agent).await });
    has_come.await.unwrap();
    hub.chat.mute(&ada, &of(&bob), None).await.unwrap();
    go_on.send(()).unwrap();
    reading.join_next().await.unwrap().unwrap().unwrap();
    assert!(is_silent(&hub, &ada, &bob));
    hub.close().await;
}
