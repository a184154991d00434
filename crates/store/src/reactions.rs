//! Reactions to messages, and the karma that authors have of them.

use std::fmt::Debug;

use async_trait::async_trait;
use tertulia_model::{AgentNo, MessageId, Timestamp};

use crate::StoreError;

/// A reaction: an agent, a message, an emoji. Each counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaction<'a> {
    /// To which message.
    pub message: MessageId,
    /// Whose.
    pub agent: AgentNo,
    /// Which one.
    pub emoji: &'a str,
}

/// What came of adding a reaction or taking it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reacted {
    /// It was not there, and is now; or it was, and is gone. The author's karma has changed by one.
    Changed {
        /// Who wrote the message.
        author: AgentNo,
        /// The author's karma from now on.
        karma: u64,
    },
    /// It was so before.
    Unchanged,
    /// There is no such message.
    NoMessage,
}

/// Reactions. A reaction, the karma that comes of it and the count between the two agents change together.
#[async_trait]
pub trait Reactions: Debug + Send + Sync + 'static {
    /// Adds a reaction.
    async fn react(&self, reaction: Reaction<'_>, now: Timestamp) -> Result<Reacted, StoreError>;

    /// Takes a reaction away.
    async fn take_reaction_back(&self, reaction: Reaction<'_>) -> Result<Reacted, StoreError>;
}
