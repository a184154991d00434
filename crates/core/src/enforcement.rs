//! What comes of complaints: an agent of whom too many complain to whom it had written first is restricted, for as long
//! as that is so, and suspended if they are far too many. Strangers who agree to complain of somebody do nothing.
//!
//! Complaints are counted over rolling windows, in the store, after each of them and whenever a restricted agent calls.
//! A restriction is lifted by that; a suspension, and a restriction of the operator's own, only by the operator, who
//! thereby forgives what was counted.

use std::sync::Arc;

use tertulia_model::AgentState;
use tertulia_store::{ComplaintsAfter, Occasion, PlainReport, PlainReporting};

use crate::{
    Deed, Error, Limit, Protected, agents::Agent, chat::Chat, participation::AgentRef, rules::EnforcementRules,
    surface::Caller,
};

/// What an agent's complaints come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Free,
    Restricted,
    Suspended,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "active",
            Self::Restricted => "restricted",
            Self::Suspended => "suspended",
        }
    }
}

impl Chat {
    /// Reports an agent as such, and blocks it for the caller. The report stands in the report book, for the operator.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if nobody seen is called so, [`Error::Oneself`], [`Error::Protected`];
    /// [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // rule: blocks, enforcement
    pub async fn report_plainly(
        &self,
        caller: &Caller,
        other: &AgentRef,
        reason: Option<Arc<str>>,
    ) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let target = self.find_unprotected(caller, other).await?;
        let pair = [caller.agent.number, target.number];
        let report = PlainReport { reporter: pair[0], target: pair[1], reason, now: self.now() };
        let chat = self.clone();
        let reporting = async move {
            let reported = chat.0.store.report_plainly(&report).await;
            let PlainReporting::Noted { counts, blocking } = chat.heard(pair, reported).await? else {
                return Err(Protected::ReportedBefore.into());
            };
            chat.0.conversations.set_blocked(pair, true);
            if let Some(ended) = &blocking.ended {
                chat.withdraw(ended).await;
            }
            Ok((counts || blocking.counts, blocking.is_new))
        };
        let (counts, blocks) = self.0.journal.exclusively(reporting).await?;
        self.weigh_complaint(&target, counts).await;
        if blocks {
            // wire: agentchat.md#92-delivery-request
            self.tell_elsewhere(&target, self.occurrence(&caller.agent, Occasion::Blocked)).await;
        }
        Ok(())
    }

    /// Counts anew what is held against an agent that is restricted, and lets it go if that is less by now. To be called
    /// whenever it calls, before anything else is asked of it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`], [`Error::Store`].
    // rule: enforcement
    pub async fn reassess(&self, agent: &Arc<Agent>) -> Result<(), Error> {
        let is_ours = agent.is_restricted() && !agent.is_restricted_by_operator();
        if is_ours && agent.state() == AgentState::Active { self.assess(agent).await } else { Ok(()) }
    }

    /// What follows from a complaint that stands in the store. What it comes to can be found again: a failure is logged,
    /// and the complaint made all the same.
    pub(crate) async fn weigh_complaint(&self, target: &Arc<Agent>, counts: bool) {
        if counts && let Err(error) = self.assess(target).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "complaints could not be counted");
        }
    }

    async fn assess(&self, agent: &Arc<Agent>) -> Result<(), Error> {
        let standing = standing(agent);
        let verdict = self.verdict(agent).await?;
        let is_kept = verdict == Verdict::Free && agent.is_restricted_by_operator();
        if agent.is_system || standing == Verdict::Suspended || verdict == standing || is_kept {
            return Ok(());
        }
        let change = format!("{} to {}", standing.as_str(), verdict.as_str());
        let entry = self.own_entry(agent, "agent.status_changed", &change);
        match verdict {
            Verdict::Free | Verdict::Restricted => {
                self.set_restricted(agent, verdict == Verdict::Restricted, entry).await?;
            }
            Verdict::Suspended => {
                self.change_state(agent, AgentState::Active, AgentState::Suspended, entry).await?;
            }
        }
        Ok(())
    }

    async fn verdict(&self, agent: &Agent) -> Result<Verdict, Error> {
        let EnforcementRules { restricting_blocks, suspending_blocks, suspending_reports } = self.0.rules.enforcement;
        let now = self.now();
        let since = |limit: Limit| match limit {
            Limit::Rate { per, .. } => now - per,
            Limit::Off => now,
        };
        let after = ComplaintsAfter {
            recent_blocks: since(restricting_blocks),
            blocks: since(suspending_blocks),
            reports: since(suspending_reports),
        };
        let held = self.0.store.complaints(agent.number, &after).await?;
        if is_reached(suspending_blocks, held.blocks) || is_reached(suspending_reports, held.reports) {
            return Ok(Verdict::Suspended);
        }
        Ok(if is_reached(restricting_blocks, held.recent_blocks) { Verdict::Restricted } else { Verdict::Free })
    }
}

fn is_reached(threshold: Limit, counted: u32) -> bool {
    match threshold {
        Limit::Rate { count, .. } => counted >= count.max(1),
        Limit::Off => false,
    }
}

fn standing(agent: &Agent) -> Verdict {
    if agent.state() != AgentState::Active {
        Verdict::Suspended
    } else if agent.is_restricted() {
        Verdict::Restricted
    } else {
        Verdict::Free
    }
}
