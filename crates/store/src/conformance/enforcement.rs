//! What counts against an agent.

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

/// Though what it was restricted for is not over.
pub async fn who_is_suspended_no_longer_is_not_restricted_either(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, ..] = three(store).await?;
    let (active, suspended) = (AgentState::Active, AgentState::Suspended);
    let entry = entry("agent.status_changed", Some(ada));
    store.set_restricted(ada, true, &entry).await?;
    store.change_state(ada, active, suspended, &entry).await?;
    assert!(store.agents(&[ada]).await?[0].is_restricted);
    store.change_state(ada, suspended, active, &entry).await?;
    assert!(!store.agents(&[ada]).await?[0].is_restricted);
    Ok(())
}
