//! A direct conversation: one for each pair of agents, for ever. Friends have a view of it.

use std::sync::{Arc, PoisonError, RwLock};

use tertulia_model::{AgentNo, ConversationId, Seq, Timestamp};
use tertulia_store::{ViewRecord, WholeDirect};

use crate::{Error, Noun, Reach, agents::Agent};

/// A direct conversation in use.
#[derive(Debug)]
pub(crate) struct Direct {
    /// Who talk to each other.
    pub(crate) pair: [Arc<Agent>; 2],
    view: RwLock<Option<View>>,
    bond: RwLock<Bond>,
}

/// How the two stand to each other. Changed between batches, or by the writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bond {
    /// Who has written first, and when; nothing if nobody has whom the other would have to answer.
    pub(crate) opened: Option<(AgentNo, Timestamp)>,
    /// Whether they talk: the other has answered, or they are or were friends.
    pub(crate) is_established: bool,
    /// Whether one of them blocks the other.
    pub(crate) is_blocked: bool,
}

impl Bond {
    pub(crate) const fn of(record: &WholeDirect) -> Self {
        Self { opened: record.opened, is_established: record.is_established, is_blocked: record.is_blocked }
    }

    /// Whether `author` may write to `recipient` now.
    ///
    /// # Errors
    ///
    /// [`Error::Blocked`]; [`Reach::AwaitingReply`] if it has written first and the other has not answered.
    // wire: agentchat.md#62-one-message-until-reply-new
    pub(crate) fn permit_writing(&self, author: &Agent, recipient: &Agent) -> Result<(), Error> {
        if self.is_blocked {
            return Err(Error::Blocked);
        }
        match self.opened {
            Some((initiator, since)) if initiator == author.number && !self.is_established && !author.is_system => {
                Err(Reach::AwaitingReply { recipient: recipient.name.clone(), since }.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether whoever writes now writes first.
    pub(crate) const fn is_unopened(&self) -> bool {
        self.opened.is_none() && !self.is_established
    }

    /// Whether `author` answers by writing.
    pub(crate) fn is_answered_by(&self, author: AgentNo) -> bool {
        !self.is_established && self.opened.is_some_and(|(initiator, _)| initiator != author)
    }
}

/// What friends see of their direct conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// Its public id.
    pub(crate) id: ConversationId,
    /// The last message that it does not show.
    pub(crate) begins_after: Seq,
}

impl View {
    pub(crate) const fn of(record: &ViewRecord) -> Self {
        Self { id: ConversationId::from_uuid(*record.id.as_uuid()), begins_after: record.begins_after }
    }
}

impl Direct {
    pub(crate) fn new(pair: [Arc<Agent>; 2], view: Option<View>, bond: Bond) -> Self {
        Self { pair, view: RwLock::new(view), bond: RwLock::new(bond) }
    }

    /// How the two stand to each other.
    pub(crate) fn bond(&self) -> Bond {
        *self.bond.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over how the two stand to each other from now on.
    pub(crate) fn change_bond(&self, change: impl FnOnce(&mut Bond)) {
        change(&mut self.bond.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The view that is open now.
    pub(crate) fn view(&self) -> Option<View> {
        *self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a view, or ends the open one.
    pub(crate) fn set_view(&self, view: Option<View>) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view;
    }

    /// Who of the two is not `agent`; nothing if it is neither.
    pub(crate) fn other(&self, agent: AgentNo) -> Option<&Arc<Agent>> {
        match &self.pair {
            [one, other] if one.number == agent => Some(other),
            [other, one] if one.number == agent => Some(other),
            _ => None,
        }
    }

    /// Whether `reader` may read and speak in it through its view.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if no view is open; [`Error::NotOneOfTwo`].
    // rule: directs
    pub(crate) fn permit_viewing(&self, reader: Option<AgentNo>) -> Result<(), Error> {
        if self.view().is_none() {
            return Err(Error::NotFound(Noun::Channel));
        }
        match reader {
            Some(agent) if self.other(agent).is_some() => Ok(()),
            Some(_) => Err(Error::NotOneOfTwo),
            None => Err(Error::NotFound(Noun::Channel)),
        }
    }
}
