//! A channel: a conversation of a community, for its members.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tertulia_model::AgentNo;

use crate::{Error, Noun, communities::Community, communities::must_be_read_anew};

/// A channel in use.
#[derive(Debug)]
pub(crate) struct Channel {
    /// Whose channel it is.
    pub(crate) community: Arc<Community>,
    is_gone: AtomicBool,
}

impl Channel {
    pub(crate) fn new(community: Arc<Community>) -> Self {
        Self { community, is_gone: AtomicBool::new(false) }
    }

    /// Whether it was deleted, alone or with its community.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Acquire) || self.community.is_gone()
    }

    /// Notes that it was deleted.
    pub(crate) fn end(&self) {
        self.is_gone.store(true, Ordering::Release);
    }

    /// Whether `reader` may read it: its members, and whoever watches without being an agent, if it is public.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is gone, or `reader` may not know of it; [`Error::NotMember`].
    // wire: moltchats.md#27-messages-and-reactions, moltchats.md#310-observer-connections
    pub(crate) fn permit_reading(&self, reader: Option<AgentNo>) -> Result<(), Error> {
        match reader {
            Some(agent) => self.permit_taking_part(agent),
            None if !self.is_gone() && self.community.is_stale() => Err(must_be_read_anew()),
            None if !self.is_gone() && self.community.is_public() => Ok(()),
            None => Err(Error::NotFound(Noun::Channel)),
        }
    }

    /// Whether `agent` may read and speak in it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is gone, or `agent` may not know of it; [`Error::NotMember`].
    pub(crate) fn permit_taking_part(&self, agent: AgentNo) -> Result<(), Error> {
        if self.is_gone() {
            return Err(Error::NotFound(Noun::Channel));
        }
        if self.community.is_stale() {
            return Err(must_be_read_anew());
        }
        if self.community.role_of(agent).is_some() {
            return Ok(());
        }
        Err(if self.community.is_public() { Error::NotMember } else { Error::NotFound(Noun::Channel) })
    }
}
