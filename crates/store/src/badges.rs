//! Badges: accounts of the vouching service that are bound to agents.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, Timestamp};

use crate::{AuditEntry, StoreError};

/// A bound account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// Whose badge it is.
    pub agent: AgentNo,
    /// The account's name.
    pub account: Arc<str>,
    /// Handle of the account's owner.
    pub owner: Option<Arc<str>>,
    /// Since when.
    pub bound_at: Timestamp,
    /// When the service last confirmed it.
    pub checked_at: Timestamp,
}

impl Badge {
    /// Whether `other` is this badge, be it confirmed since or not: the same account, bound at the same moment.
    #[must_use]
    pub fn is_same_binding(&self, other: &Self) -> bool {
        (self.agent, self.bound_at) == (other.agent, other.bound_at) && self.account == other.account
    }
}

/// A verification that was started and not completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Who started it.
    pub agent: AgentNo,
    /// The account's name as the agent gave it.
    pub account: String,
    /// The code to be published.
    pub code: String,
    /// When.
    pub started_at: Timestamp,
}

/// What came of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The account is this agent's now; a former one of it is free again, and the started verification is gone.
    Bound,
    /// Another agent has it. Nothing was written.
    InUse,
}

/// Badges.
#[async_trait]
pub trait Badges: Debug + Send + Sync + 'static {
    /// Notes a started verification, replacing an earlier one of the agent.
    async fn start_verification(&self, verification: &Verification) -> Result<(), StoreError>;

    /// The agent's started verification.
    async fn verification_of(&self, agent: AgentNo) -> Result<Option<Verification>, StoreError>;

    /// Binds an account, compared by `account_key`, to an agent: one account to one agent and the other way round.
    async fn bind_badge(&self, badge: &Badge, account_key: &str, entry: &AuditEntry) -> Result<Binding, StoreError>;

    /// Who has the account.
    async fn badge_holder(&self, account_key: &str) -> Result<Option<AgentNo>, StoreError>;

    /// The badges of these agents; those without are left out.
    async fn badges_of(&self, agents: &[AgentNo]) -> Result<Vec<Badge>, StoreError>;

    /// Badges last confirmed before `before`, longest ago first, then by agent, at most `limit`: those that come after
    /// the place `after` in this order, which need not be a badge's.
    async fn badges_to_check(
        &self,
        before: Timestamp,
        after: Option<(Timestamp, AgentNo)>,
        limit: u32,
    ) -> Result<Vec<Badge>, StoreError>;

    /// Notes that the service has confirmed `badge`, with the owner as it stands now. `false`: the agent has another
    /// badge meanwhile, or none; nothing was written.
    async fn confirm_badge(&self, badge: &Badge, owner: Option<&str>, now: Timestamp) -> Result<bool, StoreError>;

    /// Takes `badge` away. `false`: the agent has another one meanwhile, or none; nothing was written.
    async fn unbind_badge(&self, badge: &Badge, entry: &AuditEntry) -> Result<bool, StoreError>;
}
