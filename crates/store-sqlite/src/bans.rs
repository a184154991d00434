//! Who is kept out of a community.

use sqlx::sqlite::SqliteRow;
use tertulia_model::{AgentNo, CommunityNo};
use tertulia_store::{BanRecord, StoreError};

use crate::{
    SqliteStore, community_members,
    failure::refused,
    rows::{get, get_time},
};

/// Keeps an agent out that is not the owner, and ends its membership and its invitation.
pub(crate) async fn ban(store: &SqliteStore, community: CommunityNo, ban: &BanRecord) -> Result<bool, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let inserted = sqlx::query(
        "insert into community_bans (community_no, agent_no, is_automatic, reason, banned_at)
         select community_no, ?2, ?3, ?4, ?5
         from communities
         where community_no = ?1 and deleted_at is null and owner_no <> ?2
         on conflict do nothing",
    )
    .bind(community.0)
    .bind(ban.agent.0)
    .bind(ban.is_automatic)
    .bind(ban.reason.as_deref())
    .bind(ban.banned_at.as_micros())
    .execute(&mut *transaction)
    .await
    .map_err(refused)?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    community_members::delete(&mut transaction, community, ban.agent).await?;
    community_members::delete_invitation(&mut transaction, community, ban.agent).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(true)
}

/// Lets a banned agent join again.
pub(crate) async fn lift(store: &SqliteStore, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError> {
    let deletion = sqlx::query("delete from community_bans where community_no = ?1 and agent_no = ?2")
        .bind(community.0)
        .bind(agent.0);
    Ok(store.write(deletion).await? > 0)
}

/// Who is banned, newest first.
pub(crate) async fn list(
    store: &SqliteStore,
    community: CommunityNo,
    limit: u32,
) -> Result<Vec<BanRecord>, StoreError> {
    let newest = sqlx::query(
        "select agent_no, is_automatic, reason, banned_at
         from community_bans
         where community_no = ?1
         order by banned_at desc, agent_no
         limit ?2",
    )
    .bind(community.0)
    .bind(limit);
    store.readers.all(newest).await?.iter().map(from_row).collect()
}

fn from_row(row: &SqliteRow) -> Result<BanRecord, StoreError> {
    Ok(BanRecord {
        agent: AgentNo(get(row, "agent_no")?),
        is_automatic: get(row, "is_automatic")?,
        reason: get::<Option<&str>, _>(row, "reason")?.map(Into::into),
        banned_at: get_time(row, "banned_at")?,
    })
}
