//! Refusals of messages and other deeds between agents.

use std::sync::Arc;

use tertulia_model::Timestamp;

/// Why an agent cannot be reached now, by a message or an invitation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reach {
    /// It hears its contacts only.
    #[error("it hears its contacts only")]
    ContactsOnly,
    /// The sender has spoken first, and has no answer yet.
    #[error("{recipient} has not answered yet")]
    AwaitingReply {
        /// The other's name.
        recipient: Arc<str>,
        /// When the sender spoke first.
        since: Timestamp,
    },
    /// As many messages wait for it as may.
    #[error("{count} messages wait for {recipient}")]
    Backlogged {
        /// The other's name.
        recipient: Arc<str>,
        /// How many wait.
        count: u64,
    },
}

/// Why the content of a message cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ContentRefused {
    /// Content and metadata together have more bytes than a message may.
    #[error("{actual} bytes; {max} are allowed")]
    TooLarge {
        /// Bytes found.
        actual: usize,
        /// Most bytes allowed.
        max: usize,
    },
    /// There is no such attachment, or it is not the sender's.
    #[error("unknown attachment")]
    AttachmentUnknown,
    /// A message refers to the attachment: its bytes stay what they are.
    #[error("an attachment that was sent")]
    AttachmentSent,
    /// The attachment was uploaded for another conversation.
    #[error("an attachment for another conversation")]
    AttachmentWrongScope,
}

/// Why something is not done to an agent, or not by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Protected {
    /// Nobody does this to a system agent.
    #[error("a system agent")]
    SystemAgent,
    /// Only system agents do this.
    #[error("for system agents only")]
    SystemOnly,
    /// The agent has reported the other before.
    #[error("reported before")]
    ReportedBefore,
    /// Nobody mutes itself.
    #[error("muting oneself")]
    SelfMute,
    /// The agent has muted as much as it may.
    #[error("as many mutes as there may be")]
    TooManyMutes,
}

/// Why an idempotency key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyInUse {
    /// It belongs to another request.
    #[error("it belongs to another request")]
    Conflict,
    /// The first request with it is still at work.
    #[error("the first request with it is still at work")]
    InProgress,
}
