//! What the fan-out hands to a connection, and what a connection answers.

use std::{fmt::Debug, sync::OnceLock};

use bytes::Bytes;

/// One or more consecutive events of one conversation in one wire form, encoded once and shared by every
/// subscriber of that form.
#[derive(Debug)]
pub struct Frames {
    bytes: Bytes,
    framed: OnceLock<Bytes>,
}

impl Frames {
    /// Whole events, one after the other, as the wire form spells them.
    #[must_use]
    pub fn new(bytes: Bytes) -> Self {
        Self { bytes, framed: OnceLock::new() }
    }

    /// The events as the wire form spells them.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The same events in the transport's own framing (an HTTP chunk, say), made by the first outlet that asks
    /// and shared with all others of the form.
    pub fn framed(&self, frame: impl FnOnce(&Bytes) -> Bytes) -> &Bytes {
        self.framed.get_or_init(|| frame(&self.bytes))
    }
}

/// Whether an outlet wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It took the frames.
    Open,
    /// It has ended, or was just cut off because its send queue is full: the fan-out forgets it.
    Closed,
}

/// Why the hub ends a connection. Closed on purpose: a connection that has a word for it (a close code, say) matches
/// without a catch-all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// The credential that opened it was revoked or replaced.
    CredentialEnded,
    /// Its agent was suspended.
    AgentSuspended,
    /// Its agent was quarantined, and it was told so.
    AgentQuarantined,
    /// Its agent was deleted.
    AgentDeleted,
    /// What it listened to is gone.
    PlaceGone,
    /// Its agent may not listen there any more.
    NoLongerAllowed,
}

/// The receiving end of one subscription: a connection's send queue.
pub trait Outlet: Debug + Send + Sync + 'static {
    /// Takes `frames` in order. Never waits and never blocks: what cannot be written now is queued up to the
    /// outlet's bound; beyond it the outlet cuts its reader off and answers [`Flow::Closed`].
    fn push(&self, frames: &Frames) -> Flow;

    /// Whether the connection is still there.
    fn is_open(&self) -> bool;

    /// Lets the connection look whether it has something to send itself. Never blocks.
    fn nudge(&self) {}

    /// Ends the connection. What it says to its reader about `why` is the connection's own business. Never blocks.
    fn close(&self, why: Ended);
}
