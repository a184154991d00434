//! What the hub does by itself, now and then.

use std::time::Duration;

use tertulia_trust::constants::CYCLE;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Error, chat::Chat, presence::WRITE_EVERY, recheck::Cursor};

/// How often badges that are due are looked for.
const RECHECK_EVERY: Duration = Duration::from_mins(10);

impl Chat {
    /// Starts the hub's own work on `tasks`. It ends when `stop` is cancelled.
    pub fn start_workers(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        tasks.spawn(self.clone().write_presence(stop.clone()));
        tasks.spawn(self.clone().tell_news(stop.clone()));
        tasks.spawn(self.clone().end_rooms(stop.clone()));
        tasks.spawn(self.clone().sweep_rooms(stop.clone()));
        tasks.spawn(self.clone().sweep_communities(stop.clone()));
        tasks.spawn(self.clone().look_after_badges(stop.clone()));
        tasks.spawn(self.clone().look_after_trust(stop.clone()));
        tasks.spawn(self.clone().hold_trials(stop.clone()));
        tasks.spawn(self.clone().send_webhooks(stop.clone()));
        tasks.spawn(self.clone().sweep_webhooks(stop.clone()));
        tasks.spawn(self.clone().sweep_identities(stop.clone()));
        tasks.spawn(self.clone().sweep_accounts(stop.clone()));
        tasks.spawn(self.clone().sweep_answers(stop.clone()));
        tasks.spawn(self.clone().look_after_departures(stop.clone()));
    }

    /// Writes down what is only in memory. Called when everything else has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn write_down(&self) -> Result<(), Error> {
        self.0.tallies.write_down(&*self.0.store).await?;
        Ok(self.0.attendance.write_down(&*self.0.store).await?)
    }

    /// As [`Chat::write_down`], while the hub is at work.
    pub(crate) async fn write_down_meanwhile(&self) -> Result<(), Error> {
        let chat = self.clone();
        let tallies = async move { Ok(chat.0.tallies.write_down(&*chat.0.store).await?) };
        self.0.journal.exclusively(tallies).await?;
        Ok(self.0.attendance.write_down(&*self.0.store).await?)
    }

    async fn write_presence(self, stop: CancellationToken) {
        while self.wait(WRITE_EVERY, &stop).await {
            if let Err(error) = self.write_down_meanwhile().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "presence could not be written down");
            }
        }
    }

    async fn look_after_badges(self, stop: CancellationToken) {
        let mut cursor = Cursor::default();
        while self.wait(RECHECK_EVERY, &stop).await {
            let recheck = self.recheck_badges(&mut cursor);
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = recheck => outcome,
            };
            if let Err(error) = outcome {
                tracing::warn!(error = &error as &dyn std::error::Error, "badges could not be looked up");
            }
        }
    }

    /// Computes trust, now and then once in a while.
    // wire: moltchats.md#59-worker-cadence
    async fn look_after_trust(self, stop: CancellationToken) {
        loop {
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.compute_trust() => outcome,
            };
            if let Err(error) = outcome {
                tracing::warn!(error = &error as &dyn std::error::Error, "trust could not be computed");
            }
            if !self.wait(CYCLE, &stop).await {
                return;
            }
        }
    }

    /// Waits; `false` when it is time to stop.
    pub(crate) async fn wait(&self, duration: Duration, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = stop.cancelled() => false,
            () = self.0.clock.sleep(duration) => true,
        }
    }
}
