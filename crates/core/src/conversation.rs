//! A conversation in use: its newest messages in memory, and where it ends.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use tertulia_model::{ConversationId, ConversationNo, Seq};
use tertulia_store::LogEnd;

use crate::posted::Posted;

/// How many of its newest messages a conversation in use keeps in memory.
pub(crate) const TAIL_MESSAGES: usize = 256;

/// A conversation in use.
#[derive(Debug)]
pub(crate) struct Conversation {
    /// Its number.
    pub number: ConversationNo,
    /// Its public id.
    pub id: ConversationId,
    tail: RwLock<Tail>,
}

/// The newest messages, oldest first and without a gap, and where the conversation ends.
#[derive(Debug)]
struct Tail {
    messages: VecDeque<Arc<Posted>>,
    end: Seq,
    removed: u64,
}

impl Conversation {
    /// `newest` are the conversation's last messages, oldest first, up to `end`.
    pub(crate) fn new(number: ConversationNo, id: ConversationId, end: LogEnd, newest: Vec<Arc<Posted>>) -> Self {
        let tail = Tail { messages: newest.into(), end: end.last_seq, removed: end.removed };
        Self { number, id, tail: RwLock::new(tail) }
    }

    /// The last message's place.
    #[must_use]
    pub(crate) fn end(&self) -> Seq {
        self.read().end
    }

    /// How many messages it has, removed ones left out.
    #[must_use]
    pub(crate) fn count(&self) -> u64 {
        let tail = self.read();
        tail.end.0.saturating_sub(tail.removed)
    }

    /// All messages after `after`, oldest first, removed ones included, and the last one's place; nothing if memory
    /// does not reach back that far.
    pub(crate) fn since(&self, after: Seq) -> Option<(Vec<Arc<Posted>>, Seq)> {
        let tail = self.read();
        let missing = usize::try_from(tail.end.0.saturating_sub(after.0)).ok()?;
        let start = tail.messages.len().checked_sub(missing)?;
        Some((tail.messages.range(start..).cloned().collect(), tail.end))
    }

    /// The last `limit` messages that were not removed, oldest first, and the last one's place; nothing if memory
    /// does not hold that many and the conversation has more.
    pub(crate) fn newest(&self, limit: usize) -> Option<(Vec<Arc<Posted>>, Seq)> {
        let tail = self.read();
        let mut newest: Vec<_> =
            tail.messages.iter().rev().filter(|posted| !posted.is_removed()).take(limit).cloned().collect();
        let holds_all = tail.messages.len() as u64 == tail.end.0;
        if newest.len() < limit && !holds_all {
            return None;
        }
        newest.reverse();
        Some((newest, tail.end))
    }

    /// The message at `seq`, if memory holds it.
    pub(crate) fn at(&self, seq: Seq) -> Option<Arc<Posted>> {
        let tail = self.read();
        let from_end = usize::try_from(tail.end.0.checked_sub(seq.0)?).ok()?;
        let index = tail.messages.len().checked_sub(from_end + 1)?;
        tail.messages.get(index).cloned()
    }

    /// Adds what was just committed, in order. If it does not follow on what is in memory, that is dropped and the
    /// store serves it from then on: places in the tail are found by counting, so it must never have a hole.
    pub(crate) fn extend(&self, posted: &[Arc<Posted>]) {
        let mut tail = self.tail.write().unwrap_or_else(PoisonError::into_inner);
        if posted.first().is_some_and(|first| first.seq != tail.end.next()) {
            tail.messages.clear();
        }
        for message in posted {
            tail.end = message.seq;
            tail.messages.push_back(message.clone());
        }
        let surplus = tail.messages.len().saturating_sub(TAIL_MESSAGES);
        tail.messages.drain(..surplus);
    }

    /// Notes that the message at `seq` was removed.
    pub(crate) fn forget_text(&self, seq: Seq) {
        if let Some(posted) = self.at(seq) {
            posted.mark_removed();
        }
        self.tail.write().unwrap_or_else(PoisonError::into_inner).removed += 1;
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Tail> {
        self.tail.read().unwrap_or_else(PoisonError::into_inner)
    }
}
