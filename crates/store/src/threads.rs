//! Direct conversations and groups as one agent reads them: without what it has hidden from itself, and with how far
//! their messages have come.
//!
//! Hiding is a step of envelopes ([`Move::Hidden`](crate::Move::Hidden),
//! [`Move::HiddenThrough`](crate::Move::HiddenThrough)).

use std::fmt::Debug;

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationKind, ConversationNo, MessageId, MessageNo, Seq, Timestamp};

use crate::{Content, MessageRecord, Receipt, Slice, StoreError, UnreadRecord};

/// Which part of a conversation an agent reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadQuery {
    /// Who reads.
    pub agent: AgentNo,
    /// With whom it talks in a direct conversation: how far its own messages have come with that one is told.
    pub other: Option<AgentNo>,
    /// What it reads.
    pub conversation: ConversationNo,
    /// The last message that it may not see, whatever it has hidden.
    pub after: Seq,
    /// Which part.
    pub slice: Slice,
    /// How many at the most.
    pub limit: u32,
}

/// A message as an agent reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadRecord {
    /// The message.
    pub message: MessageRecord,
    /// What it is besides its text.
    pub content: Option<Content>,
    /// How far it has come: with the reader, or of its own messages with the other of the two; nothing where there is no
    /// envelope.
    pub receipt: Option<Receipt>,
}

/// What is asked about messages of a conversation that are in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadMarksQuery {
    /// Who reads.
    pub agent: AgentNo,
    /// What it reads.
    pub conversation: ConversationNo,
    /// The first place and the last.
    pub range: [Seq; 2],
    /// Whose envelopes of which messages.
    pub receipts: Vec<(AgentNo, MessageNo)>,
}

/// What stands beside messages of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadMarks {
    /// Up to which place the agent has hidden everything from itself.
    pub hidden_through: Seq,
    /// Which single messages besides, among those that were asked for.
    pub hidden: Vec<Seq>,
    /// How far the messages have come, in the order in which they were asked for; nothing where there is no envelope.
    pub receipts: Vec<Option<Receipt>>,
}

/// A message in an agent's inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnMessage {
    /// Where it was said.
    pub conversation: ConversationNo,
    /// The message.
    pub message: MessageRecord,
    /// What it is besides its text.
    pub content: Option<Content>,
    /// How far it has come.
    pub receipt: Receipt,
}

/// Where a message stands that an agent may hide from itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisiblePlace {
    /// Its number.
    pub message: MessageNo,
    /// Where it was said.
    pub conversation: ConversationNo,
    /// And where there.
    pub seq: Seq,
}

/// The last message of one author among some that an agent has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadMark {
    /// Who wrote it.
    pub author: AgentNo,
    /// Its public id.
    pub message: MessageId,
    /// Its place in its conversation.
    pub seq: Seq,
    /// When it was read.
    pub read_at: Timestamp,
}

/// A conversation in an agent's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedThread {
    /// Its number.
    pub number: ConversationNo,
    /// Its public id.
    pub id: ConversationId,
    /// When it came to be.
    pub created_at: Timestamp,
    /// With whom it is; nothing: it is a group.
    pub other: Option<AgentNo>,
    /// The last message that the agent can see, with what it is besides its text.
    pub last: Option<(MessageRecord, Option<Content>)>,
    /// What the agent has not read.
    pub unread: UnreadRecord,
}

/// That an agent is one of two, or was a member of a group at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// In what kind of conversation.
    pub kind: ConversationKind,
    /// Whether it is a member no more.
    pub has_ended: bool,
}

/// The conversations of two and groups, as one agent sees them.
#[async_trait]
pub trait Threads: Debug + Send + Sync + 'static {
    /// What part an agent has in the direct conversation or the group with this public id, or had; nothing if it never had
    /// any, whether or not there is one.
    async fn part_in(&self, agent: AgentNo, conversation: ConversationId) -> Result<Option<Part>, StoreError>;

    /// Part of a conversation as an agent sees it, oldest first, removed messages included: what it has hidden does not
    /// count.
    async fn read_thread(&self, query: &ThreadQuery) -> Result<Vec<ThreadRecord>, StoreError>;

    /// What an agent has hidden from itself among some messages, and how far they have come.
    async fn thread_marks(&self, query: &ThreadMarksQuery) -> Result<ThreadMarks, StoreError>;

    /// A message that came into an agent's inbox; nothing if it never did.
    async fn own_message(&self, agent: AgentNo, message: MessageId) -> Result<Option<OwnMessage>, StoreError>;

    /// Where a message stands in a direct conversation of the agent, or in a group in which it has said it, got it, or
    /// was a member at that time; nothing if it is elsewhere.
    async fn visible_place(&self, agent: AgentNo, message: MessageId) -> Result<Option<VisiblePlace>, StoreError>;

    /// Of these messages, all of one conversation and in the agent's inbox, the last one of each author that it has read.
    async fn last_read(&self, agent: AgentNo, messages: &[MessageNo]) -> Result<Vec<ReadMark>, StoreError>;

    /// The direct conversations of an agent in which something was said, and the groups of which it is a member, but for
    /// those that it has hidden and in which nothing was said since. Those in which the last thing that it can see was
    /// said last come first, those where there is nothing to see last, and what is equal in the order of the ids.
    async fn threads_of(&self, agent: AgentNo, limit: u32, offset: u64) -> Result<Vec<ListedThread>, StoreError>;
}
