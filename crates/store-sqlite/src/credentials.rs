//! Credentials, known by their digest alone.

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, CredentialId, CredentialNo, Timestamp};
use tertulia_store::{AuditEntry, CredentialRecord, Credentials, Issuance, NewCredential, Revocation, StoreError};

use crate::{
    SqliteStore, audit,
    failure::refused,
    rows::{get, get_time, get_uuid},
};

#[async_trait]
impl Credentials for SqliteStore {
    async fn issue_credential(
        &self,
        agent: AgentNo,
        by: CredentialNo,
        credential: &NewCredential,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<Issuance, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        if !is_live(&mut transaction, agent, by).await? {
            return Ok(Issuance::ActorEnded);
        }
        let ended = end_live_key(&mut transaction, agent, credential.kind, now).await?;
        let credential = insert(&mut transaction, agent, credential, now).await?;
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(Issuance::Issued { credential, ended })
    }

    async fn credentials_of(&self, agent: AgentNo) -> Result<Vec<CredentialRecord>, StoreError> {
        let live = sqlx::query(
            "select credential_no, credential_id, kind, created_at as issued_at
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
        by: CredentialNo,
        credential: CredentialId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<Revocation, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        if !is_live(&mut transaction, agent, by).await? {
            return Ok(Revocation::ActorEnded);
        }
        let Some(ended) = end(&mut transaction, agent, credential, now).await? else {
            return Ok(Revocation::NotThere);
        };
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(Revocation::Revoked(ended))
    }
}

/// Adds a credential within a transaction.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    credential: &NewCredential,
    now: Timestamp,
) -> Result<CredentialRecord, StoreError> {
    let inserted = sqlx::query(
        "insert into credentials (credential_id, agent_no, kind, digest, created_at)
         values (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(credential.id.as_uuid().as_bytes().as_slice())
    .bind(agent.0)
    .bind(credential.kind)
    .bind(credential.digest.0.as_slice())
    .bind(now.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    let number = CredentialNo(inserted.last_insert_rowid());
    Ok(CredentialRecord { number, id: credential.id, kind: credential.kind.to_owned(), created_at: now })
}

/// Adds a credential that is no API key within a transaction.
pub(crate) async fn insert_other(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    (id, kind): (CredentialId, &str),
    now: Timestamp,
) -> Result<CredentialRecord, StoreError> {
    let inserted = sqlx::query(
        "insert into credentials (credential_id, agent_no, kind, created_at)
         values (?1, ?2, ?3, ?4)",
    )
    .bind(id.as_uuid().as_bytes().as_slice())
    .bind(agent.0)
    .bind(kind)
    .bind(now.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    let number = CredentialNo(inserted.last_insert_rowid());
    Ok(CredentialRecord { number, id, kind: kind.to_owned(), created_at: now })
}

pub(crate) fn from_row(row: &SqliteRow) -> Result<CredentialRecord, StoreError> {
    Ok(CredentialRecord {
        number: CredentialNo(get(row, "credential_no")?),
        id: CredentialId::from_uuid(get_uuid(row, "credential_id")?),
        kind: get(row, "kind")?,
        created_at: get_time(row, "issued_at")?,
    })
}

/// Whether this is a live credential of the agent.
pub(crate) async fn is_live(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    credential: CredentialNo,
) -> Result<bool, StoreError> {
    let live = sqlx::query(
        "select 1
         from credentials
         where credential_no = ?1
         and agent_no = ?2
         and revoked_at is null",
    )
    .bind(credential.0)
    .bind(agent.0)
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    Ok(live.is_some())
}

/// Ends a live credential of the agent; its number, if there was such a one.
async fn end(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    credential: CredentialId,
    now: Timestamp,
) -> Result<Option<CredentialNo>, StoreError> {
    let ended = sqlx::query(
        "update credentials
         set revoked_at = ?3
         where credential_id = ?1
         and agent_no = ?2
         and revoked_at is null
         returning credential_no",
    )
    .bind(credential.as_uuid().as_bytes().as_slice())
    .bind(agent.0)
    .bind(now.as_micros())
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    ended.map(|row| Ok(CredentialNo(get(&row, "credential_no")?))).transpose()
}

/// Ends every live credential of the agent, of whatever kind, within a transaction.
pub(crate) async fn end_all(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    now: Timestamp,
) -> Result<Vec<CredentialNo>, StoreError> {
    let ended = sqlx::query(
        "update credentials
         set revoked_at = ?2
         where agent_no = ?1
         and revoked_at is null
         returning credential_no",
    )
    .bind(agent.0)
    .bind(now.as_micros())
    .fetch_all(connection)
    .await
    .map_err(refused)?;
    ended.iter().map(|row| Ok(CredentialNo(get(row, "credential_no")?))).collect()
}

/// Ends the agent's live API key of a kind; its number, if there was one.
async fn end_live_key(
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
         and digest is not null
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
