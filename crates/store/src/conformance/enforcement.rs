//! What counts against an agent.

use futures_util::future::try_join_all;
use tertulia_model::{AgentNo, AgentState, ConversationId, Restriction, random_uuid};

use super::fixtures::{AppendOnly, START, befriend, entry, join, minute, open};
use crate::{
    Blocking, Commit, Complaints, ComplaintsAfter, DirectChange, PlainReport, PlainReporting, Store, StoreError,
};

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

/// Though what it was restricted for is not over; what the operator has restricted stays so.
pub async fn who_is_suspended_no_longer_is_restricted_by_the_operator_alone(
    store: &dyn Store,
) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    let (active, suspended) = (AgentState::Active, AgentState::Suspended);
    let by_operator = entry("agent.restricted", Some(ada));
    let by_hub = crate::AuditEntry { actor: "hub".to_owned(), ..by_operator.clone() };
    store.set_restricted(ada, true, &by_hub).await?;
    store.set_restricted(bob, true, &by_operator).await?;
    for agent in [ada, bob] {
        store.change_state(agent, active, suspended, &by_operator).await?;
        assert!(store.agents(&[agent]).await?[0].restriction.is_some());
        store.change_state(agent, suspended, active, &by_operator).await?;
    }
    assert_eq!(store.agents(&[ada]).await?[0].restriction, None);
    assert_eq!(store.agents(&[bob]).await?[0].restriction, Some(Restriction::ByOperator));
    Ok(())
}

/// And keeps it.
pub async fn the_operator_takes_a_restriction_over(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, ..] = three(store).await?;
    let by_operator = entry("agent.restricted", Some(ada));
    let by_hub = crate::AuditEntry { actor: "hub".to_owned(), ..by_operator.clone() };
    let whose = || async { Ok::<_, StoreError>(store.agents(&[ada]).await?[0].restriction) };
    assert!(store.set_restricted(ada, true, &by_hub).await?);
    assert_eq!(whose().await?, Some(Restriction::ByHub));
    assert!(store.set_restricted(ada, true, &by_operator).await?);
    assert_eq!(whose().await?, Some(Restriction::ByOperator));
    for again in [&by_operator, &by_hub] {
        assert!(!store.set_restricted(ada, true, again).await?);
        assert_eq!(whose().await?, Some(Restriction::ByOperator));
    }
    assert!(store.set_restricted(ada, false, &by_operator).await?);
    assert_eq!(whose().await?, None);
    Ok(())
}

/// Opens the direct conversation of two by its first message.
async fn write_first(store: &dyn Store, from: AgentNo, to: AgentNo) -> Result<(), StoreError> {
    let mut bytes = [9; 16];
    bytes[..8].copy_from_slice(&(from.0 * 1_000 + to.0).to_be_bytes());
    let id = ConversationId::from_uuid(random_uuid(bytes));
    let conversation = store.direct_between([from, to], id, START).await?.direct.number;
    let opened = DirectChange::Opened { conversation, initiator: from, at: START };
    store.write(&Commit { directs: vec![opened], ..Commit::default() }).await
}

fn counted(complaints: Complaints) -> (u32, u32, u32) {
    (complaints.recent_blocks, complaints.blocks, complaints.reports)
}

/// And not against the other.
pub async fn complaints_count_against_who_had_written_first(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    write_first(store, bob, ada).await?;
    write_first(store, eve, bob).await?;
    let blocking = store.block(ada, bob, minute(1)).await?;
    assert_eq!((blocking.is_new, blocking.counts), (true, true));
    let again = store.block(ada, bob, minute(2)).await?;
    assert_eq!((again.is_new, again.counts), (false, false));
    assert!(!store.block(eve, bob, minute(1)).await?.counts, "it had written first itself");
    let noted = store.report_plainly(&report(ada, bob)).await?;
    assert!(matches!(noted, PlainReporting::Noted { counts: true, .. }), "{noted:?}");
    assert_eq!(counted(store.complaints(bob, &ALWAYS).await?), (1, 1, 1));
    for agent in [ada, eve] {
        assert_eq!(store.complaints(agent, &ALWAYS).await?, Complaints::default());
    }
    Ok(())
}

/// Each kind by itself; a moment later they count no more.
pub async fn complaints_are_counted_after_a_moment(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    write_first(store, bob, ada).await?;
    write_first(store, bob, eve).await?;
    store.block(ada, bob, minute(1)).await?;
    store.block(eve, bob, minute(5)).await?;
    store.report_plainly(&report(ada, bob)).await?;
    let after = |recent_blocks, blocks, reports| ComplaintsAfter {
        recent_blocks: minute(recent_blocks),
        blocks: minute(blocks),
        reports: minute(reports),
    };
    assert_eq!(counted(store.complaints(bob, &after(0, 0, 0)).await?), (2, 2, 1));
    assert_eq!(counted(store.complaints(bob, &after(1, 0, 1)).await?), (1, 2, 0));
    assert_eq!(counted(store.complaints(bob, &after(5, 4, 0)).await?), (0, 1, 1));
    Ok(())
}

/// A report stands.
pub async fn a_block_that_is_taken_back_counts_no_more(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    write_first(store, bob, ada).await?;
    store.report_plainly(&report(ada, bob)).await?;
    store.unblock(ada, bob).await?;
    assert_eq!(counted(store.complaints(bob, &ALWAYS).await?), (0, 0, 1));
    assert!(store.block(ada, bob, minute(2)).await?.counts);
    assert_eq!(counted(store.complaints(bob, &ALWAYS).await?), (1, 1, 1));
    Ok(())
}

/// By letting go whom it counted against.
pub async fn what_the_operator_forgives_counts_no_more(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    write_first(store, bob, ada).await?;
    write_first(store, bob, eve).await?;
    store.report_plainly(&report(ada, bob)).await?;
    let (active, suspended) = (AgentState::Active, AgentState::Suspended);
    let lifted = crate::AuditEntry { at: minute(3), ..entry("agent.unsuspended", Some(bob)) };
    store.change_state(bob, active, suspended, &entry("agent.suspended", Some(bob))).await?;
    assert_eq!(counted(store.complaints(bob, &ALWAYS).await?), (1, 1, 1));
    store.change_state(bob, suspended, active, &lifted).await?;
    assert_eq!(store.complaints(bob, &ALWAYS).await?, Complaints::default());
    store.block(eve, bob, minute(4)).await?;
    assert_eq!(counted(store.complaints(bob, &ALWAYS).await?), (1, 1, 0));
    let by_hub = crate::AuditEntry { actor: "hub".to_owned(), at: minute(5), ..lifted.clone() };
    store.set_restricted(bob, true, &by_hub).await?;
    store.set_restricted(bob, false, &by_hub).await?;
    assert_eq!(counted(store.complaints(bob, &ALWAYS).await?), (1, 1, 0), "the hub forgives nothing");
    store.set_restricted(bob, true, &by_hub).await?;
    store.set_restricted(bob, false, &crate::AuditEntry { at: minute(5), ..lifted }).await?;
    assert_eq!(store.complaints(bob, &ALWAYS).await?, Complaints::default());
    Ok(())
}
