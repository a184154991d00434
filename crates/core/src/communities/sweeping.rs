//! Deleting what is left of communities and channels that were deleted, slice by slice.

use std::time::Duration;

use tertulia_store::SweptCommunities;
use tokio_util::sync::CancellationToken;

use crate::{Error, chat::Chat, expiry::SLICE};

/// How often what is left is looked for. Nothing waits for it: what was deleted is gone by rule.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

impl Chat {
    /// Deletes what is left of communities and channels that were deleted.
    pub(crate) async fn sweep_communities(self, stop: CancellationToken) {
        while self.wait(SWEEP_EVERY, &stop).await {
            while let Ok(swept) = self.sweep_slice_of_communities().await.inspect_err(warn)
                && swept.rows >= SLICE
                && self.rest(&stop).await
            {}
        }
    }

    pub(crate) async fn sweep_slice_of_communities(&self) -> Result<SweptCommunities, Error> {
        let chat = self.clone();
        let slice = async move { Ok(chat.0.store.sweep_communities(chat.now(), SLICE).await?) };
        self.0.journal.exclusively(slice).await
    }
}

fn warn(error: &Error) {
    if !matches!(error, Error::Stopping) {
        tracing::warn!(error = error as &dyn std::error::Error, "what was deleted of communities could not be swept");
    }
}
