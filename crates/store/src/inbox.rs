//! What messages carry besides their text, and the envelopes in which their recipients get them.
//!
//! Every message in a direct conversation or a group has an envelope for each of its recipients, written with it. Its
//! *place* is the message's number: the commit order of the hub, and so the order of the seqs within each conversation.
//! It waits until it is delivered; what was delivered was never read before, and neither is ever taken back.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationNo, GroupEvent, MessageId, MessageNo, Seq, Timestamp};

use crate::{Attached, MessageRecord, StoreError};

/// What a message is besides its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Whether it has no text at all, which is something else than an empty one.
    pub is_wordless: bool,
    /// What its sender calls it.
    pub sent_key: Option<Arc<str>>,
    /// Data, as JSON.
    pub data: Option<Arc<str>>,
    /// The file that goes with it.
    pub attachment: Option<Attached>,
    /// One surface's own words about it.
    pub extension: Option<Arc<str>>,
    /// What has happened to the group: then there is nothing else.
    pub event: Option<EventRecord>,
}

/// What has happened to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// What.
    pub what: GroupEvent,
    /// To whom, if to anybody.
    pub agent: Option<AgentNo>,
    /// By whom; nothing: by itself.
    pub actor: Option<AgentNo>,
    /// The group's new name, if it was given one.
    pub name: Option<Arc<str>>,
}

/// A recipient's copy of a message, about to be written with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewEnvelope {
    /// Whose.
    pub agent: AgentNo,
    /// Of which message.
    pub message: MessageNo,
    /// Where that was said.
    pub conversation: ConversationNo,
    /// And where there.
    pub seq: Seq,
}

/// What becomes of a direct conversation with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectChange {
    /// One of the two has written first.
    Opened {
        /// Which conversation.
        conversation: ConversationNo,
        /// Who.
        initiator: AgentNo,
        /// When.
        at: Timestamp,
    },
    /// The other has answered: they talk from now on, and stand in each other's contact book.
    Established {
        /// Which conversation.
        conversation: ConversationNo,
        /// When.
        at: Timestamp,
    },
}

/// What waits for an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueRecord {
    /// Whether the agent works it off. Else the oldest of it is let go of beyond a bound.
    pub is_kept: bool,
    /// How many envelopes.
    pub waiting: u32,
}

/// An envelope that waits, with its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRecord {
    /// Where the message was said.
    pub conversation: ConversationNo,
    /// The message. Its number is the envelope's place.
    pub message: MessageRecord,
    /// What it is besides its text.
    pub content: Option<Content>,
}

/// How far a message has come with one recipient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Since when it is delivered; nothing: it waits.
    pub delivered_at: Option<Timestamp>,
    /// Since when it is read.
    pub read_at: Option<Timestamp>,
}

/// The direct conversations that an agent has opened and that nobody has answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unanswered {
    /// How many.
    pub count: u32,
    /// When the oldest of them was opened.
    pub oldest: Option<Timestamp>,
}

/// A step of an agent's envelopes. What has come further already stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// One is delivered.
    Delivered {
        /// Whose.
        agent: AgentNo,
        /// Of which message.
        message: MessageId,
    },
    /// All up to a place are delivered, the first of them at most so many.
    DeliveredThrough {
        /// Whose.
        agent: AgentNo,
        /// Up to which place.
        through: MessageNo,
        /// How many at the most.
        limit: u32,
    },
    /// One is read, and so delivered.
    Read {
        /// Whose.
        agent: AgentNo,
        /// Of which message.
        message: MessageNo,
    },
    /// All in a conversation up to a place there are read, and so delivered: the first of them, at most so many.
    ReadThrough {
        /// Whose.
        agent: AgentNo,
        /// Where.
        conversation: ConversationNo,
        /// Up to which place there.
        through: Seq,
        /// How many at the most.
        limit: u32,
    },
    /// A message is hidden from an agent that may see it; its envelope, if it has one, is delivered, and unread no more.
    Hidden {
        /// From whom.
        agent: AgentNo,
        /// Which message.
        message: MessageNo,
        /// Where it was said.
        conversation: ConversationNo,
        /// And where there.
        seq: Seq,
    },
    /// All in a conversation up to a place there is hidden from an agent. What waits of it is delivered: the first of
    /// it, at most so much.
    HiddenThrough {
        /// From whom.
        agent: AgentNo,
        /// Where.
        conversation: ConversationNo,
        /// Up to which place there.
        through: Seq,
        /// How many at the most.
        limit: u32,
    },
}

/// What came of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// How many envelopes wait no longer.
    pub delivered: u32,
    /// The messages that are newly read, in order of their places: place, and place in their conversation.
    pub read: Vec<(MessageNo, Seq)>,
}

/// What an agent has not read in one conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnreadRecord {
    /// How many messages.
    pub count: u64,
    /// The first of them.
    pub oldest: Option<Seq>,
    /// The last of them.
    pub newest: Option<Seq>,
}

/// The inboxes.
#[async_trait]
pub trait Inboxes: Debug + Send + Sync + 'static {
    /// Which message each of these agents has sent under the key beside it, in the same order.
    async fn sent_before(&self, keys: &[(AgentNo, Arc<str>)]) -> Result<Vec<Option<MessageNo>>, StoreError>;

    /// Where the message with this number was said.
    async fn place_of(&self, message: MessageNo) -> Result<Option<(ConversationNo, Seq)>, StoreError>;

    /// What these messages are besides their texts; those that are words alone are left out.
    async fn contents(&self, messages: &[MessageNo]) -> Result<Vec<(MessageNo, Content)>, StoreError>;

    /// What waits for these agents, in the same order.
    async fn queues(&self, agents: &[AgentNo]) -> Result<Vec<QueueRecord>, StoreError>;

    /// Notes that an agent works off its queue.
    async fn keep_queue(&self, agent: AgentNo) -> Result<(), StoreError>;

    /// The conversations that an agent has opened since and that nobody has answered.
    async fn unanswered(&self, initiator: AgentNo, since: Timestamp) -> Result<Unanswered, StoreError>;

    /// The first envelopes that wait for an agent behind a place, at most `limit`, in order.
    async fn waiting(&self, agent: AgentNo, after: MessageNo, limit: u32) -> Result<Vec<WaitingRecord>, StoreError>;

    /// How far these messages have come with the agents beside them, in the same order; nothing where there is no
    /// envelope.
    async fn receipts(&self, of: &[(AgentNo, MessageNo)]) -> Result<Vec<Option<Receipt>>, StoreError>;

    /// Moves envelopes, in order and at once; what came of each.
    async fn settle(&self, moves: &[Move], now: Timestamp) -> Result<Vec<Moved>, StoreError>;

    /// What an agent has not read in a conversation behind the last place that it may not see, without what it has hidden
    /// from itself.
    async fn unread_in(
        &self,
        agent: AgentNo,
        conversation: ConversationNo,
        after: Seq,
    ) -> Result<UnreadRecord, StoreError>;

    /// The direct conversation of two agents, made under this id if they have none. Nobody has opened it by that.
    async fn direct_between(
        &self,
        pair: [AgentNo; 2],
        id: ConversationId,
        now: Timestamp,
    ) -> Result<crate::WholeDirect, StoreError>;

    /// The direct conversation of two agents, if they have one.
    async fn direct_of(&self, pair: [AgentNo; 2]) -> Result<Option<crate::WholeDirect>, StoreError>;
}
