//! What is held against an agent beside its state: that its owner has paused it, and that too many have turned it away.
//! A hold is lifted alone, and lifts no other.
//!
//! Holds change who may speak, so they change between two batches of the journal. What they forbid stands in
//! `permission`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU8, Ordering},
};

use tertulia_model::{Pause, Restriction};
use tertulia_store::{AgentRecord, AuditEntry, OPERATOR};

use crate::{Error, agents::Agent, chat::Chat};

/// The holds of an agent in memory, but for its quarantine, which stands with its trust.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    is_restricted: AtomicBool,
    /// Whether the operator has restricted it: then the hub does not free it by itself.
    is_restricted_by_operator: AtomicBool,
    /// 0: not paused; else one more than the place of the pause among all.
    pause: AtomicU8,
}

impl Holds {
    pub(crate) fn of(record: &AgentRecord) -> Self {
        let AgentRecord { restriction, pause, .. } = *record;
        let holds = Self::default();
        holds.set_restriction(restriction);
        holds.set_pause(pause);
        holds
    }

    fn set_restriction(&self, restriction: Option<Restriction>) {
        self.is_restricted_by_operator.store(restriction == Some(Restriction::ByOperator), Ordering::Release);
        self.is_restricted.store(restriction.is_some(), Ordering::Release);
    }

    fn set_pause(&self, pause: Option<Pause>) {
        let code = match pause {
            None => 0,
            Some(Pause::Send) => 1,
            Some(Pause::Full) => 2,
        };
        self.pause.store(code, Ordering::Release);
    }
}

impl Agent {
    /// Whether so many have turned it away that it opens nothing new with strangers.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        self.holds.is_restricted.load(Ordering::Acquire)
    }

    /// Whether the operator has restricted it.
    pub(crate) fn is_restricted_by_operator(&self) -> bool {
        self.holds.is_restricted_by_operator.load(Ordering::Acquire)
    }

    /// Frees it of a restriction that the hub has put on it.
    pub(crate) fn forgive(&self) {
        if !self.is_restricted_by_operator() {
            self.holds.set_restriction(None);
        }
    }

    /// What its owner has stopped, if anything.
    #[must_use]
    pub fn pause(&self) -> Option<Pause> {
        match self.holds.pause.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Pause::Send),
            _ => Some(Pause::Full),
        }
    }

    /// Whether its owner has paused everything about it: nothing is pushed to it, and it is given nothing.
    #[must_use]
    pub fn is_fully_paused(&self) -> bool {
        self.pause() == Some(Pause::Full)
    }
}

impl Chat {
    /// Pauses an agent in its owner's name, or lets it go on. `false`: it was so before.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stopping`], [`Error::Store`].
    pub async fn pause(&self, name: &str, pause: Option<Pause>) -> Result<bool, Error> {
        let agent = self.require_agent(name).await?;
        let action = if pause.is_some() { "agent.paused" } else { "agent.unpaused" };
        let entry = self.operator_entry(action, Some(&agent), pause.map_or("", Pause::as_str));
        let chat = self.clone();
        let change = async move {
            let is_changed = chat.0.store.set_pause(agent.number, pause, &entry).await?;
            let was_silent = agent.is_fully_paused();
            agent.holds.set_pause(pause);
            if was_silent && !agent.is_fully_paused() {
                // What has come meanwhile is pushed now.
                agent.inbox.restart();
            }
            Ok(is_changed)
        };
        self.0.journal.exclusively(change).await
    }

    /// Restricts an agent, or lifts that. `false`: it was so before.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stopping`], [`Error::Store`].
    pub async fn restrict(&self, name: &str, is_restricted: bool) -> Result<bool, Error> {
        let agent = self.require_agent(name).await?;
        let action = if is_restricted { "agent.restricted" } else { "agent.unrestricted" };
        let entry = self.operator_entry(action, Some(&agent), "");
        self.set_restricted(&agent, is_restricted, entry).await
    }

    /// Restricts an agent, or lifts that, for the reason in `entry`. `false`: it was so before.
    pub(crate) async fn set_restricted(
        &self,
        agent: &Arc<Agent>,
        is_restricted: bool,
        entry: AuditEntry,
    ) -> Result<bool, Error> {
        let (chat, agent) = (self.clone(), agent.clone());
        let change = async move {
            let is_changed = chat.0.store.set_restricted(agent.number, is_restricted, &entry).await?;
            let by = if entry.actor == OPERATOR { Restriction::ByOperator } else { Restriction::ByHub };
            agent.holds.set_restriction(is_restricted.then_some(by));
            Ok(is_changed)
        };
        self.0.journal.exclusively(change).await
    }
}
