//! What waits for an agent, fetched and acknowledged by it.

use tertulia_store::{Move, Receipt};
use uuid::Uuid;

use super::ThreadRow;
use crate::{Error, chat::Chat, surface::Caller};

/// Envelopes that one step moves at the most.
pub(super) const AT_ONCE: u32 = 500;

impl Chat {
    /// What waits for the caller behind a place, in order, at most `limit`; nothing behind a place that is none of its
    /// own. Nothing is moved by it. Who fetches works its queue off from then on.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    // wire: agentchat.md#81-get-v1messagessyncafterlimit
    pub async fn sync(&self, caller: &Caller, after: Option<Uuid>, limit: u32) -> Result<Vec<ThreadRow>, Error> {
        let agent = &caller.agent;
        if agent.is_fully_paused() {
            return Ok(Vec::new());
        }
        self.note_queue_is_kept(agent).await;
        let Some(after) = self.place_behind(agent, after) else { return Ok(Vec::new()) };
        let waiting = self.waiting_for(agent, after, limit).await?;
        Ok(waiting.into_iter().map(|(posted, _)| self.own_row(agent, posted, Receipt::default())).collect())
    }

    /// Delivers all that waits for the caller up to a place: how much that was. A place that is none of its own is none.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`], [`Error::Store`]; what was delivered by then stays so.
    // wire: agentchat.md#83-post-v1messagessyncack
    pub async fn acknowledge(&self, caller: &Caller, through: Uuid) -> Result<u64, Error> {
        let agent = &caller.agent;
        if agent.is_fully_paused() {
            return Ok(0);
        }
        let Some(through) = self.read_place(agent, through) else { return Ok(0) };
        let step = Move::DeliveredThrough { agent: agent.number, through, limit: AT_ONCE };
        let mut acknowledged = 0;
        loop {
            let moved = self.0.receipts.settle(agent, step).await?;
            acknowledged += u64::from(moved.delivered);
            if moved.delivered < AT_ONCE {
                return Ok(acknowledged);
            }
        }
    }
}
