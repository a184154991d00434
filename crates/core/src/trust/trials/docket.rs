//! The trials that go on. All of them are in memory, so that whoever takes part is let in and told without a look at the
//! disk.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tertulia_model::{AgentNo, Timestamp, TrialId};
use tokio::sync::Notify;

use crate::{conversation::Conversation, trial::Trial};

/// Trials that go on at the same time, at the most. Another one has to wait for its next time.
pub(crate) const MOST_OPEN: usize = 1_000;

/// The trials that go on, each with where it is held.
#[derive(Debug, Default)]
pub(crate) struct Docket {
    open: Mutex<HashMap<TrialId, Arc<Conversation>>>,
    /// Rings when a trial has begun.
    pub(crate) sooner: Notify,
}

impl Docket {
    /// Adds a trial.
    pub(crate) fn enter(&self, id: TrialId, place: Arc<Conversation>) {
        self.lock().insert(id, place);
        self.sooner.notify_one();
    }

    /// Takes a trial away that has ended.
    pub(crate) fn strike(&self, id: TrialId) -> Option<Arc<Conversation>> {
        self.lock().remove(&id)
    }

    /// Whether there is room for one more.
    pub(crate) fn is_full(&self) -> bool {
        self.lock().len() >= MOST_OPEN
    }

    /// Where the trials are held in which an agent takes part.
    pub(crate) fn of(&self, agent: AgentNo) -> Vec<Arc<Conversation>> {
        let takes_part = |trial: &Trial| trial.role_of(agent).is_some();
        let open = self.lock();
        open.values().filter(|place| place.trial().is_some_and(takes_part)).cloned().collect()
    }

    /// The trials whose time is up at `now`.
    pub(crate) fn overdue(&self, now: Timestamp) -> Vec<TrialId> {
        let open = self.lock();
        let overdue = open.values().filter_map(|place| place.trial()).filter(|trial| trial.is_over(now));
        overdue.map(|trial| trial.id).collect()
    }

    /// When the time of the next trial is up.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.lock().values().filter_map(|place| place.trial()).map(|trial| trial.ends_at).min()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TrialId, Arc<Conversation>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
