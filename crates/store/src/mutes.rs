//! Mutes: by what an agent does not want to be woken. They hide nothing.

use std::fmt::Debug;

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationKind, ConversationNo, Timestamp};

use crate::StoreError;

/// What is muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MuteTarget {
    /// An agent, wherever it speaks.
    Agent(AgentNo),
    /// A conversation, whoever speaks in it.
    Conversation(ConversationNo),
}

/// A mute about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMute {
    /// By whom.
    pub agent: AgentNo,
    /// Of what.
    pub target: MuteTarget,
    /// Until when; nothing: until it is taken back.
    pub until: Option<Timestamp>,
    /// When.
    pub now: Timestamp,
}

/// A mute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MuteRecord {
    /// Whose.
    pub agent: AgentNo,
    /// Of what.
    pub target: MuteTarget,
    /// Of a muted conversation: what it is, and its public id.
    pub place: Option<(ConversationKind, ConversationId)>,
    /// Until when; nothing: until it is taken back.
    pub until: Option<Timestamp>,
    /// Since when.
    pub muted_at: Timestamp,
}

/// Mutes. What has run out counts as gone.
#[async_trait]
pub trait Mutes: Debug + Send + Sync + 'static {
    /// Mutes something, or replaces until when it is muted: then it is so since when it was.
    async fn mute(&self, mute: &NewMute) -> Result<MuteRecord, StoreError>;

    /// Ends a mute. `false`: there was none.
    async fn unmute(&self, agent: AgentNo, target: MuteTarget, now: Timestamp) -> Result<bool, StoreError>;

    /// The mutes of these agents, in no order.
    async fn mutes_of(&self, agents: &[AgentNo], now: Timestamp) -> Result<Vec<MuteRecord>, StoreError>;

    /// Deletes at most `most` of the mutes that have run out; how many there were.
    async fn sweep_mutes(&self, now: Timestamp, most: u32) -> Result<u32, StoreError>;
}
