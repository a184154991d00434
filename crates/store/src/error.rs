//! How a database fails.

use std::error::Error;

/// Why an operation did not happen. Nothing of it has happened then.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room is left: the disk is full, or the configured size is reached. Reading goes on.
    #[error("the store is full")]
    Full,
    /// The database holds something that this program cannot read.
    #[error("the store holds an unreadable {0}")]
    Unreadable(&'static str),
    /// Anything else.
    #[error("the database refused")]
    Database(#[source] Box<dyn Error + Send + Sync>),
}
