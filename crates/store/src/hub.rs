//! The hub's own record, and what happened to whom.

use std::{fmt::Debug, path::Path};

use async_trait::async_trait;
use tertulia_model::{AgentId, AgentNo, CommunityId, ConversationId, ConversationNo, Epoch, Timestamp};
use uuid::Uuid;

use crate::StoreError;

/// What an empty database is started with.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Id of this hub.
    pub hub_id: Uuid,
    /// Id of the lobby.
    pub lobby: ConversationId,
    /// Id of the built-in community, of which the lobby is the one channel. A hub that was opened before there were
    /// communities takes it too.
    pub community: CommunityId,
    /// Id of the agent in whose name the hub itself acts.
    pub system_agent: AgentId,
    /// Name of that agent.
    pub system_name: String,
    /// When.
    pub now: Timestamp,
}

/// The hub's own record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubRecord {
    /// Id of this hub; a backup has the same.
    pub hub_id: Uuid,
    /// Which history the store holds.
    pub epoch: Epoch,
    /// The lobby's number.
    pub lobby: ConversationNo,
    /// The lobby's public id.
    pub lobby_id: ConversationId,
    /// The system agent's number.
    pub system_agent: AgentNo,
    /// The public id of the built-in community.
    pub community: CommunityId,
    /// When the hub was opened first.
    pub created_at: Timestamp,
}

/// Who acts in entries of the audit log about what the operator does.
pub const OPERATOR: &str = "operator";

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When it happened.
    pub at: Timestamp,
    /// Who did it: `operator`, `hub`, or an agent's name.
    pub actor: String,
    /// What was done, such as `agent.suspended`.
    pub action: String,
    /// The agent it was done to.
    pub agent: Option<AgentNo>,
    /// Anything else worth knowing; never a secret, never a message's text.
    pub detail: Option<String>,
}

/// The hub's own record.
#[async_trait]
pub trait Hub: Debug + Send + Sync + 'static {
    /// The hub's record. The first call on an empty database writes `seed`; later calls ignore it.
    async fn open_hub(&self, seed: &Seed) -> Result<HubRecord, StoreError>;

    /// Writes a consistent copy of everything committed so far to `file`, which must not exist. Writers go on
    /// meanwhile.
    async fn backup(&self, file: &Path) -> Result<(), StoreError>;

    /// Adds to the audit log.
    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// The newest entries of the audit log, newest first, at most `limit`.
    async fn audit_log(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;

    /// Succeeds when the database can be read.
    async fn check(&self) -> Result<(), StoreError>;

    /// Writes everything down and lets go of the files. Nothing may be asked of the store afterwards.
    async fn close(&self);
}
