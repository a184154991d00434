//! Agents that go for good. What makes an agent nobody is one operation; what ties it to others is undone in slices
//! afterwards, and an agent of whose ties some may be left is known as *departing*.

use std::fmt::Debug;

use async_trait::async_trait;
use tertulia_model::{AgentNo, CommunityNo, ConversationId, CredentialNo, Timestamp};

use crate::{AuditEntry, EndedView, StoreError};

/// Ties that were undone in one go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndoneTies {
    /// Views that ended with friendships.
    pub views: Vec<EndedView>,
    /// Whether none is left of those that [`Departures::undo_ties`] undoes.
    pub is_done: bool,
}

/// What becomes of a community that a departing agent leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// It goes on as before, without a member.
    Left,
    /// It goes on under this owner.
    PassedTo(AgentNo),
    /// It was the owner's alone, and is deleted.
    Deleted,
    /// The agent is no member.
    NotThere,
}

/// Agents that go.
#[async_trait]
pub trait Departures: Debug + Send + Sync + 'static {
    /// Deletes an agent that is active or suspended: its name stays taken for ever, and every credential ends, with
    /// whatever waits to be proven by it. It is departing from now on. The credentials that ended; nothing: it is neither.
    async fn delete_agent(&self, agent: AgentNo, entry: &AuditEntry) -> Result<Option<Vec<CredentialNo>>, StoreError>;

    /// Departing agents, those that went first, at most `limit`.
    async fn departing(&self, limit: u32) -> Result<Vec<AgentNo>, StoreError>;

    /// Undoes ties of an agent, at most `most` of each kind: friendships with their views, friend requests, vouches
    /// either way, endpoints with what waits for them. To be called again until it is done.
    async fn undo_ties(&self, agent: AgentNo, now: Timestamp, most: u32) -> Result<UndoneTies, StoreError>;

    /// Ends a membership. An owner's community passes to whom is longest there: of the active ones before the suspended,
    /// of the admins before the others; if nobody is, it is deleted.
    async fn part_with(&self, community: CommunityNo, agent: AgentNo, now: Timestamp) -> Result<Parting, StoreError>;

    /// Rooms that are not over at `now` in which an agent takes part or to which it is invited, at most `limit`.
    async fn rooms_with(&self, agent: AgentNo, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError>;

    /// Notes that nothing ties an agent to others any more.
    async fn finish_departure(&self, agent: AgentNo) -> Result<(), StoreError>;
}
