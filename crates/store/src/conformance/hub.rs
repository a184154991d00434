//! The hub's own record, the audit log, backup, the end.

use futures_util::future::join_all;
use tertulia_model::AgentState;

use super::fixtures::{entry, join, minute, open, seed};
use crate::{AuditEntry, Store, StoreError};

/// Later seeds are ignored.
pub async fn the_first_opening_decides(store: &dyn Store) -> Result<(), StoreError> {
    let first = store.open_hub(&seed(1)).await?;
    assert_eq!((first.hub_id, first.lobby_id), (seed(1).hub_id, seed(1).lobby));
    assert_eq!(store.open_hub(&seed(2)).await?, first);
    let system = &store.agents(&[first.system_agent]).await?[0];
    assert_eq!((system.id, &*system.name, system.state), (seed(1).system_agent, "hub", AgentState::Active));
    assert_eq!(store.agent_by_name("hub").await?.as_ref(), Some(system));
    store.check().await
}

/// Openings at the same time.
pub async fn openings_at_once_agree(store: &dyn Store) -> Result<(), StoreError> {
    let seeds: Vec<_> = (0..10).map(seed).collect();
    let records = join_all(seeds.iter().map(|seed| store.open_hub(seed))).await;
    let records = records.into_iter().collect::<Result<Vec<_>, _>>()?;
    assert!(records.iter().all(|record| *record == records[0]));
    Ok(())
}

/// In the order in which entries were made, whatever their times.
pub async fn the_audit_log_is_newest_first(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let first = AuditEntry { detail: Some("d \u{1F99E} 'q'".to_owned()), ..entry("first", Some(ada)) };
    let second = AuditEntry { at: minute(-5), ..entry("second", None) };
    store.record(&first).await?;
    store.record(&second).await?;
    assert_eq!(store.audit_log(10).await?, [second.clone(), first]);
    assert_eq!(store.audit_log(1).await?, [second]);
    Ok(())
}

/// The file stays as it was.
pub async fn a_backup_refuses_an_existing_file(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let this_program = std::env::current_exe().expect("a test has a program");
    let before = this_program.metadata().expect("it is there").len();
    assert!(matches!(store.backup(&this_program).await, Err(StoreError::Database(_))));
    assert_eq!(this_program.metadata().expect("it is there").len(), before);
    Ok(())
}

/// It fails, and does not hang.
pub async fn a_closed_store_refuses(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    store.close().await;
    assert!(store.check().await.is_err());
    assert!(store.record(&entry("late", None)).await.is_err());
    store.close().await;
    Ok(())
}
