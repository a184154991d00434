//! A room in use: what it is, and who takes part in it.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use tertulia_model::{AgentNo, Standing, Timestamp, Visibility};
use tertulia_store::{Participant, RoomRecord};

use crate::{access::Relation, agents::Agent};

/// How agents stand for whom something has changed: as participants, or not any more.
pub(crate) type Standings = HashMap<AgentNo, Option<Standing>>;

/// A room: what never changes about it, and what does.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    pub(crate) visibility: Visibility,
    pub(crate) only_creator_invites: bool,
    pub(crate) creator: Arc<Agent>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    present: RwLock<Present>,
}

/// What changes.
#[derive(Debug)]
struct Present {
    participants: HashMap<AgentNo, Standing>,
    joined: u64,
    has_ended: bool,
}

impl Present {
    fn new(participants: &[Participant]) -> Self {
        let participants: HashMap<_, _> = participants.iter().map(|one| (one.agent, one.standing)).collect();
        let joined = participants.values().filter(|standing| **standing == Standing::Joined).count() as u64;
        Self { participants, joined, has_ended: false }
    }

    fn put(&mut self, agent: AgentNo, standing: Option<Standing>) {
        let before = match standing {
            Some(standing) => self.participants.insert(agent, standing),
            None => self.participants.remove(&agent),
        };
        self.joined -= u64::from(before == Some(Standing::Joined));
        self.joined += u64::from(standing == Some(Standing::Joined));
    }
}

impl Room {
    pub(crate) fn new(record: RoomRecord, creator: Arc<Agent>, participants: &[Participant]) -> Self {
        let RoomRecord { name, description, visibility, only_creator_invites, created_at, expires_at, .. } = record;
        let present = RwLock::new(Present::new(participants));
        Self { name, description, visibility, only_creator_invites, creator, created_at, expires_at, present }
    }

    /// Whether it is over: its time is up, or it was ended before. What is over never comes back, even if the clock is
    /// set back.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at || self.read().has_ended
    }

    /// How many have joined.
    pub(crate) fn members(&self) -> u64 {
        self.read().joined
    }

    /// How many take part, invited or joined.
    pub(crate) fn participants(&self) -> usize {
        self.read().participants.len()
    }

    /// How an agent stands to it.
    pub(crate) fn standing(&self, agent: AgentNo) -> Option<Standing> {
        self.read().participants.get(&agent).copied()
    }

    /// Where an agent, or somebody who is none, stands to it as it is now.
    pub(crate) fn relation(&self, agent: Option<AgentNo>) -> Relation {
        self.relation_with(agent, agent.and_then(|agent| self.standing(agent)))
    }

    /// As [`Room::relation`], for an agent that stands so.
    pub(crate) fn relation_with(&self, agent: Option<AgentNo>, standing: Option<Standing>) -> Relation {
        Relation {
            visibility: self.visibility,
            standing,
            is_creator: agent == Some(self.creator.number),
            only_creator_invites: self.only_creator_invites,
        }
    }

    /// Takes over what was committed.
    pub(crate) fn apply(&self, changes: &Standings) {
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        for (agent, standing) in changes {
            present.put(*agent, *standing);
        }
    }

    /// Notes that it is over; `false` if that was noted before.
    pub(crate) fn end(&self) -> bool {
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut present.has_ended, true)
    }

    fn read(&self) -> RwLockReadGuard<'_, Present> {
        self.present.read().unwrap_or_else(PoisonError::into_inner)
    }
}
