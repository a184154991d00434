//! What complaints come to, over a store that fails.

use std::time::Duration;

use tertulia_model::{AgentNo, AgentState, ConversationId, random_uuid};
use tertulia_store::{Commit, DirectChange, Inboxes, Messages};

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{AgentRef, Caller, Error, Protected};

fn named(caller: &Caller) -> AgentRef {
    AgentRef::Id(caller.agent().id)
}

impl TestHub {
    /// Agents to whom `writer` has written first.
    async fn written_to(&self, writer: &Caller, names: &str, count: usize) -> Vec<Caller> {
        let mut others = Vec::with_capacity(count);
        for place in 0..count {
            let other = self.join(&format!("{names}{place}")).await;
            self.write_first(writer.agent.number, other.agent.number).await;
            others.push(other);
        }
        others
    }

    async fn write_first(&self, from: AgentNo, to: AgentNo) {
        let mut bytes = [9; 16];
        bytes[..8].copy_from_slice(&(from.0 * 1_000 + to.0).to_be_bytes());
        let (id, now) = (ConversationId::from_uuid(random_uuid(bytes)), self.chat.now());
        let conversation = self.store.direct_between([from, to], id, now).await.unwrap().direct.number;
        let opened = DirectChange::Opened { conversation, initiator: from, at: now };
        self.store.commit(&Commit { directs: vec![opened], ..Commit::default() }).await.unwrap();
    }

    async fn last_change(&self) -> Option<String> {
        let log = self.chat.audit_log(10).await.unwrap();
        log.into_iter().find(|entry| entry.action == "agent.status_changed").and_then(|entry| entry.detail)
    }
}

#[tokio::test]
async fn fifteen_blocks_in_a_day_restrict_until_they_are_fourteen() {
    let hub = TestHub::open().await;
    let mallory = hub.join("mallory").await;
    let others = hub.written_to(&mallory, "other", 15).await;
    for other in &others[..14] {
        hub.chat.block(other, &named(&mallory)).await.unwrap();
        hub.clock.advance(Duration::from_mins(1));
    }
    assert!(!mallory.agent().is_restricted());
    hub.chat.block(&others[14], &named(&mallory)).await.unwrap();
    assert!(mallory.agent().is_restricted());
    assert_eq!(hub.last_change().await.as_deref(), Some("active to restricted"));
    // The first was made fourteen minutes before the last.
    hub.clock.advance(Duration::from_micros(24 * 3_600_000_000 - 14 * 60_000_000 - 1));
    hub.chat.reassess(mallory.agent()).await.unwrap();
    assert!(mallory.agent().is_restricted());
    hub.clock.advance(Duration::from_micros(1));
    hub.chat.reassess(mallory.agent()).await.unwrap();
    assert!(!mallory.agent().is_restricted());
    assert_eq!(hub.last_change().await.as_deref(), Some("restricted to active"));
    hub.close().await;
}

#[tokio::test]
async fn blocks_of_strangers_and_of_those_who_wrote_first_come_to_nothing() {
    let hub = TestHub::open().await;
    let mallory = hub.join("mallory").await;
    for place in 0..20 {
        let other = hub.join(&format!("other{place}")).await;
        if place % 2 == 0 {
            hub.write_first(other.agent.number, mallory.agent.number).await;
        }
        hub.chat.block(&other, &named(&mallory)).await.unwrap();
        hub.chat.report_plainly(&other, &named(&mallory), None).await.unwrap();
    }
    assert!(!mallory.agent().is_restricted());
    assert_eq!(mallory.agent().state(), AgentState::Active);
    hub.close().await;
}

#[tokio::test]
async fn an_unblock_lifts_the_restriction_when_the_agent_calls() {
    let hub = TestHub::open().await;
    let key = hub.register("mallory").await.unwrap();
    let mallory = hub.chat.authenticate(&hub.surface, &key).await.unwrap();
    let others = hub.written_to(&mallory, "other", 15).await;
    for other in &others {
        hub.chat.block(other, &named(&mallory)).await.unwrap();
    }
    hub.chat.unblock(&others[3], &named(&mallory)).await.unwrap();
    assert!(mallory.agent().is_restricted(), "nobody has looked yet");
    hub.chat.authenticate(&hub.surface, &key).await.unwrap();
    assert!(!mallory.agent().is_restricted());
    hub.close().await;
}

#[tokio::test]
async fn ten_reports_suspend_and_the_operator_forgives_them() {
    let hub = TestHub::open().await;
    let key = hub.register("mallory").await.unwrap();
    let mallory = hub.chat.authenticate(&hub.surface, &key).await.unwrap();
    let others = hub.written_to(&mallory, "other", 11).await;
    for other in &others[..9] {
        hub.chat.report_plainly(other, &named(&mallory), Some("spam".into())).await.unwrap();
        hub.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(mallory.agent().state(), AgentState::Active);
    hub.chat.report_plainly(&others[9], &named(&mallory), None).await.unwrap();
    assert_eq!(mallory.agent().state(), AgentState::Suspended);
    assert_eq!(hub.last_change().await.as_deref(), Some("active to suspended"));
    hub.clock.advance(Duration::from_hours(24 * 8));
    hub.chat.reassess(mallory.agent()).await.unwrap();
    assert_eq!(mallory.agent().state(), AgentState::Suspended, "it never lifts by itself");

    hub.chat.unsuspend("mallory").await.unwrap();
    hub.clock.advance(Duration::from_secs(1));
    hub.chat.block(&others[10], &named(&mallory)).await.unwrap();
    hub.chat.authenticate(&hub.surface, &key).await.unwrap();
    assert_eq!(mallory.agent().state(), AgentState::Active);
    assert!(!mallory.agent().is_restricted());
    hub.close().await;
}

#[tokio::test]
async fn fifty_blocks_in_a_week_suspend_the_restricted() {
    let hub = TestHub::open().await;
    let mallory = hub.join("mallory").await;
    let others = hub.written_to(&mallory, "other", 50).await;
    for other in &others[..49] {
        hub.chat.block(other, &named(&mallory)).await.unwrap();
    }
    assert!(mallory.agent().is_restricted());
    hub.clock.advance(Duration::from_hours(24 * 6));
    hub.chat.block(&others[49], &named(&mallory)).await.unwrap();
    assert_eq!(mallory.agent().state(), AgentState::Suspended);
    assert_eq!(hub.last_change().await.as_deref(), Some("restricted to suspended"));
    hub.close().await;
}

#[tokio::test]
async fn a_restriction_outlives_a_crash() {
    let hub = TestHub::open().await;
    let key = hub.register("mallory").await.unwrap();
    let mallory = hub.chat.authenticate(&hub.surface, &key).await.unwrap();
    for other in hub.written_to(&mallory, "other", 15).await {
        hub.chat.block(&other, &named(&mallory)).await.unwrap();
    }
    drop(mallory);
    let hub = hub.crash().await;
    let mallory = hub.chat.authenticate(&hub.surface, &key).await.unwrap();
    assert!(mallory.agent().is_restricted());
    hub.close().await;
}

#[tokio::test]
async fn complaints_that_cannot_be_counted_are_made_all_the_same() {
    let hub = TestHub::open().await;
    let mallory = hub.join("mallory").await;
    let others = hub.written_to(&mallory, "other", 16).await;
    for other in &others[..14] {
        hub.chat.block(other, &named(&mallory)).await.unwrap();
    }
    hub.store.fail("complaints", Fault::Refuses(broken()));
    assert!(hub.chat.block(&others[14], &named(&mallory)).await.unwrap());
    assert!(!mallory.agent().is_restricted());
    hub.chat.block(&others[15], &named(&mallory)).await.unwrap();
    assert!(mallory.agent().is_restricted());
    hub.close().await;
}

#[tokio::test]
async fn of_two_reports_at_once_one_is_made() {
    let hub = TestHub::open().await;
    let (ada, mallory) = (hub.join("ada").await, hub.join("mallory").await);
    let target = named(&mallory);
    let report = || hub.chat.report_plainly(&ada, &target, None);
    let (one, other) = futures_util::future::join(report(), report()).await;
    assert_ne!(one.is_ok(), other.is_ok());
    let refused = one.and(other).unwrap_err();
    assert!(matches!(refused, Error::Protected(Protected::ReportedBefore)), "{refused:?}");
    assert!(hub.chat.is_blocked(mallory.agent(), ada.agent()).await.unwrap());
    hub.close().await;
}

#[tokio::test]
async fn what_the_operator_has_restricted_it_frees_alone() {
    let hub = TestHub::open().await;
    let key = hub.register("mallory").await.unwrap();
    let mallory = hub.chat.authenticate(&hub.surface, &key).await.unwrap();
    assert!(hub.chat.restrict("mallory", true).await.unwrap());
    let other = hub.written_to(&mallory, "other", 1).await.remove(0);
    hub.chat.block(&other, &named(&mallory)).await.unwrap();
    for _ in 0..2 {
        hub.chat.authenticate(&hub.surface, &key).await.unwrap();
        assert!(mallory.agent().is_restricted());
        hub.chat.suspend("mallory").await.unwrap();
        hub.chat.unsuspend("mallory").await.unwrap();
    }
    assert!(hub.chat.restrict("mallory", false).await.unwrap());
    assert!(!mallory.agent().is_restricted());
    hub.close().await;
}
