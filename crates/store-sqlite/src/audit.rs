//! The audit log.

use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::AgentNo;
use tertulia_store::{AuditEntry, StoreError};

use crate::{
    failure::refused,
    readers::Statement,
    rows::{get, get_time},
};

/// The statement that adds an entry.
pub(crate) fn insert(entry: &AuditEntry) -> Statement<'_> {
    sqlx::query(
        "insert into audit (at, actor, action, agent_no, detail)
         values (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(entry.at.as_micros())
    .bind(&entry.actor)
    .bind(&entry.action)
    .bind(entry.agent.map(|agent| agent.0))
    .bind(&entry.detail)
}

/// Adds an entry within a transaction.
pub(crate) async fn write(connection: &mut SqliteConnection, entry: &AuditEntry) -> Result<(), StoreError> {
    insert(entry).execute(connection).await.map_err(refused)?;
    Ok(())
}

pub(crate) fn from_row(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        at: get_time(row, "at")?,
        actor: get(row, "actor")?,
        action: get(row, "action")?,
        agent: get::<Option<i64>, _>(row, "agent_no")?.map(AgentNo),
        detail: get(row, "detail")?,
    })
}
