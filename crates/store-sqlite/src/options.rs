//! How a database is opened.

use std::{num::NonZeroU64, num::NonZeroUsize, path::Path, time::Duration};

use sqlx::{
    ConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

/// SQLite's page size, ours too.
const PAGE_BYTES: u64 = 4_096;

/// How long a statement waits for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a commit waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The disk. What was answered survives a power cut.
    #[default]
    Full,
    /// Nothing. Survives the end of the process, not of the machine: for tests.
    Off,
}

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// What a commit waits for. Default: the disk.
    pub durability: Durability,
    /// At most this many statements read at once. Default 4; a connection is opened when it is first needed.
    pub readers: NonZeroUsize,
    /// Largest size of the database file in bytes, rounded down to whole pages, its write-ahead log not counted.
    /// Default: none. Beyond it writes fail with [`tertulia_store::StoreError::Full`] and reads go on.
    pub max_bytes: Option<NonZeroU64>,
    /// Size of the write-ahead log in bytes at which writers wait for a checkpoint. Default 64 MiB.
    pub max_log_bytes: u64,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            readers: NonZeroUsize::new(4).expect("4 is not zero"),
            max_bytes: None,
            max_log_bytes: 64 << 20,
        }
    }
}

impl SqliteOptions {
    /// For the one connection that writes. It never checkpoints inside a commit, and overwrites what it deletes, so
    /// that the text of a removed message does not linger in free space.
    pub(crate) fn writer(&self, file: &Path) -> SqliteConnectOptions {
        let options = base(file)
            .thread_name(|_| "sqlite-writer".to_owned())
            .pragma("journal_mode", "wal")
            .synchronous(self.synchronous())
            .pragma("secure_delete", "on")
            .pragma("wal_autocheckpoint", "0")
            .pragma("cache_size", "-4096");
        match self.max_bytes {
            Some(bytes) => options.pragma("max_page_count", (bytes.get() / PAGE_BYTES).max(1).to_string()),
            None => options,
        }
    }

    /// For one of the connections that read.
    pub(crate) fn reader(file: &Path) -> SqliteConnectOptions {
        base(file).thread_name(|_| "sqlite-reader".to_owned()).read_only(true).pragma("cache_size", "-1024")
    }

    /// For the connection that checkpoints. It never waits for a reader: it comes back.
    pub(crate) fn checkpointer(&self, file: &Path) -> SqliteConnectOptions {
        base(file)
            .thread_name(|_| "sqlite-checkpoint".to_owned())
            .busy_timeout(Duration::ZERO)
            .synchronous(self.synchronous())
            .pragma("wal_autocheckpoint", "0")
            .pragma("cache_size", "-256")
    }

    const fn synchronous(&self) -> SqliteSynchronous {
        match self.durability {
            Durability::Full => SqliteSynchronous::Full,
            Durability::Off => SqliteSynchronous::Off,
        }
    }
}

/// What every connection has in common. Memory-mapped reading stays off: a failing disk would then kill the process
/// instead of failing a read, and the mapped pages would count as the hub's memory.
pub(crate) fn base(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("temp_store", "memory")
        .disable_statement_logging()
}
