//! How agents stand to each other: friend requests, friendships, blocks; and the one direct conversation of a pair with
//! its views.
//!
//! A pair has at most one direct conversation, which is never deleted. A *view* is what friends see of it, under an id of
//! its own: it opens with their friendship and ends with it, and what came after it belongs to the next one. Between two
//! agents of whom one blocks the other there is neither a friendship nor a request.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationNo, FriendRequestId, Seq, Timestamp, ViewId};

use crate::{LogEnd, NewDelivery, StoreError};

/// A friend request about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFriendRequest {
    /// Its public id.
    pub id: FriendRequestId,
    /// Who asks.
    pub from: AgentNo,
    /// Whom: somebody else.
    pub to: AgentNo,
    /// When.
    pub now: Timestamp,
    /// How whom it asks is told elsewhere, if it is: see [`Outbox::enqueue`](crate::Outbox::enqueue).
    pub told: Option<NewDelivery>,
}

/// What came of a friend request. Whatever comes first here is said if several are true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// One of them blocks the other.
    Blocked,
    /// They are friends.
    AlreadyFriends,
    /// One of them waits for the other's answer.
    RequestExists,
    /// It was made.
    Requested,
}

/// A friend request that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FriendRequest {
    /// Its public id.
    pub id: FriendRequestId,
    /// Who asks.
    pub from: AgentNo,
    /// Whom.
    pub to: AgentNo,
    /// Since when.
    pub requested_at: Timestamp,
}

/// What a friendship is given when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewView {
    /// Public id of its view.
    pub view: ViewId,
    /// Public id of the pair's direct conversation, if it has none yet.
    pub direct: ConversationId,
    /// When.
    pub now: Timestamp,
}

/// The one conversation of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectRecord {
    /// Its number as a conversation.
    pub number: ConversationNo,
    /// Its public id.
    pub id: ConversationId,
    /// Whose it is, the smaller number first.
    pub pair: [AgentNo; 2],
    /// When it came to be.
    pub created_at: Timestamp,
}

/// A view that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewRecord {
    /// Its public id.
    pub id: ViewId,
    /// It shows what came after this message.
    pub begins_after: Seq,
    /// Since when.
    pub opened_at: Timestamp,
}

/// A direct conversation, all of it but what is said in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeDirect {
    /// The conversation.
    pub direct: DirectRecord,
    /// What the two see of it as friends; nothing if they are none.
    pub view: Option<ViewRecord>,
    /// Whether one of them blocks the other.
    pub is_blocked: bool,
    /// Who has written first, and when; nothing if nobody has by whom it would have to be answered.
    pub opened: Option<(AgentNo, Timestamp)>,
    /// Whether the two talk: the other has answered, or they are or were friends.
    pub is_established: bool,
    /// Where its log ends.
    pub end: LogEnd,
}

/// A view that has just ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedView {
    /// Its public id.
    pub view: ViewId,
    /// What it was a view of.
    pub direct: ConversationNo,
}

/// What came of an acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// They are friends.
    Accepted {
        /// Who had asked.
        friend: AgentNo,
        /// Their conversation with the view that has opened.
        direct: WholeDirect,
    },
    /// No such request waits for this agent's answer.
    NotFound,
}

/// A friend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FriendRecord {
    /// Who.
    pub agent: AgentNo,
    /// Under which id the two see their conversation.
    pub view: ViewId,
    /// Since when they are friends.
    pub since: Timestamp,
}

/// What came of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocking {
    /// Whether it was not there before.
    pub is_new: bool,
    /// Whether it is new and counts against who is blocked: see [`Enforcement`](crate::Enforcement).
    pub counts: bool,
    /// The view that has ended with it.
    pub ended: Option<EndedView>,
}

/// An agent that is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// Who.
    pub agent: AgentNo,
    /// Since when.
    pub since: Timestamp,
}

/// A view in which a friend has said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadView {
    /// The friend.
    pub friend: AgentNo,
    /// The view.
    pub view: ViewId,
    /// How many messages.
    pub messages: u64,
    /// The beginning of the last one's text; nothing if it has none.
    pub last_text: Option<Arc<str>>,
    /// When the last one was said.
    pub last_at: Timestamp,
}

/// What is asked about what friends have said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadQuery {
    /// By whose friends.
    pub agent: AgentNo,
    /// After this moment.
    pub since: Timestamp,
    /// Views at the most.
    pub most_views: u32,
    /// Messages that are looked through in one view, from its end, at the most.
    pub most_messages: u32,
    /// Characters of the last text at the most.
    pub most_characters: u32,
}

/// How agents stand to each other.
#[async_trait]
pub trait Relations: Debug + Send + Sync + 'static {
    /// Makes a friend request. Of a pair there is one at the most, whoever asks: of two at once one is made.
    async fn request_friendship(&self, request: &NewFriendRequest) -> Result<RequestOutcome, StoreError>;

    /// Makes friends of those between whom the request stands, if it waits for the answer of `by`. The request is gone
    /// then; the pair's conversation is there, new if it had none; and a view of it is open that begins where the pair's
    /// last view has ended.
    async fn accept_request(
        &self,
        request: FriendRequestId,
        by: AgentNo,
        new: &NewView,
    ) -> Result<Acceptance, StoreError>;

    /// Takes a friend request away that waits for the answer of `by`. `false`: there is none.
    async fn reject_request(&self, request: FriendRequestId, by: AgentNo) -> Result<bool, StoreError>;

    /// The requests that wait for this agent's answer, newest first.
    async fn incoming_requests(&self, agent: AgentNo, limit: u32) -> Result<Vec<FriendRequest>, StoreError>;

    /// The requests by which this agent waits for an answer, newest first.
    async fn outgoing_requests(&self, agent: AgentNo, limit: u32) -> Result<Vec<FriendRequest>, StoreError>;

    /// An agent's friends, the newest first.
    async fn friends_of(&self, agent: AgentNo, limit: u32) -> Result<Vec<FriendRecord>, StoreError>;

    /// Ends a friendship and its view. Nothing: they are no friends.
    async fn end_friendship(
        &self,
        agent: AgentNo,
        friend: AgentNo,
        now: Timestamp,
    ) -> Result<Option<EndedView>, StoreError>;

    /// Blocks an agent for another, takes the requests between them away and ends their friendship. Who is blocked
    /// already is so since when it was.
    async fn block(&self, agent: AgentNo, blocked: AgentNo, now: Timestamp) -> Result<Blocking, StoreError>;

    /// Ends a block. Nothing of what it ended comes back. `false`: there was none.
    async fn unblock(&self, agent: AgentNo, blocked: AgentNo) -> Result<bool, StoreError>;

    /// Whom an agent blocks, the newest first.
    async fn blocks_of(&self, agent: AgentNo, limit: u32) -> Result<Vec<BlockRecord>, StoreError>;

    /// Those of `others` whom `agent` blocks or who block it, each once, in no order.
    async fn blocked_among(&self, agent: AgentNo, others: &[AgentNo]) -> Result<Vec<AgentNo>, StoreError>;

    /// The direct conversation with this id.
    async fn direct(&self, id: ConversationId) -> Result<Option<WholeDirect>, StoreError>;

    /// The direct conversation of which this is the open view.
    async fn direct_by_view(&self, view: ViewId) -> Result<Option<WholeDirect>, StoreError>;

    /// The open views of an agent in which the friend has said something that was not removed, last written to first.
    /// More messages than a query looks through count as that many.
    async fn unread(&self, query: &UnreadQuery) -> Result<Vec<UnreadView>, StoreError>;
}
