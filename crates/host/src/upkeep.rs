//! What the host does now and then: keeping the write-ahead log small.

use std::{sync::Arc, time::Duration};

use tertulia_core::Clock;
use tertulia_store_sqlite::SqliteStore;
use tokio_util::sync::CancellationToken;

const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// Checkpoints until `stop` is cancelled. Closing the store does it a last time.
pub(crate) async fn keep_log_small(store: Arc<SqliteStore>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep(CHECKPOINT_EVERY) => {}
        }
        if let Err(error) = store.checkpoint().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the write-ahead log could not be shortened");
        }
    }
}
