//! Challenges, sessions and mutes that have run out, and invitations that count no more. Nothing waits for this: whoever reads them compares times.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{Error, chat::Chat};

/// How often what has run out is looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Rows of a kind that are deleted in one go.
const SLICE: u32 = 250;

impl Chat {
    /// Deletes what has run out, slice by slice, between the batches of messages.
    pub(crate) async fn sweep_identities(self, stop: CancellationToken) {
        while self.wait(SWEEP_EVERY, &stop).await {
            while let Ok(rows) = self.sweep_identities_once().await.inspect_err(warn)
                && rows >= SLICE
                && !stop.is_cancelled()
            {}
        }
    }

    async fn sweep_identities_once(&self) -> Result<u32, Error> {
        let chat = self.clone();
        let slice = async move {
            let rows = chat.0.store.sweep_identities(chat.now(), SLICE).await?;
            let rows = rows.max(chat.0.store.sweep_mutes(chat.now(), SLICE).await?);
            let rows = rows.max(chat.0.store.sweep_observer_sessions(chat.now(), SLICE).await?);
            Ok(rows.max(chat.sweep_group_invitations(SLICE).await?))
        };
        self.0.journal.exclusively(slice).await
    }
}

fn warn(error: &Error) {
    if !matches!(error, Error::Stopping) {
        tracing::warn!(error = error as &dyn std::error::Error, "what has run out could not be deleted");
    }
}
