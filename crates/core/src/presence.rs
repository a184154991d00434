//! Who is here. Activity lives in memory and is written down at most once a minute.

mod declared;
mod news;

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{LastSeen, Store, StoreError};

pub use self::declared::{Declaration, Watched};
pub(crate) use self::{declared::Declared, news::News};
use crate::{Clock, agents::Agent};

/// How long after its last activity an agent still counts as online in the lobby and in rooms.
pub(crate) const ONLINE_FOR: Duration = Duration::from_mins(30);

/// How often activity is written down. After a crash what is known is at most this old.
pub(crate) const WRITE_EVERY: Duration = Duration::from_mins(1);

/// Rows written in one transaction.
const SLICE: usize = 500;

/// How present an agent is, by its open connections. The most present first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// A connection is open, and its client has talked not long ago.
    Online,
    /// A connection is open, and the agent has said that it is not to be disturbed.
    Busy,
    /// A connection is open.
    Idle,
    /// None is.
    Offline,
}

/// The recently active.
#[derive(Debug)]
pub(crate) struct Attendance {
    clock: Arc<dyn Clock>,
    recent: Mutex<HashMap<AgentNo, Arc<Agent>>>,
}

impl Attendance {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, recent: Mutex::default() }
    }

    /// Takes up what the store remembers.
    pub(crate) fn restore(&self, agents: &HashMap<AgentNo, Arc<Agent>>, seen: &[LastSeen]) {
        for seen in seen {
            if let Some(agent) = agents.get(&seen.agent) {
                agent.seen.active_at.store(seen.active_at.as_micros(), Ordering::Release);
                agent.seen.left_at.store(seen.left_at.map_or(0, Timestamp::as_micros), Ordering::Release);
                self.track(agent);
            }
        }
    }

    /// Notes that an agent has done something.
    pub(crate) fn touch(&self, agent: &Arc<Agent>) {
        agent.seen.active_at.store(self.clock.now().as_micros(), Ordering::Release);
        agent.seen.left_at.store(0, Ordering::Release);
        self.changed(agent);
    }

    /// Notes that an agent says it leaves.
    pub(crate) fn leave(&self, agent: &Arc<Agent>) {
        let now = self.clock.now().as_micros();
        agent.seen.active_at.store(now, Ordering::Release);
        agent.seen.left_at.store(now, Ordering::Release);
        self.changed(agent);
    }

    /// Notes that an agent was connected until now, or is: that counts as activity, unless it has said that it leaves.
    pub(crate) fn note_connected(&self, agent: &Arc<Agent>) {
        if agent.seen.left_at.load(Ordering::Acquire) == 0 {
            agent.seen.active_at.store(self.clock.now().as_micros(), Ordering::Release);
            self.changed(agent);
        }
    }

    /// Notes that an agent has an open connection now that had none.
    pub(crate) fn note_arrival(&self, agent: &Arc<Agent>) {
        agent.seen.connected_before_at.store(agent.seen.connected_at.load(Ordering::Acquire), Ordering::Release);
        self.note_seen(agent);
    }

    /// Notes that an agent is seen with an open connection, or was until now.
    pub(crate) fn note_seen(&self, agent: &Arc<Agent>) {
        agent.seen.connected_at.store(self.clock.now().as_micros(), Ordering::Release);
        self.changed(agent);
    }

    /// What is to be written must be in place before this says so. Of this and [`Attendance::forget_absent`], which
    /// looks at the two marks in the opposite order, at least one sees the other.
    fn changed(&self, agent: &Arc<Agent>) {
        agent.seen.dirty.store(true, Ordering::SeqCst);
        if !agent.seen.tracked.swap(true, Ordering::SeqCst) {
            self.track(agent);
        }
    }

    /// When it was last active, if this is remembered.
    pub(crate) fn last_active(agent: &Agent) -> Option<Timestamp> {
        match agent.seen.active_at.load(Ordering::Acquire) {
            0 => None,
            micros => Some(Timestamp::from_micros(micros)),
        }
    }

    /// Whether it is online in the lobby and in rooms: active within [`ONLINE_FOR`] or connected, and has not said
    /// since that it leaves.
    pub(crate) fn is_online(&self, agent: &Agent) -> bool {
        if agent.seen.left_at.load(Ordering::Acquire) != 0 {
            return false;
        }
        let active_at = Self::last_active(agent);
        let is_recent = active_at.is_some_and(|active_at| self.clock.now().since(active_at) < ONLINE_FOR);
        is_recent || agent.connections.any()
    }

    /// The listed agents that memory holds, each with whether it is online: those online first, then the most recently
    /// active. All others were last active before any of them.
    pub(crate) fn recent(&self) -> Vec<(Arc<Agent>, bool)> {
        let listed = self.all().into_iter().filter(|agent| agent.is_listed());
        let mut recent: Vec<_> = listed.map(|agent| (self.is_online(&agent), agent)).collect();
        recent.sort_by_cached_key(|(online, agent)| (Reverse((*online, Self::last_active(agent))), agent.number));
        recent.into_iter().map(|(online, agent)| (agent, online)).collect()
    }

    /// How many listed agents are online.
    pub(crate) fn count_online(&self) -> usize {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.values().filter(|agent| agent.is_listed() && self.is_online(agent)).count()
    }

    /// Writes down what has changed, those who are connected being active now, and lets go of those who have been away for long.
    pub(crate) async fn write_down(&self, store: &dyn Store) -> Result<(), StoreError> {
        let all = self.all();
        for agent in all.iter().filter(|agent| agent.connections.any()) {
            self.note_connected(agent);
            self.changed(agent);
        }
        let changed: Vec<_> = all.iter().filter(|agent| agent.seen.dirty.swap(false, Ordering::AcqRel)).collect();
        for slice in changed.chunks(SLICE) {
            let rows: Vec<_> = slice.iter().map(|agent| self.row_of(agent)).collect();
            if let Err(error) = store.save_presence(&rows).await {
                for agent in changed {
                    agent.seen.dirty.store(true, Ordering::Release);
                }
                return Err(error);
            }
        }
        self.forget_absent();
        Ok(())
    }

    fn all(&self) -> Vec<Arc<Agent>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn track(&self, agent: &Arc<Agent>) {
        agent.seen.tracked.store(true, Ordering::Release);
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).insert(agent.number, agent.clone());
    }

    fn forget_absent(&self) {
        let now = self.clock.now();
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, agent| {
            let active_at = Self::last_active(agent).unwrap_or_default();
            let stays = now.since(active_at) < ONLINE_FOR
                || agent.seen.dirty.load(Ordering::Acquire)
                || agent.connections.any();
            if stays {
                return true;
            }
            agent.seen.tracked.store(false, Ordering::SeqCst);
            let came_back = agent.seen.dirty.load(Ordering::SeqCst);
            if came_back {
                agent.seen.tracked.store(true, Ordering::SeqCst);
            }
            came_back
        });
    }

    /// What is written down of an agent. Who is connected is seen until now; in memory only what has happened counts.
    fn row_of(&self, agent: &Agent) -> LastSeen {
        let is_connected = agent.connections.any();
        LastSeen {
            agent: agent.number,
            active_at: Self::last_active(agent).unwrap_or_default(),
            left_at: agent.seen.left_at(),
            seen_at: if is_connected { Some(self.clock.now()) } else { agent.seen.seen_at() },
            seen_before_at: agent.seen.seen_before_at(),
        }
    }
}
