//! Badges: accounts of the vouching service that are bound to agents.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{AuditEntry, Badge, Badges, Binding, StoreError, Verification};

use crate::{
    SqliteStore, audit,
    failure::refused,
    rows::{get, get_time, number_list},
};

#[async_trait]
impl Badges for SqliteStore {
    async fn start_verification(&self, verification: &Verification) -> Result<(), StoreError> {
        let replaced = sqlx::query(
            "insert into verifications (agent_no, account, code, started_at)
             values (?1, ?2, ?3, ?4)
             on conflict (agent_no) do update
             set account = excluded.account, code = excluded.code, started_at = excluded.started_at",
        )
        .bind(verification.agent.0)
        .bind(&verification.account)
        .bind(&verification.code)
        .bind(verification.started_at.as_micros());
        self.write(replaced).await?;
        Ok(())
    }

    async fn verification_of(&self, agent: AgentNo) -> Result<Option<Verification>, StoreError> {
        let started = sqlx::query("select account, code, started_at from verifications where agent_no = ?1");
        let Some(row) = self.readers.first(started.bind(agent.0)).await? else { return Ok(None) };
        Ok(Some(Verification {
            agent,
            account: get(&row, "account")?,
            code: get(&row, "code")?,
            started_at: get_time(&row, "started_at")?,
        }))
    }

    async fn bind_badge(&self, badge: &Badge, account_key: &str, entry: &AuditEntry) -> Result<Binding, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let holder = holder_of(&mut transaction, account_key).await?;
        if holder.is_some_and(|holder| holder != badge.agent) {
            return Ok(Binding::InUse);
        }
        replace_badge(&mut transaction, badge, account_key).await?;
        sqlx::query("delete from verifications where agent_no = ?1")
            .bind(badge.agent.0)
            .execute(&mut *transaction)
            .await
            .map_err(refused)?;
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(Binding::Bound)
    }

    async fn badge_holder(&self, account_key: &str) -> Result<Option<AgentNo>, StoreError> {
        let holder = sqlx::query("select agent_no from badges where account_key = ?1").bind(account_key);
        self.readers.first(holder).await?.map(|row| Ok(AgentNo(get(&row, "agent_no")?))).transpose()
    }

    async fn badges_of(&self, agents: &[AgentNo]) -> Result<Vec<Badge>, StoreError> {
        let wanted = sqlx::query(
            "select agent_no, account, owner, bound_at, checked_at
             from badges
             where agent_no in (select value from json_each(?1))",
        )
        .bind(number_list(agents.iter().map(|agent| agent.0)));
        self.readers.all(wanted).await?.iter().map(badge_from_row).collect()
    }

    async fn badges_to_check(
        &self,
        before: Timestamp,
        after: Option<(Timestamp, AgentNo)>,
        limit: u32,
    ) -> Result<Vec<Badge>, StoreError> {
        let (checked_at, agent) =
            after.map_or((i64::MIN, i64::MIN), |(checked_at, agent)| (checked_at.as_micros(), agent.0));
        let due = sqlx::query(
            "select agent_no, account, owner, bound_at, checked_at
             from badges
             where checked_at < ?1
             and (checked_at, agent_no) > (?3, ?4)
             order by checked_at, agent_no
             limit ?2",
        )
        .bind(before.as_micros())
        .bind(limit)
        .bind(checked_at)
        .bind(agent);
        self.readers.all(due).await?.iter().map(badge_from_row).collect()
    }

    async fn confirm_badge(&self, badge: &Badge, owner: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
        let confirmed = sqlx::query(
            "update badges
             set owner = ?4, checked_at = ?5
             where agent_no = ?1
             and account = ?2
             and bound_at = ?3",
        )
        .bind(badge.agent.0)
        .bind(&*badge.account)
        .bind(badge.bound_at.as_micros())
        .bind(owner)
        .bind(now.as_micros());
        Ok(self.write(confirmed).await? > 0)
    }

    async fn unbind_badge(&self, badge: &Badge, entry: &AuditEntry) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let gone = sqlx::query("delete from badges where agent_no = ?1 and account = ?2 and bound_at = ?3")
            .bind(badge.agent.0)
            .bind(&*badge.account)
            .bind(badge.bound_at.as_micros())
            .execute(&mut *transaction)
            .await
            .map_err(refused)?;
        if gone.rows_affected() == 0 {
            return Ok(false);
        }
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(true)
    }
}

async fn holder_of(connection: &mut SqliteConnection, account_key: &str) -> Result<Option<AgentNo>, StoreError> {
    let row = sqlx::query("select agent_no from badges where account_key = ?1")
        .bind(account_key)
        .fetch_optional(connection)
        .await
        .map_err(refused)?;
    row.map(|row| Ok(AgentNo(get(&row, "agent_no")?))).transpose()
}

async fn replace_badge(connection: &mut SqliteConnection, badge: &Badge, account_key: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into badges (agent_no, account, account_key, owner, bound_at, checked_at)
         values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict (agent_no) do update
         set account = excluded.account, account_key = excluded.account_key, owner = excluded.owner,
             bound_at = excluded.bound_at, checked_at = excluded.checked_at",
    )
    .bind(badge.agent.0)
    .bind(&*badge.account)
    .bind(account_key)
    .bind(badge.owner.as_deref())
    .bind(badge.bound_at.as_micros())
    .bind(badge.checked_at.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

fn badge_from_row(row: &SqliteRow) -> Result<Badge, StoreError> {
    Ok(Badge {
        agent: AgentNo(get(row, "agent_no")?),
        account: get::<&str, _>(row, "account")?.into(),
        owner: get::<Option<&str>, _>(row, "owner")?.map(Arc::from),
        bound_at: get_time(row, "bound_at")?,
        checked_at: get_time(row, "checked_at")?,
    })
}
