//! Which version of the schema a file has, and how it gets to ours.
//!
//! The version is the database's `user_version`; our files are known by their `application_id`. All migrations that
//! are missing run in one transaction, so that a file is never between two versions.

use sqlx::{Connection, SqliteConnection};
use tertulia_store::StoreError;

use crate::{failure::refused, rows::get};

/// "Tert", in the header of our files.
const APPLICATION_ID: i64 = 0x5465_7274;

/// Every migration with the statement that notes it, in order, from version 1.
const MIGRATIONS: &[(&str, &str)] = &[
    (include_str!("../migrations/0001_hub.sql"), "pragma user_version = 1"),
    (include_str!("../migrations/0002_rooms.sql"), "pragma user_version = 2"),
    (include_str!("../migrations/0003_identity.sql"), "pragma user_version = 3"),
    (include_str!("../migrations/0004_communities.sql"), "pragma user_version = 4"),
    (include_str!("../migrations/0005_relations.sql"), "pragma user_version = 5"),
    (include_str!("../migrations/0006_trust.sql"), "pragma user_version = 6"),
    (include_str!("../migrations/0007_outbox.sql"), "pragma user_version = 7"),
    (include_str!("../migrations/0008_observers.sql"), "pragma user_version = 8"),
    (include_str!("../migrations/0009_inbox.sql"), "pragma user_version = 9"),
    (include_str!("../migrations/0010_groups.sql"), "pragma user_version = 10"),
    (include_str!("../migrations/0011_contacts.sql"), "pragma user_version = 11"),
    (include_str!("../migrations/0012_accounts.sql"), "pragma user_version = 12"),
    (include_str!("../migrations/0013_attachments.sql"), "pragma user_version = 13"),
    (include_str!("../migrations/0014_answers.sql"), "pragma user_version = 14"),
];

/// The version of the schema that this program writes.
#[expect(clippy::cast_possible_truncation, reason = "there are a handful of migrations")]
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// What a file says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// Nothing is in it.
    Empty,
    /// One of ours, with this version of the schema.
    Ours(u32),
    /// Something else.
    Foreign,
}

/// Reads what the file says about itself.
pub(crate) async fn stamp(connection: &mut SqliteConnection) -> Result<Stamp, StoreError> {
    let row = sqlx::query(
        "select application_id, user_version, (select count(*) from sqlite_schema) as objects
         from pragma_application_id, pragma_user_version",
    )
    .fetch_one(connection)
    .await;
    let row = match row.map_err(refused) {
        Ok(row) => row,
        Err(StoreError::Unreadable(_)) => return Ok(Stamp::Foreign),
        Err(error) => return Err(error),
    };
    let (application, version, objects): (i64, i64, i64) =
        (get(&row, "application_id")?, get(&row, "user_version")?, get(&row, "objects")?);
    Ok(match (application, u32::try_from(version)) {
        (APPLICATION_ID, Ok(version)) if version > 0 => Stamp::Ours(version),
        (0, Ok(0)) if objects == 0 => Stamp::Empty,
        _ => Stamp::Foreign,
    })
}

/// Brings the schema from version `from` (0: nothing) to [`SCHEMA_VERSION`].
pub(crate) async fn migrate(connection: &mut SqliteConnection, from: u32) -> Result<(), StoreError> {
    let missing = MIGRATIONS.get(from as usize..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    let mut transaction = connection.begin_with("begin immediate").await.map_err(refused)?;
    for &(statements, note) in missing {
        sqlx::raw_sql(statements).execute(&mut *transaction).await.map_err(refused)?;
        sqlx::raw_sql(note).execute(&mut *transaction).await.map_err(refused)?;
    }
    sqlx::raw_sql("pragma application_id = 0x54657274").execute(&mut *transaction).await.map_err(refused)?;
    transaction.commit().await.map_err(refused)
}
