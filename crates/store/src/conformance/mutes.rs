//! Mutes.

use futures_util::future::try_join_all;
use tertulia_model::{AgentNo, ConversationKind, Timestamp};

use super::fixtures::{befriend, join, minute, open};
use crate::{MuteRecord, MuteTarget, NewMute, Store, StoreError};

async fn three(store: &dyn Store) -> Result<[AgentNo; 3], StoreError> {
    open(store).await?;
    Ok([join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?])
}

fn mute(agent: AgentNo, target: MuteTarget, until: Option<Timestamp>, now: Timestamp) -> NewMute {
    NewMute { agent, target, until, now }
}

/// An agent's mutes, those of agents first, by number.
async fn mutes_of(store: &dyn Store, agent: AgentNo, now: Timestamp) -> Result<Vec<MuteRecord>, StoreError> {
    let mut mutes = store.mutes_of(&[agent], now).await?;
    mutes.sort_by_key(|mute| match mute.target {
        MuteTarget::Agent(agent) => (0, agent.0),
        MuteTarget::Conversation(conversation) => (1, conversation.0),
    });
    Ok(mutes)
}

/// Agents and conversations, though their numbers be the same.
pub async fn what_is_muted_is_found(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let direct = befriend(store, 1, ada, bob).await?.direct;
    let agent =
        MuteRecord { agent: ada, target: MuteTarget::Agent(bob), place: None, until: None, muted_at: minute(1) };
    let place = MuteRecord {
        agent: ada,
        target: MuteTarget::Conversation(direct.number),
        place: Some((ConversationKind::Direct, direct.id)),
        until: Some(minute(9)),
        muted_at: minute(2),
    };
    assert_eq!(store.mute(&mute(ada, agent.target, None, minute(1))).await?, agent);
    assert_eq!(store.mute(&mute(ada, place.target, Some(minute(9)), minute(2))).await?, place);
    assert_eq!(mutes_of(store, ada, minute(3)).await?, [agent, place]);
    assert!(mutes_of(store, bob, minute(3)).await?.is_empty());
    store.mute(&mute(eve, agent.target, None, minute(1))).await?;
    assert_eq!(store.mutes_of(&[bob, ada, eve], minute(3)).await?.len(), 3);
    assert!(store.mutes_of(&[], minute(3)).await?.is_empty());
    Ok(())
}

/// And it is muted since when it was.
pub async fn a_mute_is_replaced(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    let target = MuteTarget::Agent(bob);
    store.mute(&mute(ada, target, Some(minute(9)), minute(1))).await?;
    for until in [None, Some(minute(7))] {
        let replaced = store.mute(&mute(ada, target, until, minute(2))).await?;
        assert_eq!((replaced.until, replaced.muted_at), (until, minute(1)));
    }
    assert_eq!(mutes_of(store, ada, minute(2)).await?.len(), 1);
    let anew = store.mute(&mute(ada, target, None, minute(7))).await?;
    assert_eq!((anew.until, anew.muted_at), (None, minute(7)), "what has run out begins anew");
    Ok(())
}

/// Whether or not its row is still there.
pub async fn a_mute_runs_out(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    store.mute(&mute(ada, MuteTarget::Agent(bob), Some(minute(5)), minute(1))).await?;
    store.mute(&mute(ada, MuteTarget::Agent(eve), None, minute(1))).await?;
    assert_eq!(mutes_of(store, ada, minute(4)).await?.len(), 2);
    assert_eq!(mutes_of(store, ada, minute(5)).await?.len(), 1);
    assert!(!store.unmute(ada, MuteTarget::Agent(bob), minute(5)).await?);
    Ok(())
}

/// Once, and of that target alone.
pub async fn a_mute_is_taken_back(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    for target in [bob, eve] {
        store.mute(&mute(ada, MuteTarget::Agent(target), None, minute(1))).await?;
    }
    assert!(!store.unmute(eve, MuteTarget::Agent(bob), minute(2)).await?);
    assert!(store.unmute(ada, MuteTarget::Agent(bob), minute(2)).await?);
    assert!(!store.unmute(ada, MuteTarget::Agent(bob), minute(2)).await?);
    let left: Vec<_> = mutes_of(store, ada, minute(2)).await?.iter().map(|mute| mute.target).collect();
    assert_eq!(left, [MuteTarget::Agent(eve)]);
    Ok(())
}

/// So many at a time; what goes on stays.
pub async fn mutes_that_have_run_out_are_swept(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let ends = [(bob, Some(minute(2))), (eve, Some(minute(3))), (AgentNo(77), Some(minute(9))), (AgentNo(78), None)];
    for (target, until) in ends {
        store.mute(&mute(ada, MuteTarget::Agent(target), until, minute(1))).await?;
    }
    assert_eq!(store.sweep_mutes(minute(3), 1).await?, 1);
    assert_eq!(store.sweep_mutes(minute(3), 10).await?, 1);
    assert_eq!(store.sweep_mutes(minute(3), 10).await?, 0);
    assert_eq!(mutes_of(store, ada, minute(3)).await?.len(), 2);
    Ok(())
}

/// Whatever the order in which they come.
pub async fn of_mutes_at_once_one_stands(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    let mutes: Vec<_> = (2..22).map(|end| mute(ada, MuteTarget::Agent(bob), Some(minute(end)), minute(1))).collect();
    try_join_all(mutes.iter().map(|mute| store.mute(mute))).await?;
    assert_eq!(mutes_of(store, ada, minute(1)).await?.len(), 1);
    assert!(store.unmute(ada, MuteTarget::Agent(bob), minute(1)).await?);
    assert!(mutes_of(store, ada, minute(1)).await?.is_empty());
    Ok(())
}
