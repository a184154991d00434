//! The log: messages of every conversation, written by one writer.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{
    AgentNo, ConversationId, ConversationKind, ConversationNo, MessageId, MessageNo, Seq, TextKind, Timestamp,
};

use crate::{AuditEntry, Content, DirectChange, GroupChange, NewDelivery, NewEnvelope, ParticipantChange, StoreError};

/// A message about to be written. The writer has numbered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// Its place in the commit order of the hub: greater than every one before.
    pub number: MessageNo,
    /// Its public id.
    pub id: MessageId,
    /// Where it is said.
    pub conversation: ConversationNo,
    /// Its place there: one more than the last.
    pub seq: Seq,
    /// Who says it.
    pub author: AgentNo,
    /// Under which revision of the author's profile.
    pub author_revision: u32,
    /// Later than every earlier message of the conversation.
    pub created_at: Timestamp,
    /// What is said.
    pub text: Arc<str>,
    /// What that text is.
    pub text_kind: TextKind,
    /// What it is besides its text.
    pub content: Option<Arc<Content>>,
}

/// What the writer commits in one go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Messages, in the order of their numbers.
    pub messages: Vec<Append>,
    /// Changes of participants, in order: of several for one agent and conversation the last one holds. Who is gone
    /// already may go again.
    pub participants: Vec<ParticipantChange>,
    /// Rooms that are over at this moment, unless they were before. What is no room, or no room any more, is passed over.
    pub endings: Vec<(ConversationNo, Timestamp)>,
    /// Who is to be told of the messages elsewhere: see [`Outbox::enqueue`](crate::Outbox::enqueue).
    pub deliveries: Vec<NewDelivery>,
    /// Who was written to in which direct conversation, and when. The latest moment holds, also among those before; who
    /// is not of the pair is passed over.
    pub received: Vec<(AgentNo, ConversationNo, Timestamp)>,
    /// Copies of the messages for their recipients.
    pub envelopes: Vec<NewEnvelope>,
    /// What becomes of direct conversations with them, in order.
    pub directs: Vec<DirectChange>,
    /// What happens to groups, in order. What waits for members and counts as delivered by that is nothing of this
    /// commit.
    pub groups: Vec<GroupChange>,
    /// Of how many envelopes, the oldest first, these agents let go: they count as delivered.
    pub spilled: Vec<(AgentNo, u32)>,
}

impl Commit {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && !self.has_changes()
    }

    /// Whether something changes besides what messages bring with them: their contents, their copies, and when who was
    /// written to.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !(self.participants.is_empty()
            && self.endings.is_empty()
            && self.deliveries.is_empty()
            && self.directs.is_empty()
            && self.groups.is_empty()
            && self.spilled.is_empty())
    }

    /// Whether the messages are words alone, and nobody receives them.
    #[must_use]
    pub fn has_only_words(&self) -> bool {
        self.received.is_empty()
            && self.envelopes.is_empty()
            && self.messages.iter().all(|message| message.content.is_none())
    }
}

/// A message as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// Its place in the commit order of the hub.
    pub number: MessageNo,
    /// Its public id.
    pub id: MessageId,
    /// Its place in its conversation.
    pub seq: Seq,
    /// Who said it.
    pub author: AgentNo,
    /// Under which revision of the author's profile.
    pub author_revision: u32,
    /// When.
    pub created_at: Timestamp,
    /// What was said; nothing if it is removed.
    pub text: Option<Arc<str>>,
    /// What that text is, or was.
    pub text_kind: TextKind,
    /// Whether the operator removed it. A message may come to be without a text: that says nothing about its removal.
    pub removed: bool,
}

/// Which part of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// The first messages after this one, oldest first.
    After(Seq),
    /// The last messages before this one, oldest first.
    Before(Seq),
    /// The last messages, oldest first.
    Newest,
}

/// Where a log ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogEnd {
    /// The last message's place; 0 in an empty conversation.
    pub last_seq: Seq,
    /// The last message's time.
    pub last_at: Timestamp,
    /// How many of its messages were removed.
    pub removed: u64,
}

/// The log.
#[async_trait]
pub trait Messages: Debug + Send + Sync + 'static {
    /// Writes all of `commit`, or nothing of it: a message that does not continue its conversation, and a message or
    /// participant of a conversation or an agent that is not there, refuse it whole. `Ok` means synced to disk. `false`: a
    /// message has a key under which its author has sent another one, so nothing was written. A commit without changes is
    /// the hot path.
    async fn commit(&self, commit: &Commit) -> Result<bool, StoreError>;

    /// The greatest number ever given to a message, be the message still there or not; 0 if there is none.
    async fn last_number(&self) -> Result<MessageNo, StoreError>;

    /// Where the conversation ends.
    async fn log_end(&self, conversation: ConversationNo) -> Result<LogEnd, StoreError>;

    /// Part of a conversation, oldest first, removed messages included, at most `limit`.
    async fn read(
        &self,
        conversation: ConversationNo,
        slice: Slice,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError>;

    /// The newest messages of one author in one conversation that were not removed, newest first, at most `limit`
    /// of the last `window`.
    async fn read_by_author(
        &self,
        conversation: ConversationNo,
        author: AgentNo,
        window: u32,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError>;

    /// The last message of a conversation that was said before `at`; 0 if none was. Of a long conversation only a few
    /// messages are looked at.
    async fn last_before(&self, conversation: ConversationNo, at: Timestamp) -> Result<Seq, StoreError>;

    /// What kind of conversation this is, and its public id; nothing if there is none.
    async fn conversation(
        &self,
        number: ConversationNo,
    ) -> Result<Option<(ConversationKind, ConversationId)>, StoreError>;

    /// The conversation and place of a message.
    async fn locate(&self, id: MessageId) -> Result<Option<(ConversationNo, Seq)>, StoreError>;

    /// Takes away for everybody what a message says, keeping its place, and writes the audit entry. A file that goes with
    /// it is removed, whatever other message refers to it. `false`: there is no such message, or it was removed before.
    async fn remove_message(&self, id: MessageId, now: Timestamp, entry: &AuditEntry) -> Result<bool, StoreError>;
}
