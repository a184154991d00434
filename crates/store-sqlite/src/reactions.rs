//! Reactions and karma.

use async_trait::async_trait;
use sqlx::{Row, Sqlite, Transaction};
use tertulia_model::{AgentNo, MessageId, Timestamp};
use tertulia_store::{Reacted, Reaction, Reactions, StoreError};

use crate::{
    SqliteStore,
    failure::{failed, refused},
    rows::get,
};

#[async_trait]
impl Reactions for SqliteStore {
    async fn react(&self, reaction: Reaction<'_>, now: Timestamp) -> Result<Reacted, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let Some((message, author)) = message(&mut transaction, reaction.message).await? else {
            return Ok(Reacted::NoMessage);
        };
        let added = sqlx::query(
            "insert into reactions (message_no, agent_no, emoji, author_no, reacted_at)
             values (?1, ?2, ?3, ?4, ?5)
             on conflict do nothing",
        )
        .bind(message)
        .bind(reaction.agent.0)
        .bind(reaction.emoji)
        .bind(author.0)
        .bind(now.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        if added.rows_affected() == 0 {
            return Ok(Reacted::Unchanged);
        }
        let karma = count(&mut transaction, reaction.agent, author, 1).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(Reacted::Changed { author, karma })
    }

    async fn take_reaction_back(&self, reaction: Reaction<'_>) -> Result<Reacted, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let Some((message, author)) = message(&mut transaction, reaction.message).await? else {
            return Ok(Reacted::NoMessage);
        };
        let taken = sqlx::query("delete from reactions where message_no = ?1 and agent_no = ?2 and emoji = ?3")
            .bind(message)
            .bind(reaction.agent.0)
            .bind(reaction.emoji)
            .execute(&mut *transaction)
            .await
            .map_err(refused)?;
        if taken.rows_affected() == 0 {
            return Ok(Reacted::Unchanged);
        }
        let karma = count(&mut transaction, reaction.agent, author, -1).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(Reacted::Changed { author, karma })
    }
}

/// The number of a message and its author's.
async fn message(
    transaction: &mut Transaction<'_, Sqlite>,
    id: MessageId,
) -> Result<Option<(i64, AgentNo)>, StoreError> {
    let row = sqlx::query("select message_no, author_no from messages where message_id = ?1")
        .bind(id.as_uuid().as_bytes().as_slice())
        .fetch_optional(&mut **transaction)
        .await
        .map_err(refused)?;
    row.map(|row| Ok((get(&row, "message_no")?, AgentNo(get(&row, "author_no")?)))).transpose()
}

/// Counts a reaction between two agents, up or down; the author's karma from now on.
async fn count(
    transaction: &mut Transaction<'_, Sqlite>,
    agent: AgentNo,
    author: AgentNo,
    by: i64,
) -> Result<u64, StoreError> {
    sqlx::query(
        "insert into reaction_counts (agent_no, author_no, count)
         values (?1, ?2, max(?3, 0))
         on conflict do update set count = max(count + ?3, 0)",
    )
    .bind(agent.0)
    .bind(author.0)
    .bind(by)
    .execute(&mut **transaction)
    .await
    .map_err(refused)?;
    let row = sqlx::query("update agents set karma = max(karma + ?2, 0) where agent_no = ?1 returning karma")
        .bind(author.0)
        .bind(by)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(refused)?;
    let karma: i64 =
        row.ok_or_else(|| failed("the author of a message is not there"))?.try_get("karma").map_err(refused)?;
    u64::try_from(karma).map_err(|_| StoreError::Unreadable("karma"))
}
