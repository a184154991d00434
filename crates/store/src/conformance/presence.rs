//! When agents were last seen.

use tertulia_model::{AgentNo, Timestamp};

use super::fixtures::{join, minute, open};
use crate::{LastSeen, Store, StoreError};

fn seen(agent: AgentNo, active_at: Timestamp) -> LastSeen {
    LastSeen { agent, active_at, left_at: None, seen_at: None, seen_before_at: None }
}

/// Nobody was seen before somebody was.
pub async fn who_was_never_seen_is_left_out(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    assert!(store.last_seen(&[ada, bob]).await?.is_empty());
    assert!(store.seen_since(Timestamp::from_micros(0)).await?.is_empty());
    store.save_presence(&[seen(bob, minute(1))]).await?;
    assert_eq!(store.last_seen(&[ada, bob]).await?, [seen(bob, minute(1))]);
    assert!(store.last_seen(&[]).await?.is_empty());
    Ok(())
}

/// Several at once, and `seen_since` includes its moment.
pub async fn what_is_saved_replaces_what_was_known(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    store.save_presence(&[]).await?;
    store.save_presence(&[seen(ada, minute(1)), seen(bob, minute(2)), seen(eve, minute(3))]).await?;
    store.save_presence(&[seen(ada, minute(5))]).await?;
    let mut recent = store.seen_since(minute(3)).await?;
    recent.sort_by_key(|one| one.agent);
    assert_eq!(recent, [seen(ada, minute(5)), seen(eve, minute(3))]);
    Ok(())
}

/// A leave stands until the next save says otherwise.
pub async fn a_leave_is_kept_and_forgotten(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let left = LastSeen { left_at: Some(minute(2)), ..seen(ada, minute(1)) };
    store.save_presence(&[left]).await?;
    assert_eq!(store.last_seen(&[ada]).await?, [left]);
    assert_eq!(store.seen_since(minute(1)).await?, [left]);
    store.save_presence(&[seen(ada, minute(3))]).await?;
    assert_eq!(store.last_seen(&[ada]).await?, [seen(ada, minute(3))]);
    Ok(())
}

/// When an agent was connected goes with it, however it is found.
pub async fn connections_are_kept_with_the_agent(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let record = store.agents(&[ada]).await?.remove(0);
    assert_eq!((record.seen_at, record.seen_before_at), (None, None));
    let first = LastSeen { seen_at: Some(minute(1)), ..seen(ada, minute(1)) };
    store.save_presence(&[first]).await?;
    assert_eq!(store.last_seen(&[ada]).await?, [first]);
    let again = LastSeen { seen_at: Some(minute(9)), seen_before_at: Some(minute(1)), ..seen(ada, minute(9)) };
    store.save_presence(&[again]).await?;
    assert_eq!(store.seen_since(minute(9)).await?, [again]);
    let found =
        [store.agents(&[ada]).await?.pop(), store.agent_by_name("ada").await?, store.agent_by_id(record.id).await?];
    for record in found {
        assert_eq!(
            record.map(|record| (record.seen_at, record.seen_before_at)),
            Some((again.seen_at, again.seen_before_at))
        );
    }
    Ok(())
}

/// The others are saved.
pub async fn an_unknown_agent_is_passed_over(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    store.save_presence(&[seen(AgentNo(999), minute(1)), seen(ada, minute(1))]).await?;
    assert_eq!(store.seen_since(Timestamp::from_micros(0)).await?, [seen(ada, minute(1))]);
    Ok(())
}
