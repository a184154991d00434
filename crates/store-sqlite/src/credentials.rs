//! Credentials, known by their digest alone.

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, CredentialNo, Timestamp};
use tertulia_store::{AuditEntry, CredentialRecord, Credentials, NewCredential, StoreError};

use crate::{
    SqliteStore, audit,
    failure::refused,
    rows::{get, get_time},
};

#[async_trait]
impl Credentials for SqliteStore {
    async fn issue_credential(
        &self,
        agent: AgentNo,
        credential: &NewCredential,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(CredentialRecord, Option<CredentialNo>), StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let ended = end_live(&mut transaction, agent, credential.kind, now).await?;
        let issued = insert(&mut transaction, agent, credential, now).await?;
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok((issued, ended))
    }

    async fn credentials_of(&self, agent: AgentNo) -> Result<Vec<CredentialRecord>, StoreError> {
        let live = sqlx::query(
            "select credential_no, kind, created_at as issued_at
             from credentials
             where agent_no = ?1
             and revoked_at is null
             order by credential_no",
        )
        .bind(agent.0);
        self.readers.all(live).await?.iter().map(from_row).collect()
    }

    async fn revoke_credential(
        &self,
        agent: AgentNo,
        credential: CredentialNo,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let revoked = sqlx::query(
            "update credentials
             set revoked_at = ?3
             where credential_no = ?1
             and agent_no = ?2
             and revoked_at is null",
        )
        .bind(credential.0)
        .bind(agent.0)
        .bind(now.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        if revoked.rows_affected() == 0 {
            return Ok(false);
        }
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(true)
    }
}

/// Adds a credential within a transaction.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    credential: &NewCredential,
    now: Timestamp,
) -> Result<CredentialRecord, StoreError> {
    let inserted = sqlx::query("insert into credentials (agent_no, kind, digest, created_at) values (?1, ?2, ?3, ?4)")
        .bind(agent.0)
        .bind(credential.kind)
        .bind(credential.digest.0.as_slice())
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map_err(refused)?;
    let number = CredentialNo(inserted.last_insert_rowid());
    Ok(CredentialRecord { number, kind: credential.kind.to_owned(), created_at: now })
}

pub(crate) fn from_row(row: &SqliteRow) -> Result<CredentialRecord, StoreError> {
    Ok(CredentialRecord {
        number: CredentialNo(get(row, "credential_no")?),
        kind: get(row, "kind")?,
        created_at: get_time(row, "issued_at")?,
    })
}

/// Ends the agent's live credential of a kind; its number, if there was one.
async fn end_live(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    kind: &str,
    now: Timestamp,
) -> Result<Option<CredentialNo>, StoreError> {
    let ended = sqlx::query(
        "update credentials
         set revoked_at = ?3
         where agent_no = ?1
         and kind = ?2
         and revoked_at is null
         returning credential_no",
    )
    .bind(agent.0)
    .bind(kind)
    .bind(now.as_micros())
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    ended.map(|row| Ok(CredentialNo(get(&row, "credential_no")?))).transpose()
}
