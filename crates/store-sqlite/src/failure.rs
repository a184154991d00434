//! What the driver's errors mean to the core.

use tertulia_store::StoreError;

/// Result codes of SQLite: <https://sqlite.org/rescode.html>.
const CORRUPT: &str = "11";
const FULL: &str = "13";
const NOT_UNIQUE: [&str; 2] = ["1555", "2067"];
const NOT_A_DATABASE: &str = "26";
/// The index of the write-ahead log could not grow, which only a full disk makes happen.
const LOG_INDEX_SIZE: &str = "4874";

/// Translates a failure of the driver.
pub(crate) fn refused(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    match code.as_deref() {
        Some(FULL | LOG_INDEX_SIZE) => StoreError::Full,
        Some(CORRUPT | NOT_A_DATABASE) => StoreError::Unreadable("database"),
        _ => StoreError::Database(Box::new(error)),
    }
}

/// Whether a row of this table was refused because there is one like it.
pub(crate) fn breaks_uniqueness(error: &sqlx::Error, table: &str) -> bool {
    error.as_database_error().is_some_and(|error| {
        // "UNIQUE constraint failed: table.column, table.column"
        error.code().is_some_and(|code| NOT_UNIQUE.contains(&&*code)) && error.message().contains(&format!(" {table}."))
    })
}

/// A failure of our own, said in one sentence.
pub(crate) fn failed(sentence: &'static str) -> StoreError {
    StoreError::Database(sentence.into())
}

/// A failure of the file system.
pub(crate) fn unwritable(error: std::io::Error) -> StoreError {
    if matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
        return StoreError::Full;
    }
    StoreError::Database(Box::new(error))
}

/// Whether the connection itself is at fault, so that it must not be used again.
pub(crate) fn breaks_connection(error: &sqlx::Error) -> bool {
    error.as_database_error().is_none() && !matches!(error, sqlx::Error::RowNotFound | sqlx::Error::Encode(_))
}
