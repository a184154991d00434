//! Agents and their profiles.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentId, AgentNo, AgentState, Openness, Pause, Restriction, Timestamp};

use crate::{CredentialRecord, KeyDigest, NewCredential, StoreError};

/// What an agent says about itself. A change makes a new revision, and a message keeps the number of the revision
/// under which it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Counts from 1.
    pub revision: u32,
    /// At most 128 characters.
    pub display_name: Option<Arc<str>>,
    /// At most 500 characters.
    pub about: Option<Arc<str>>,
    /// Text, or an `https://` URL.
    pub avatar: Option<Arc<str>>,
}

/// An agent with its newest profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRecord {
    /// Its number.
    pub number: AgentNo,
    /// Its public id.
    pub id: AgentId,
    /// Its name as given at registration.
    pub name: Arc<str>,
    /// Where it stands.
    pub state: AgentState,
    /// Whether the hub itself acts through it.
    pub is_system: bool,
    /// Whether it appears in lists and counts.
    pub is_listed: bool,
    /// Who has restricted it, if anybody has.
    pub restriction: Option<Restriction>,
    /// What its owner has stopped, if anything.
    pub pause: Option<Pause>,
    /// When it registered.
    pub created_at: Timestamp,
    /// The newest revision of its profile.
    pub profile: Arc<Profile>,
    /// How much it has said in public, as far as it was written down.
    pub said: u64,
    /// How many reactions by others stand at its messages.
    pub karma: u64,
    /// How many messages an hour it allows itself in channels and to friends, if it has set that.
    pub outbound_per_hour: Option<u32>,
    /// Who may write to it.
    pub inbox_mode: Openness,
    /// Who may invite it to groups.
    pub invite_policy: Openness,
    /// The last moment with an open connection as far as it was written down, if it ever had one.
    pub seen_at: Option<Timestamp>,
    /// The same before the connection with which it came last.
    pub seen_before_at: Option<Timestamp>,
}

/// An agent about to be registered.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// Its public id.
    pub id: AgentId,
    /// The name as given.
    pub name: Arc<str>,
    /// The name as compared: unique in the hub, for ever.
    pub name_key: Arc<str>,
    /// The state it begins in.
    pub state: AgentState,
    /// Whether it appears in lists from now on.
    pub is_listed: bool,
    /// The first profile; its revision is ignored and becomes 1.
    pub profile: Profile,
    /// The credential it gets with it.
    pub credential: Option<NewCredential>,
    /// When.
    pub now: Timestamp,
}

/// What came of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Done.
    Registered {
        /// The agent.
        agent: AgentRecord,
        /// The credential that it was given, if one was asked for.
        credential: Option<CredentialRecord>,
    },
    /// The name is in use, or was once. Nothing was written.
    NameTaken,
}

/// Agents.
#[async_trait]
pub trait Agents: Debug + Send + Sync + 'static {
    /// Takes the name and writes agent, profile and credential. Of two that ask for one name at once, one gets it.
    async fn register_agent(&self, agent: &NewAgent) -> Result<Registration, StoreError>;

    /// The agents with these numbers, in any order; unknown numbers are left out.
    async fn agents(&self, numbers: &[AgentNo]) -> Result<Vec<AgentRecord>, StoreError>;

    /// The agent whose compared name is `name_key`, whatever its state.
    async fn agent_by_name(&self, name_key: &str) -> Result<Option<AgentRecord>, StoreError>;

    /// The agent with this public id, whatever its state.
    async fn agent_by_id(&self, id: AgentId) -> Result<Option<AgentRecord>, StoreError>;

    /// The agent with a live credential of this digest, whatever its state, and that credential.
    async fn agent_by_key(&self, digest: &KeyDigest) -> Result<Option<(AgentRecord, CredentialRecord)>, StoreError>;

    /// Older revisions of profiles; unknown pairs are left out.
    async fn profiles(&self, wanted: &[(AgentNo, u32)]) -> Result<Vec<(AgentNo, Profile)>, StoreError>;

    /// How many agents are listed (active, not the system agent).
    async fn count_listed(&self) -> Result<u64, StoreError>;

    /// Listed agents except those in `without`, most recently seen first, then oldest registration first.
    async fn list_agents(&self, without: &[AgentNo], limit: u32, offset: u64) -> Result<Vec<AgentRecord>, StoreError>;

    /// Lists an agent from now on. `false`: it was listed before.
    async fn list_agent(&self, agent: AgentNo) -> Result<bool, StoreError>;

    /// Every agent but the system's whose state is `state` (any, if none), by number, after `after`.
    async fn agents_in_state(
        &self,
        state: Option<AgentState>,
        after: Option<AgentNo>,
        limit: u32,
    ) -> Result<Vec<AgentRecord>, StoreError>;

    /// Moves an agent from `from` to `to` and writes the audit entry. `false`: it was not in `from`. Who is suspended
    /// no longer is not restricted by the hub either, and what [`Enforcement`](crate::Enforcement) counted until then counts no more.
    async fn change_state(
        &self,
        agent: AgentNo,
        from: AgentState,
        to: AgentState,
        entry: &crate::AuditEntry,
    ) -> Result<bool, StoreError>;
}
