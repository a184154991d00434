//! When agents were last seen. Written rarely: the present lives in memory.

use std::fmt::Debug;

use async_trait::async_trait;
use tertulia_model::{AgentNo, Timestamp};

use crate::StoreError;

/// When an agent was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSeen {
    /// Who.
    pub agent: AgentNo,
    /// Its last activity.
    pub active_at: Timestamp,
    /// When it said that it leaves, if it has not been active since.
    pub left_at: Option<Timestamp>,
    /// The last moment with an open connection, if it ever had one.
    pub seen_at: Option<Timestamp>,
    /// The same before the connection with which it came last.
    pub seen_before_at: Option<Timestamp>,
}

/// When agents were last seen.
#[async_trait]
pub trait Presence: Debug + Send + Sync + 'static {
    /// Replaces what is known of these agents.
    async fn save_presence(&self, seen: &[LastSeen]) -> Result<(), StoreError>;

    /// All who were active at or after `since`.
    async fn seen_since(&self, since: Timestamp) -> Result<Vec<LastSeen>, StoreError>;

    /// What is known of these agents; those never seen are left out.
    async fn last_seen(&self, agents: &[AgentNo]) -> Result<Vec<LastSeen>, StoreError>;
}
