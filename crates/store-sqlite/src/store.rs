//! The store itself.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use sqlx::{Connection, SqliteConnection};
use tokio::sync::Mutex;

use crate::{
    OpenError, SqliteOptions,
    open::open_writer,
    readers::{Readers, Statement},
    writer::{WriteLock, Writer},
};
use tertulia_store::StoreError;

/// Name of the database file in a data directory.
pub const FILE_NAME: &str = "hub.db";

/// A database in one SQLite file.
pub struct SqliteStore {
    pub(crate) file: PathBuf,
    pub(crate) options: SqliteOptions,
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
    /// The connection that checkpoints, opened when first needed.
    pub(crate) checkpointer: Mutex<Option<SqliteConnection>>,
    /// Whether something was deleted that still stands in the write-ahead log.
    pub(crate) has_deleted: AtomicBool,
}

impl SqliteStore {
    /// Opens the database `place`, or [`FILE_NAME`] in it if it is a directory. Makes the file (only its owner may
    /// read it) if there is none, and brings its schema to our version.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]; the file is as it was then.
    pub async fn open(place: &Path, options: &SqliteOptions) -> Result<Self, OpenError> {
        let file = if place.is_dir() { place.join(FILE_NAME) } else { place.to_owned() };
        let connection = open_writer(&file, options).await?;
        Ok(Self {
            writer: Writer::new(options.writer(&file), connection),
            readers: Readers::new(SqliteOptions::reader(&file), options.readers.get()),
            checkpointer: Mutex::new(None),
            has_deleted: AtomicBool::new(false),
            options: options.clone(),
            file,
        })
    }

    /// The database file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Runs one statement as a transaction of its own; how many rows it changed.
    pub(crate) async fn write(&self, statement: Statement<'_>) -> Result<u64, StoreError> {
        Ok(self.writer.lock().await?.execute(statement).await?.rows_affected())
    }

    /// Waits until nobody else writes.
    pub(crate) async fn write_lock(&self) -> Result<WriteLock<'_>, StoreError> {
        self.writer.lock().await
    }

    /// Lets current work finish, writes the log into the database and lets go of the files.
    pub(crate) async fn close_files(&self) {
        self.readers.close().await;
        if let Some(connection) = self.checkpointer.lock().await.take() {
            close(connection).await;
        }
        let Some(mut writer) = self.writer.close().await else { return };
        if let Err(error) = sqlx::query("pragma wal_checkpoint(truncate)").fetch_one(&mut writer).await {
            tracing::warn!(%error, "the write-ahead log stays for the next start");
        }
        close(writer).await;
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("file", &self.file).finish_non_exhaustive()
    }
}

async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "a connection did not close cleanly");
    }
}
