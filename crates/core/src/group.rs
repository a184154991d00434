//! A group in use: who its members are, and what it is called. Changed by the writer alone, in order with its messages.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use tertulia_model::{AgentNo, ConversationId, GroupRole, Seq, Timestamp};

use crate::{Error, GroupBarred, Noun, agents::Agent};

/// A group in use.
#[derive(Debug)]
pub(crate) struct Group {
    /// Its public id.
    pub(crate) id: ConversationId,
    /// When it was created.
    pub(crate) created_at: Timestamp,
    /// Who created it.
    pub(crate) creator: Arc<Agent>,
    /// What its messages say about it.
    pub(crate) card: Arc<GroupCard>,
    state: RwLock<GroupState>,
}

/// What the messages of a group say about it, as it stands now.
#[derive(Debug)]
pub struct GroupCard {
    name: RwLock<Arc<str>>,
    members: AtomicUsize,
}

/// What may change about a group besides its name.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupState {
    pub(crate) description: Option<Arc<str>>,
    /// Somebody else's picture.
    pub(crate) avatar_url: Option<Arc<str>>,
    /// A picture that the hub keeps.
    pub(crate) avatar_key: Option<Arc<str>>,
    /// Those who are members now.
    pub(crate) members: HashMap<AgentNo, GroupMember>,
    /// Since when it is deleted, and by whom.
    pub(crate) deleted: Option<(Timestamp, Arc<Agent>)>,
}

/// A member of a group.
#[derive(Clone, Debug)]
pub(crate) struct GroupMember {
    pub(crate) agent: Arc<Agent>,
    pub(crate) role: GroupRole,
    /// The first message that it may see.
    pub(crate) joined_seq: Seq,
    pub(crate) joined_at: Timestamp,
}

impl GroupCard {
    /// What the group is called.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        self.name.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many members it has.
    #[must_use]
    pub fn members(&self) -> usize {
        self.members.load(Ordering::Acquire)
    }

    pub(crate) fn rename(&self, name: Arc<str>) {
        *self.name.write().unwrap_or_else(PoisonError::into_inner) = name;
    }
}

impl Group {
    pub(crate) fn new(
        id: ConversationId,
        created_at: Timestamp,
        creator: Arc<Agent>,
        name: Arc<str>,
        state: GroupState,
    ) -> Self {
        let card = GroupCard { name: RwLock::new(name), members: AtomicUsize::new(state.members.len()) };
        Self { id, created_at, creator, card: Arc::new(card), state: RwLock::new(state) }
    }

    /// How it stands now.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&GroupState) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over a change that was committed.
    pub(crate) fn change(&self, change: impl FnOnce(&mut GroupState)) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        self.card.members.store(state.members.len(), Ordering::Release);
    }

    /// The member that `agent` is, if it is one.
    pub(crate) fn member(&self, agent: AgentNo) -> Option<GroupMember> {
        self.with(|state| state.members.get(&agent).cloned())
    }

    /// All members.
    pub(crate) fn agents(&self) -> Vec<Arc<Agent>> {
        self.with(|state| state.members.values().map(|member| member.agent.clone()).collect())
    }

    /// Whether `author` may write in it: it is there, and it is a member.
    ///
    /// # Errors
    ///
    /// [`GroupBarred::Gone`]; [`Error::NotFound`].
    pub(crate) fn permit_writing(&self, author: AgentNo) -> Result<(), Error> {
        match self.gone() {
            Some(gone) => Err(gone.into()),
            None => self.permit_reading(Some(author)),
        }
    }

    /// Whether `reader` may read it: it is a member.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is none; whether it was one once, memory does not know.
    pub(crate) fn permit_reading(&self, reader: Option<AgentNo>) -> Result<(), Error> {
        match reader.and_then(|reader| self.member(reader)) {
            Some(_) => Ok(()),
            None => Err(Error::NotFound(Noun::Group)),
        }
    }

    /// Why nothing may be done in it any more, if it is deleted.
    pub(crate) fn gone(&self) -> Option<GroupBarred> {
        self.with(|state| {
            let (at, by) = state.deleted.as_ref()?;
            Some(GroupBarred::Gone { id: self.id, deleted_by: by.name.clone(), at: *at })
        })
    }
}
