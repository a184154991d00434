//! What waits for the writer: what somebody wants to happen to a conversation.

use std::sync::Arc;

use tertulia_model::{MessageNo, TextKind};
use tertulia_store::{Content, NewDelivery, StoreError};
use tokio::sync::oneshot;

use super::groups::{GroupDeed, GroupOutcome};
use crate::{Error, Limit, agents::Agent, conversation::Conversation, posted::Posted};

/// The way back to whoever waits; gone once it was used.
pub(super) type Reply<T> = Option<oneshot::Sender<Result<T, Error>>>;

/// What somebody wants to happen to a conversation.
pub(super) struct Entry {
    pub(super) conversation: Arc<Conversation>,
    pub(super) wanted: Wanted,
}

/// What is wanted.
pub(super) enum Wanted {
    /// Saying something.
    Speech { said: Said, reply: Reply<Outcome> },
    /// A change of who takes part, or the end. Answered with whom it changed something for.
    Change { change: Change, reply: Reply<Vec<Arc<Agent>>> },
    /// A change of a group, which is a batch of its own.
    Group { deed: GroupDeed, reply: Reply<GroupOutcome> },
}

/// What somebody says.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) author: Arc<Agent>,
    pub(crate) text: Arc<str>,
    pub(crate) text_kind: TextKind,
    /// Whether forms that spare the author do not tell it, live.
    pub(crate) spares_author: bool,
    /// Who is told of it elsewhere.
    pub(crate) deliveries: Vec<NewDelivery>,
    /// What makes it a letter, if it is one.
    pub(crate) letter: Option<SentLetter>,
}

/// What makes a message a letter.
#[derive(Clone, Debug)]
pub(crate) struct SentLetter {
    /// What it is besides its text; the sender's key is in it.
    pub(crate) content: Arc<Content>,
    /// How often its author may write first to others that have not answered; system agents as often as they like.
    pub(crate) cold: Limit,
}

impl Said {
    /// What its sender calls it.
    pub(crate) fn key(&self) -> Option<&Arc<str>> {
        self.letter.as_ref()?.content.sent_key.as_ref()
    }
}

/// What came of saying something.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was said.
    Said(Told),
    /// Its author had sent this message under the same key.
    Repeated(MessageNo),
}

/// Something that was said, and who got it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) posted: Arc<Posted>,
    /// Those who got no copy since too much waits for them.
    pub(crate) skipped: Vec<Arc<Agent>>,
    /// How much waited for the one recipient before, where there is one.
    pub(crate) waited: u32,
}

/// A change of a room besides its messages.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// An agent joins.
    Join(Arc<Agent>),
    /// An agent leaves, or declines an invitation.
    Leave(Arc<Agent>),
    /// Agents are invited.
    Invite {
        /// By this one.
        by: Arc<Agent>,
        /// These.
        agents: Vec<Arc<Agent>>,
    },
    /// An agent ends the room before its time.
    Destroy(Arc<Agent>),
}

impl Entry {
    /// Whether it is a batch of its own.
    pub(super) const fn is_alone(&self) -> bool {
        match self.wanted {
            Wanted::Group { .. } => true,
            Wanted::Speech { .. } | Wanted::Change { .. } => false,
        }
    }

    /// Refuses it. Whoever does not wait any more does not need to know.
    pub(super) fn refuse(&mut self, error: Error) {
        match &mut self.wanted {
            Wanted::Speech { reply, .. } => answer(reply, Err(error)),
            Wanted::Change { reply, .. } => answer(reply, Err(error)),
            Wanted::Group { reply, .. } => answer(reply, Err(error)),
        }
    }
}

/// Answers whoever waits, once.
pub(super) fn answer<T>(reply: &mut Reply<T>, outcome: Result<T, Error>) {
    if let Some(reply) = reply.take() {
        drop(reply.send(outcome));
    }
}

/// Entries that could not be written, and why.
pub(super) struct Refused {
    pub(super) entries: Vec<Entry>,
    pub(super) cause: StoreError,
}

impl Refused {
    /// Whether some of the entries might be written alone.
    pub(super) const fn may_spare_some(&self) -> bool {
        match self.cause {
            StoreError::Full => false,
            StoreError::Unreadable(_) | StoreError::Database(_) => true,
        }
    }

    pub(super) fn answer_all(self) {
        for mut entry in self.entries {
            entry.refuse(Error::Store(repeated(&self.cause)));
        }
    }
}

/// The same failure once more, for another of those whom it concerns; its cause has been logged.
pub(crate) fn repeated(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Unreadable(what) => StoreError::Unreadable(what),
        StoreError::Database(_) => StoreError::Database("the batch failed; its cause is in the log".into()),
    }
}
