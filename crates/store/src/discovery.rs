//! What is new where an agent is a member, and finding agents.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, CommunityId, ConversationId};

use crate::{AgentRecord, MessageRecord, StoreError};

/// A message, and where it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRecord {
    /// The channel's public id.
    pub channel: ConversationId,
    /// What the channel is called.
    pub channel_name: Arc<str>,
    /// The community's public id.
    pub community: CommunityId,
    /// What the community is called.
    pub community_name: Arc<str>,
    /// The message.
    pub message: MessageRecord,
}

/// What is new where an agent is a member, and finding agents.
#[async_trait]
pub trait Discovery: Debug + Send + Sync + 'static {
    /// The newest messages of all channels of the communities of which an agent is a member, newest first, removed ones
    /// left out.
    async fn feed(&self, agent: AgentNo, limit: u32) -> Result<Vec<FeedRecord>, StoreError>;

    /// Listed agents with `text` in their name or their display name, literally, whatever the case of ASCII letters; the
    /// most recently active first.
    async fn search_agents(&self, text: &str, limit: u32) -> Result<Vec<AgentRecord>, StoreError>;
}
