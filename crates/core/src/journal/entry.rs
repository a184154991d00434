//! What waits for the writer, on its way to becoming a message or being refused.

use std::sync::Arc;

use tertulia_store::{Append, Profile, StoreError};
use tokio::sync::oneshot;

use crate::{Error, agents::Agent, conversation::Conversation, posted::Posted};

/// What one sender wants written.
pub(super) struct Entry {
    pub(super) conversation: Arc<Conversation>,
    pub(super) author: Arc<Agent>,
    pub(super) text: Arc<str>,
    /// Gone once the sender was answered.
    pub(super) reply: Option<oneshot::Sender<Result<Arc<Posted>, Error>>>,
}

impl Entry {
    pub(super) fn answer(&mut self, outcome: Result<Arc<Posted>, Error>) {
        if let Some(reply) = self.reply.take() {
            // Whoever does not wait any more does not need to know.
            drop(reply.send(outcome));
        }
    }
}

/// Entries that could not be written, and why.
pub(super) struct Refused {
    pub(super) entries: Vec<Entry>,
    pub(super) cause: StoreError,
}

impl Refused {
    pub(super) fn numbered(numbered: Vec<Numbered>, cause: StoreError) -> Self {
        Self { entries: numbered.into_iter().map(|one| one.entry).collect(), cause }
    }

    /// Whether some of the entries might be written alone.
    pub(super) const fn may_spare_some(&self) -> bool {
        match self.cause {
            StoreError::Full => false,
            StoreError::Unreadable(_) | StoreError::Database(_) => true,
        }
    }

    pub(super) fn answer_all(self) {
        for mut entry in self.entries {
            entry.answer(Err(Error::Store(repeated(&self.cause))));
        }
    }
}

/// An entry with the message it is to become.
pub(super) struct Numbered {
    pub(super) entry: Entry,
    pub(super) append: Append,
    pub(super) profile: Arc<Profile>,
}

/// The same failure once more, for another of those whom it concerns; its cause has been logged.
pub(super) fn repeated(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Unreadable(what) => StoreError::Unreadable(what),
        StoreError::Database(_) => StoreError::Database("the batch failed; its cause is in the log".into()),
    }
}
