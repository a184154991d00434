//! The hub's own record, the audit log, backup and the end.

use std::path::Path;

use async_trait::async_trait;
use sqlx::SqliteConnection;
use tertulia_model::{AgentNo, AgentState, CommunityId, ConversationId, ConversationKind, ConversationNo, Epoch};
use tertulia_store::{AuditEntry, Hub, HubRecord, Seed, StoreError};

use crate::{
    SqliteStore, audit, copy,
    failure::refused,
    rows::{get, get_count, get_time, get_uuid},
};

/// The epoch of a new history.
const FIRST_EPOCH: Epoch = Epoch(1);

#[async_trait]
impl Hub for SqliteStore {
    async fn open_hub(&self, seed: &Seed) -> Result<HubRecord, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        if let Some(record) = read_record(&mut transaction).await? {
            return Ok(record);
        }
        sow(&mut transaction, seed).await?;
        found_community(&mut transaction, seed).await?;
        let record = read_record(&mut transaction).await?.ok_or(StoreError::Unreadable("hub"))?;
        transaction.commit().await.map_err(refused)?;
        Ok(record)
    }

    #[tracing::instrument(name = "db.backup", level = "debug", skip_all)]
    async fn backup(&self, file: &Path) -> Result<(), StoreError> {
        copy::write_copy(&self.file, file).await
    }

    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(audit::insert(entry)).await?;
        Ok(())
    }

    async fn audit_log(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let newest = sqlx::query(
            "select at, actor, action, agent_no, detail
             from audit
             order by entry_no desc
             limit ?1",
        )
        .bind(limit);
        self.readers.all(newest).await?.iter().map(audit::from_row).collect()
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.readers.first(sqlx::query("select hub_no from hub")).await?;
        Ok(())
    }

    async fn close(&self) {
        self.close_files().await;
    }
}

async fn read_record(connection: &mut SqliteConnection) -> Result<Option<HubRecord>, StoreError> {
    let row = sqlx::query(
        "select h.hub_id, h.epoch, h.created_at, h.community_id, c.conversation_no, c.conversation_id, a.agent_no
         from hub h
         join conversations c on c.kind = 'lobby'
         join agents a on a.is_system = 1
         where h.community_id is not null",
    )
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(HubRecord {
        hub_id: get_uuid(&row, "hub_id")?,
        epoch: Epoch(get_count(&row, "epoch")?),
        lobby: ConversationNo(get(&row, "conversation_no")?),
        lobby_id: ConversationId::from_uuid(get_uuid(&row, "conversation_id")?),
        system_agent: AgentNo(get(&row, "agent_no")?),
        community: CommunityId::from_uuid(get_uuid(&row, "community_id")?),
        created_at: get_time(&row, "created_at")?,
    }))
}

/// Writes what an empty database starts with. One that is not empty stays as it is.
async fn sow(connection: &mut SqliteConnection, seed: &Seed) -> Result<(), StoreError> {
    let hub = sqlx::query("select hub_no from hub").fetch_optional(&mut *connection).await.map_err(refused)?;
    if hub.is_some() {
        return Ok(());
    }
    sqlx::query("insert into hub (hub_no, hub_id, epoch, created_at) values (1, ?1, ?2, ?3)")
        .bind(seed.hub_id.as_bytes().as_slice())
        .bind(FIRST_EPOCH.0)
        .bind(seed.now.as_micros())
        .execute(&mut *connection)
        .await
        .map_err(refused)?;
    sqlx::query("insert into conversations (conversation_id, kind, created_at) values (?1, ?2, ?3)")
        .bind(seed.lobby.as_uuid().as_bytes().as_slice())
        .bind(ConversationKind::Lobby.as_str())
        .bind(seed.now.as_micros())
        .execute(&mut *connection)
        .await
        .map_err(refused)?;
    let agent = sqlx::query(
        "insert into agents (agent_id, name, name_key, state, is_system, is_listed, revision, created_at)
         values (?1, ?2, ?3, ?4, 1, 0, 1, ?5)",
    )
    .bind(seed.system_agent.as_uuid().as_bytes().as_slice())
    .bind(&seed.system_name)
    .bind(seed.system_name.to_ascii_lowercase().replace('_', "-"))
    .bind(AgentState::Active.as_str())
    .bind(seed.now.as_micros())
    .execute(&mut *connection)
    .await
    .map_err(refused)?;
    sqlx::query("insert into profiles (agent_no, revision) values (?1, 1)")
        .bind(agent.last_insert_rowid())
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}

/// Names the built-in community, which a database that was made before there were communities does not have.
async fn found_community(connection: &mut SqliteConnection, seed: &Seed) -> Result<(), StoreError> {
    sqlx::query("update hub set community_id = ?1 where community_id is null")
        .bind(seed.community.as_uuid().as_bytes().as_slice())
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}
