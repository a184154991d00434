//! Moving committed pages from the write-ahead log into the database, beside the writers.

use std::{path::PathBuf, sync::atomic::Ordering};

use sqlx::{ConnectOptions, SqliteConnection};
use tertulia_store::StoreError;

use crate::{
    SqliteStore,
    failure::{breaks_connection, refused},
};

/// A log below this size in bytes is left alone.
const WORTH_IT: u64 = 4 << 20;

impl SqliteStore {
    /// Keeps the write-ahead log small. To be called often, such as each second: it costs next to nothing while the
    /// log is small, works beside the writers while it is middling, and stops them for the few frames that are left
    /// when it has reached its bound, or when something was deleted. A long reader, such as a backup, can hold it above the bound meanwhile.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. What was committed stays safe in the log.
    #[tracing::instrument(name = "db.checkpoint", level = "debug", skip_all)]
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        let size = self.log_bytes().await;
        // What was deleted must not live on in the log, however small that is.
        let has_deleted = self.has_deleted.swap(false, Ordering::AcqRel);
        if size <= WORTH_IT && !has_deleted {
            return Ok(());
        }
        let mut slot = self.checkpointer.lock().await;
        let connection = match slot.take() {
            Some(connection) => connection,
            None => self.options.checkpointer(&self.file).connect().await.map_err(refused)?,
        };
        let connection = slot.insert(connection);
        let done = self.run_checkpoint(connection, has_deleted || size > self.options.max_log_bytes).await;
        if done.is_err() && has_deleted {
            self.has_deleted.store(true, Ordering::Release);
        }
        if done.as_ref().is_err_and(breaks_connection) {
            *slot = None;
        }
        done.map_err(refused)
    }

    async fn run_checkpoint(
        &self,
        connection: &mut SqliteConnection,
        is_to_be_emptied: bool,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("pragma wal_checkpoint(passive)").fetch_one(&mut *connection).await?;
        if is_to_be_emptied && let Ok(_writers_wait) = self.write_lock().await {
            sqlx::query("pragma wal_checkpoint(truncate)").fetch_one(connection).await?;
        }
        Ok(())
    }

    /// Size of the write-ahead log; 0 if there is none.
    async fn log_bytes(&self) -> u64 {
        let mut name = self.file.clone().into_os_string();
        name.push("-wal");
        tokio::fs::metadata(PathBuf::from(name)).await.map_or(0, |metadata| metadata.len())
    }
}
