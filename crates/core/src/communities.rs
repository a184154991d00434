//! Communities in use: who is a member, and who may know of them.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use tertulia_model::{AgentNo, Role};

/// A community in use. There is at most one of it in memory, so what changes about it is seen by all at once.
#[derive(Debug)]
pub(crate) struct Community {
    present: RwLock<Present>,
}

/// What changes.
#[derive(Debug)]
pub(crate) struct Present {
    pub(crate) is_public: bool,
    pub(crate) members: HashMap<AgentNo, Role>,
    pub(crate) is_gone: bool,
}

impl Community {
    /// Whether it was deleted.
    pub(crate) fn is_gone(&self) -> bool {
        self.read().is_gone
    }

    /// Whether everybody may know of it.
    pub(crate) fn is_public(&self) -> bool {
        self.read().is_public
    }

    /// What an agent is in it; nothing if it is no member.
    pub(crate) fn role_of(&self, agent: AgentNo) -> Option<Role> {
        self.read().members.get(&agent).copied()
    }

    fn read(&self) -> RwLockReadGuard<'_, Present> {
        self.present.read().unwrap_or_else(PoisonError::into_inner)
    }
}
