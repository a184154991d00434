//! Rooms whose time is up: those who listen are told in the second in which it happens, and what is left of them is
//! deleted slice by slice.
//!
//! Nothing waits for this: readers and the writer compare times, so a room is gone at its moment whether or not anybody
//! has said so.

use std::time::Duration;

use tertulia_store::Swept;
use tokio_util::sync::CancellationToken;

use crate::{Error, chat::Chat};

/// How often what is left of rooms is looked for. It must be gone within a minute.
// rule: rooms
const SWEEP_EVERY: Duration = Duration::from_secs(15);

/// Rows deleted in one go, which takes a few milliseconds also where a room's messages lie far apart; between two slices
/// the writer serves whoever waits.
pub(crate) const SLICE: u32 = 150;

/// Rest between two slices while others wait for the writer, so that deleting takes only a part of its time.
const REST: Duration = Duration::from_millis(10);

/// Longest sleep while a room is to end: a calendar that is set forward is noticed after this.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);

impl Chat {
    /// Tells those who listen to a room that it is over, in the moment in which it is.
    pub(crate) async fn end_rooms(self, stop: CancellationToken) {
        loop {
            let sooner = self.0.conversations.sooner.notified();
            tokio::select! {
                () = stop.cancelled() => return,
                () = sooner => {}
                () = self.next_ending() => {}
            }
            if self.end_due_rooms().await.is_err() {
                return;
            }
        }
    }

    /// Tells those who listen to the rooms whose time is up by now.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`].
    pub(crate) async fn end_due_rooms(&self) -> Result<(), Error> {
        let ended = self.0.conversations.take_ended(self.now());
        if ended.is_empty() { Ok(()) } else { self.0.journal.end(ended).await }
    }

    /// Waits until the next room in memory ends; for ever while there is none.
    async fn next_ending(&self) {
        match self.0.conversations.next_ending() {
            Some(at) => self.0.clock.sleep(at.since(self.now()).min(LONGEST_SLEEP)).await,
            None => std::future::pending().await,
        }
    }

    /// Deletes what is left of rooms that are over.
    pub(crate) async fn sweep_rooms(self, stop: CancellationToken) {
        while self.wait(SWEEP_EVERY, &stop).await {
            while let Ok(swept) = self.sweep_slice().await.inspect_err(warn)
                && swept.rows >= SLICE
                && self.rest(&stop).await
            {}
        }
    }

    /// Leaves the writer to others for a while, if any are there; `false` when it is time to stop.
    pub(crate) async fn rest(&self, stop: &CancellationToken) -> bool {
        if self.0.journal.is_idle() { !stop.is_cancelled() } else { self.wait(REST, stop).await }
    }

    pub(crate) async fn sweep_slice(&self) -> Result<Swept, Error> {
        let chat = self.clone();
        let slice = async move {
            let swept = chat.0.store.sweep_rooms(chat.now(), SLICE).await?;
            Ok((chat.0.conversations.forget(&swept.rooms), swept))
        };
        let (forgotten, swept) = self.0.journal.exclusively(slice).await?;
        if !forgotten.is_empty() {
            // It may have been faster than the task that looks for their end, which does not find them any more.
            self.0.journal.end(forgotten).await?;
        }
        Ok(swept)
    }
}

fn warn(error: &Error) {
    if !matches!(error, Error::Stopping) {
        tracing::warn!(error = error as &dyn std::error::Error, "rooms that are over could not be deleted");
    }
}
