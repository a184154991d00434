//! Vouches, flags, and how far agents are trusted.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use tertulia_model::{AgentNo, Quarantine, Tier, Timestamp};
use tertulia_store::{
    Assessed, AuditEntry, Esteem, FlagRecord, InteractionCursor, InteractionKind, InteractionSlice, NewFlag,
    NewStanding, StoreError, Testimony, Trust, TrustRecord, VouchRecord,
};

use crate::{
    SqliteStore, audit, esteem,
    failure::refused,
    interactions,
    readers::Statement,
    rows::{get, get_count, get_optional_time, get_time, number_list},
    standings,
};

#[async_trait]
impl Trust for SqliteStore {
    async fn vouch(&self, agent: AgentNo, vouchee: AgentNo, now: Timestamp) -> Result<bool, StoreError> {
        let vouch = sqlx::query(
            "insert into vouches (agent_no, vouchee_no, vouched_at)
             values (?1, ?2, ?3)
             on conflict do update set vouched_at = excluded.vouched_at, ended_at = null where ended_at is not null",
        );
        Ok(self.write(vouch.bind(agent.0).bind(vouchee.0).bind(now.as_micros())).await? > 0)
    }

    async fn end_vouch(&self, agent: AgentNo, vouchee: AgentNo, now: Timestamp) -> Result<bool, StoreError> {
        let end = sqlx::query(
            "update vouches
             set ended_at = ?3
             where agent_no = ?1 and vouchee_no = ?2 and ended_at is null",
        );
        Ok(self.write(end.bind(agent.0).bind(vouchee.0).bind(now.as_micros())).await? > 0)
    }

    async fn vouches(&self, agent: AgentNo, vouchee: AgentNo) -> Result<bool, StoreError> {
        let standing =
            sqlx::query("select 1 from vouches where agent_no = ?1 and vouchee_no = ?2 and ended_at is null");
        Ok(self.readers.first(standing.bind(agent.0).bind(vouchee.0)).await?.is_some())
    }

    async fn vouches_by(&self, agent: AgentNo, limit: u32) -> Result<Vec<VouchRecord>, StoreError> {
        let given = sqlx::query(
            "select vouchee_no as other_no, vouched_at
             from vouches
             where agent_no = ?1 and ended_at is null
             order by vouched_at desc, vouchee_no
             limit ?2",
        );
        self.readers.all(given.bind(agent.0).bind(limit)).await?.iter().map(vouch_from_row).collect()
    }

    async fn vouches_for(&self, agent: AgentNo, limit: u32) -> Result<Vec<VouchRecord>, StoreError> {
        let received = sqlx::query(
            "select agent_no as other_no, vouched_at
             from vouches
             where vouchee_no = ?1 and ended_at is null
             order by vouched_at desc, agent_no
             limit ?2",
        );
        self.readers.all(received.bind(agent.0).bind(limit)).await?.iter().map(vouch_from_row).collect()
    }

    async fn count_vouches_for(&self, agent: AgentNo) -> Result<u64, StoreError> {
        let count = sqlx::query(
            "select count(*) as vouches
             from vouches v indexed by vouches_received
             cross join agents a on a.agent_no = v.agent_no
             where v.vouchee_no = ?1 and v.ended_at is null
             and a.state = 'active'",
        );
        self.readers.first(count.bind(agent.0)).await?.map_or(Ok(0), |row| get_count(&row, "vouches"))
    }

    async fn flag(&self, flag: &NewFlag) -> Result<bool, StoreError> {
        let made = sqlx::query(
            "insert into flags (agent_no, target_no, weight, reason, flagged_at)
             select ?1, ?2, ?3, ?4, ?5
             where not exists (select 1 from flags where agent_no = ?1 and target_no = ?2 and flagged_at > ?6)",
        )
        .bind(flag.agent.0)
        .bind(flag.target.0)
        .bind(flag.weight)
        .bind(flag.reason.as_deref())
        .bind(flag.now.as_micros())
        .bind(flag.last_before.as_micros());
        Ok(self.write(made).await? > 0)
    }

    async fn testimony(&self, target: AgentNo, since: Timestamp) -> Result<Vec<Testimony>, StoreError> {
        // Of each flagger the row of its greatest number: what stands bare beside `max` comes from that row.
        let newest = sqlx::query(
            "select max(f.flag_no) as flag_no, f.agent_no, f.target_no, f.weight, f.flagged_at,
                    a.created_at, t.score, t.earned, t.is_seed, t.quarantined_for, t.computed_at, t.version
             from flags f
             join agents a on a.agent_no = f.agent_no
             left join trust t on t.agent_no = f.agent_no
             where f.target_no = ?1 and f.flagged_at > ?2 and f.is_void = 0
             and a.state = 'active' and a.is_system = 0
             group by f.agent_no",
        );
        let rows = self.readers.all(newest.bind(target.0).bind(since.as_micros())).await?;
        rows.iter().map(|row| Ok(Testimony { flag: flag_from_row(row)?, flagger: assessed_from_row(row)? })).collect()
    }

    async fn count_flags_against(&self, target: AgentNo, since: Timestamp) -> Result<u64, StoreError> {
        let count = sqlx::query(
            "select count(*) as flags
             from flags
             where target_no = ?1 and flagged_at > ?2 and is_void = 0",
        );
        let row = self.readers.first(count.bind(target.0).bind(since.as_micros())).await?;
        row.map_or(Ok(0), |row| get_count(&row, "flags"))
    }

    async fn flags_since(
        &self,
        since: Timestamp,
        after: Option<&FlagRecord>,
        limit: u32,
    ) -> Result<Vec<FlagRecord>, StoreError> {
        let (at, number) = after.map_or((since.as_micros(), i64::MAX), |flag| (flag.at.as_micros(), flag.number));
        let slice = sqlx::query(
            "select flag_no, agent_no, target_no, weight, flagged_at
             from flags indexed by flags_by_time
             where (flagged_at, flag_no) > (?1, ?2) and is_void = 0
             order by flagged_at, flag_no
             limit ?3",
        );
        let rows = self.readers.all(slice.bind(at).bind(number).bind(limit)).await?;
        rows.iter().map(flag_from_row).collect()
    }

    async fn trust_of(&self, agents: &[AgentNo]) -> Result<Vec<TrustRecord>, StoreError> {
        let known = sqlx::query(
            "select agent_no, score, earned, is_seed, quarantined_for, computed_at, version
             from trust
             where agent_no in (select value from json_each(?1))",
        );
        let rows = self.readers.all(known.bind(number_list(agents.iter().map(|agent| agent.0)))).await?;
        rows.iter().map(trust_from_row).collect()
    }

    async fn assessed(&self, after: Option<AgentNo>, limit: u32) -> Result<Vec<Assessed>, StoreError> {
        let page = sqlx::query(
            "select a.agent_no, a.created_at,
                    t.score, t.earned, t.is_seed, t.quarantined_for, t.computed_at, t.version
             from agents a
             left join trust t on t.agent_no = a.agent_no
             where a.is_system = 0 and a.state = 'active' and a.agent_no > ?1
             order by a.agent_no
             limit ?2",
        );
        let page = page.bind(after.map_or(0, |agent| agent.0)).bind(limit);
        self.readers.all(page).await?.iter().map(assessed_from_row).collect()
    }

    async fn interactions(
        &self,
        kind: InteractionKind,
        after: Option<InteractionCursor>,
        limit: u32,
    ) -> Result<InteractionSlice, StoreError> {
        interactions::slice(self, kind, after, limit).await
    }

    async fn save_standings(&self, standings: &[NewStanding], now: Timestamp) -> Result<Vec<AgentNo>, StoreError> {
        standings::save(self, standings, now).await
    }

    async fn set_seed(&self, agent: AgentNo, is_seed: bool, entry: &AuditEntry) -> Result<bool, StoreError> {
        let named = sqlx::query(
            "insert into trust (agent_no, score, earned, is_seed, version)
             select ?1, 0, ?3, ?2, 1
             where ?2 or exists (select 1 from trust where agent_no = ?1)
             on conflict do update set is_seed = ?2, version = version + 1 where is_seed <> ?2",
        );
        self.write_audited(named.bind(agent.0).bind(is_seed).bind(Tier::default().as_str()), entry).await
    }

    async fn quarantine(&self, agent: AgentNo, cause: Quarantine, entry: &AuditEntry) -> Result<bool, StoreError> {
        let put = sqlx::query(
            "insert into trust (agent_no, score, earned, is_seed, quarantined_for, version)
             values (?1, 0, ?3, 0, ?2, 1)
             on conflict do update
             set quarantined_for = ?2, version = version + 1
             where quarantined_for is null or (?2 = ?4 and quarantined_for <> ?4)",
        );
        let put = put.bind(agent.0).bind(cause.as_str()).bind(Tier::default().as_str());
        self.write_audited(put.bind(Quarantine::Operator.as_str()), entry).await
    }

    async fn release(&self, agent: AgentNo, entry: &AuditEntry) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let lifted = sqlx::query(
            "update trust
             set quarantined_for = null, version = version + 1
             where agent_no = ?1 and quarantined_for is not null",
        );
        if lifted.bind(agent.0).execute(&mut *transaction).await.map_err(refused)?.rows_affected() == 0 {
            return Ok(false);
        }
        let voided = sqlx::query("update flags set is_void = 1 where target_no = ?1 and is_void = 0");
        voided.bind(agent.0).execute(&mut *transaction).await.map_err(refused)?;
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(true)
    }

    async fn esteem(&self, agent: AgentNo, most_reactors: u32) -> Result<Esteem, StoreError> {
        esteem::of(self, agent, most_reactors).await
    }
}

impl SqliteStore {
    /// Runs one statement, and writes the audit entry if it changed anything. Says whether it did.
    pub(crate) async fn write_audited(&self, statement: Statement<'_>, entry: &AuditEntry) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        if statement.execute(&mut *transaction).await.map_err(refused)?.rows_affected() == 0 {
            return Ok(false);
        }
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(true)
    }
}

fn vouch_from_row(row: &SqliteRow) -> Result<VouchRecord, StoreError> {
    Ok(VouchRecord { agent: AgentNo(get(row, "other_no")?), since: get_time(row, "vouched_at")? })
}

fn flag_from_row(row: &SqliteRow) -> Result<FlagRecord, StoreError> {
    Ok(FlagRecord {
        number: get(row, "flag_no")?,
        agent: AgentNo(get(row, "agent_no")?),
        target: AgentNo(get(row, "target_no")?),
        weight: get(row, "weight")?,
        at: get_time(row, "flagged_at")?,
    })
}

fn assessed_from_row(row: &SqliteRow) -> Result<Assessed, StoreError> {
    let is_known = get::<Option<i64>, _>(row, "version")?.is_some();
    let trust = if is_known { trust_from_row(row)? } else { TrustRecord::unknown(AgentNo(get(row, "agent_no")?)) };
    Ok(Assessed { registered_at: get_time(row, "created_at")?, trust })
}

fn trust_from_row(row: &SqliteRow) -> Result<TrustRecord, StoreError> {
    let quarantine = get::<Option<&str>, _>(row, "quarantined_for")?
        .map(|word| Quarantine::from_word(word).ok_or(StoreError::Unreadable("cause of a quarantine")));
    Ok(TrustRecord {
        agent: AgentNo(get(row, "agent_no")?),
        score: get(row, "score")?,
        earned: Tier::from_word(get(row, "earned")?).ok_or(StoreError::Unreadable("tier"))?,
        is_seed: get(row, "is_seed")?,
        quarantine: quarantine.transpose()?,
        computed_at: get_optional_time(row, "computed_at")?,
        version: get_count(row, "version")?,
    })
}
