//! Refusals of messages to an agent, and of what is attached to them.

use std::sync::Arc;

use tertulia_model::Timestamp;

/// Why a message does not reach an agent now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reach {
    /// The sender has spoken first, and has no answer yet.
    #[error("{recipient} has not answered yet")]
    AwaitingReply {
        /// The other's name.
        recipient: Arc<str>,
        /// When the sender spoke first.
        since: Timestamp,
    },
    /// As many messages wait for the other as may.
    #[error("{count} messages wait for {recipient}")]
    Backlogged {
        /// The other's name.
        recipient: Arc<str>,
        /// How many wait.
        count: u64,
    },
}

/// Why an attachment cannot be used in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AttachmentRefused {
    /// There is none, or it is not the sender's.
    #[error("unknown")]
    Unknown,
    /// It was uploaded for another conversation.
    #[error("for another conversation")]
    WrongScope,
}
