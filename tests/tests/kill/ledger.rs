//! What clients know: which hub is up, and what it has acknowledged.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// Where the hub is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hub {
    /// Killed, or not started yet.
    Down,
    /// Listening for the `n`th time.
    Up(u64),
    /// Never to be asked again.
    Over,
}

/// A message as a client knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) content: String,
}

/// An agent whose registration was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) name: String,
    pub(crate) key: String,
}

/// Everything that was acknowledged, and everything that was tried and never answered.
#[derive(Debug)]
pub(crate) struct Ledger {
    hub: watch::Sender<Hub>,
    acknowledged: watch::Sender<u64>,
    entries: Mutex<Entries>,
}

/// The ledger's contents.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) messages: Vec<Known>,
    pub(crate) unanswered: HashSet<String>,
    pub(crate) agents: Vec<Agent>,
}

impl Default for Ledger {
    fn default() -> Self {
        let (hub, _) = watch::channel(Hub::Down);
        let (acknowledged, _) = watch::channel(0);
        Self { hub, acknowledged, entries: Mutex::default() }
    }
}

impl Ledger {
    /// Tells everybody where the hub is.
    pub(crate) fn set_hub(&self, hub: Hub) {
        self.hub.send_replace(hub);
    }

    /// Waits for a hub started after the `last`th; nothing when there will be none.
    pub(crate) async fn next_start(&self, last: u64) -> Option<u64> {
        let mut hub = self.hub.subscribe();
        let is_next = |hub: &Hub| *hub == Hub::Over || matches!(hub, Hub::Up(start) if *start > last);
        let found = *hub.wait_for(is_next).await.expect("the ledger outlives its readers");
        match found {
            Hub::Up(start) => Some(start),
            Hub::Over | Hub::Down => None,
        }
    }

    /// Whether the hub that was started for the `start`th time is the one that is up.
    pub(crate) fn is_up(&self, start: u64) -> bool {
        *self.hub.borrow() == Hub::Up(start)
    }

    /// Whether clients are to stop.
    pub(crate) fn is_over(&self) -> bool {
        *self.hub.borrow() == Hub::Over
    }

    /// Waits until so many messages and registrations have been acknowledged in all.
    pub(crate) async fn wait_for(&self, count: u64) {
        let mut acknowledged = self.acknowledged.subscribe();
        acknowledged.wait_for(|now| *now >= count).await.expect("the ledger outlives its readers");
    }

    /// How many messages and registrations have been acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        *self.acknowledged.borrow()
    }

    pub(crate) fn note_message(&self, message: Known) {
        self.entries().messages.push(message);
        self.acknowledged.send_modify(|count| *count += 1);
    }

    pub(crate) fn note_unanswered(&self, content: String) {
        self.entries().unanswered.insert(content);
    }

    pub(crate) fn note_agent(&self, agent: Agent) {
        self.entries().agents.push(agent);
        self.acknowledged.send_modify(|count| *count += 1);
    }

    /// Something else was acknowledged.
    pub(crate) fn note_deed(&self) {
        self.acknowledged.send_modify(|count| *count += 1);
    }

    pub(crate) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
