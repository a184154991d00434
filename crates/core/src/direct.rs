//! A direct conversation: one for each pair of agents, for ever. Friends have a view of it.

use std::sync::{Arc, PoisonError, RwLock};

use tertulia_model::{AgentNo, ConversationId, Seq};
use tertulia_store::ViewRecord;

use crate::{Error, Noun, agents::Agent};

/// A direct conversation in use.
#[derive(Debug)]
pub(crate) struct Direct {
    /// Who talk to each other.
    pub(crate) pair: [Arc<Agent>; 2],
    view: RwLock<Option<View>>,
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
    pub(crate) fn new(pair: [Arc<Agent>; 2], view: Option<View>) -> Self {
        Self { pair, view: RwLock::new(view) }
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
