//! What counts against an agent, and what comes of it.

use futures_util::future::try_join_all;
use tertulia_model::{AgentNo, AgentState};

use super::fixtures::{START, befriend, entry, join, minute, open};
use crate::{Blocking, Complaints, ComplaintsAfter, PlainReport, PlainReporting, Store, StoreError};

async fn three(store: &dyn Store) -> Result<[AgentNo; 3], StoreError> {
    open(store).await?;
    Ok([join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?])
}

fn report(reporter: AgentNo, target: AgentNo) -> PlainReport {
    PlainReport { reporter, target, reason: Some("spam".into()), now: minute(1) }
}

const ALWAYS: ComplaintsAfter = ComplaintsAfter { recent_blocks: START, blocks: START, reports: START };

/// With everything that a block ends.
pub async fn a_report_blocks(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    let view = befriend(store, 1, ada, bob).await?.view.expect("friends have a view");
    let noted = store.report_plainly(&report(ada, bob)).await?;
    let PlainReporting::Noted { counts: false, blocking } = noted else { panic!("{noted:?}") };
    assert_eq!((blocking.is_new, blocking.counts), (true, false), "nobody has written first");
    assert_eq!(blocking.ended.expect("they were friends").view, view.id);
    assert_eq!(store.blocks_of(ada, 10).await?[0].agent, bob);
    assert!(store.friends_of(bob, 10).await?.is_empty());
    Ok(())
}

/// Though the block be gone by then.
pub async fn an_agent_is_reported_once(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    store.report_plainly(&report(ada, bob)).await?;
    store.unblock(ada, bob).await?;
    assert_eq!(store.report_plainly(&report(ada, bob)).await?, PlainReporting::Repeated);
    assert!(store.blocks_of(ada, 10).await?.is_empty(), "nothing was written");
    for (reporter, target) in [(bob, ada), (ada, eve), (eve, bob)] {
        assert_ne!(store.report_plainly(&report(reporter, target)).await?, PlainReporting::Repeated);
    }
    Ok(())
}

/// The others are told so.
pub async fn of_twenty_equal_reports_one_is_made(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    let reports = vec![report(ada, bob); 20];
    let made = try_join_all(reports.iter().map(|report| store.report_plainly(report))).await?;
    assert_eq!(made.iter().filter(|made| **made != PlainReporting::Repeated).count(), 1);
    Ok(())
}

/// It stays as old as it is.
pub async fn who_is_blocked_already_is_reported(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    store.block(ada, bob, START).await?;
    let blocking = Blocking { is_new: false, counts: false, ended: None };
    assert_eq!(store.report_plainly(&report(ada, bob)).await?, PlainReporting::Noted { counts: false, blocking });
    assert_eq!(store.blocks_of(ada, 10).await?[0].since, START);
    Ok(())
}

/// However many they are.
pub async fn strangers_count_for_nothing(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    store.block(ada, bob, minute(1)).await?;
    store.report_plainly(&report(eve, bob)).await?;
    assert_eq!(store.complaints(bob, &ALWAYS).await?, Complaints::default());
    Ok(())
}

/// Both once, and the audit log says so.
pub async fn an_agent_is_restricted_and_freed(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    let entry = entry("agent.status_changed", Some(ada));
    assert!(!store.set_restricted(ada, None, &entry).await?);
    assert!(store.set_restricted(ada, Some(minute(1)), &entry).await?);
    assert!(!store.set_restricted(ada, Some(minute(2)), &entry).await?);
    let restricted_at = |agent| async move {
        Ok::<_, StoreError>(store.agents(&[agent]).await?.pop().expect("it is there").restricted_at)
    };
    assert_eq!(restricted_at(ada).await?, Some(minute(1)));
    assert_eq!(restricted_at(bob).await?, None);
    assert!(store.set_restricted(ada, None, &entry).await?);
    assert_eq!(restricted_at(ada).await?, None);
    assert_eq!(store.audit_log(10).await?, [entry.clone(), entry]);
    Ok(())
}

/// And is free when the operator lets it go.
pub async fn who_is_suspended_is_not_restricted_any_more(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, ..] = three(store).await?;
    let (active, suspended) = (AgentState::Active, AgentState::Suspended);
    let entry = entry("agent.status_changed", Some(ada));
    store.set_restricted(ada, Some(minute(1)), &entry).await?;
    store.change_state(ada, active, suspended, &entry).await?;
    assert_eq!(store.agents(&[ada]).await?[0].restricted_at, Some(minute(1)));
    store.change_state(ada, suspended, active, &entry).await?;
    assert_eq!(store.agents(&[ada]).await?[0].restricted_at, None);
    store.change_state(ada, active, suspended, &entry).await?;
    assert!(!store.set_restricted(ada, Some(minute(2)), &entry).await?, "it is not active");
    Ok(())
}
