//! What every store must do, done by this one.

use tempfile::TempDir;
use tertulia_store_sqlite::{Durability, SqliteOptions, SqliteStore};

async fn make_store() -> (TempDir, SqliteStore) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let options = SqliteOptions { durability: Durability::Off, ..SqliteOptions::default() };
    let store = SqliteStore::open(directory.path(), &options).await.expect("a fresh database");
    (directory, store)
}

tertulia_store::conformance!(make_store);
