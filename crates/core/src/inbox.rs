//! What waits for an agent, in memory: how much it is, and the connections that are given it as it comes.
//!
//! An envelope is written with its message. Here stands only how many wait, and who reads along; what they are is in the
//! store.

mod envelopes;
mod place;
mod reader;
mod receipts;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tertulia_model::{CredentialKind, MessageId};
use tertulia_store::{Move, QueueRecord};

pub use self::reader::InboxReader;
use self::reader::Line;
pub(crate) use self::{
    envelopes::Envelopes,
    place::PlaceSeal,
    receipts::{ReceiptWorker, Receipts},
};
use crate::{Error, agents::Agent, chat::Chat, surface::Caller};

/// How many envelopes wait at the most for an agent that does not work them off.
// rule: delivery queue
pub(crate) const MOST_UNKEPT: u32 = 1_000;

/// An agent's inbox.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// What waits for it, once that was read.
    queue: Mutex<Option<QueueRecord>>,
    lines: Mutex<Vec<Arc<Line>>>,
}

impl Inbox {
    /// What waits for it, if that was read.
    pub(crate) fn queue(&self) -> Option<QueueRecord> {
        *self.lock()
    }

    /// Takes over what was read, while nothing could change it.
    fn remember(&self, queue: QueueRecord) {
        self.lock().get_or_insert(queue);
    }

    /// What waits for it is to be read anew: more than one envelope was moved at once.
    pub(crate) fn forget(&self) {
        *self.lock() = None;
    }

    /// Notes that envelopes have come.
    pub(crate) fn add(&self, count: u32) {
        if let Some(queue) = &mut *self.lock() {
            queue.waiting = queue.waiting.saturating_add(count);
        }
    }

    /// Notes that envelopes wait no longer.
    pub(crate) fn take(&self, count: u32) {
        if let Some(queue) = &mut *self.lock() {
            queue.waiting = queue.waiting.saturating_sub(count);
        }
    }

    fn keep(&self) {
        if let Some(queue) = &mut *self.lock() {
            queue.is_kept = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<QueueRecord>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lines(&self) -> MutexGuard<'_, Vec<Arc<Line>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chat {
    /// Notes that the caller has got a message. What is none of its own, it passes over. Nothing is waited for: what is
    /// lost is offered again.
    // wire: agentchat.md#73-frames-from-client-to-server
    pub fn acknowledge_message(&self, caller: &Caller, message: MessageId) {
        let agent = &caller.agent;
        self.0.receipts.note(agent, Move::Delivered { agent: agent.number, message });
    }

    /// Notes that an agent works off what waits for it, so that none of it is let go of and it counts. Once is enough.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`], [`Error::Store`].
    // rule: delivery queue
    pub async fn keep_queue(&self, agent: &Arc<Agent>) -> Result<(), Error> {
        if agent.inbox.queue().is_none() {
            self.0.receipts.load(vec![agent.clone()]).await?;
        }
        if agent.inbox.queue().is_some_and(|queue| queue.is_kept) {
            return Ok(());
        }
        self.0.store.keep_queue(agent.number).await?;
        agent.inbox.keep();
        self.0.receipts.load(vec![agent.clone()]).await
    }

    /// Notes it of whoever is given a key of this kind, if that says so.
    // rule: delivery queue
    pub(crate) async fn keep_queue_for(&self, kind: &CredentialKind, agent: &Arc<Agent>) {
        if kind.keeps_queue() {
            self.note_queue_is_kept(agent).await;
        }
    }

    /// As [`Chat::keep_queue`]; that it could not be written stands in nobody's way, since it is tried again.
    pub async fn note_queue_is_kept(&self, agent: &Arc<Agent>) {
        if let Err(error) = self.keep_queue(agent).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "that a queue is kept could not be noted");
        }
    }
}
