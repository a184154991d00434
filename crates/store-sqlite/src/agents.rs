//! Agents and their profiles.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentId, AgentNo, AgentState, Openness, Pause, Restriction};
use tertulia_store::{
    AgentRecord, Agents, AuditEntry, CredentialRecord, KeyDigest, NewAgent, OPERATOR, Profile, Registration, StoreError,
};

use crate::{
    SqliteStore, audit, credentials,
    failure::refused,
    pending,
    rows::{get, get_count, get_openness, get_optional_time, get_time, get_uuid, number_list},
};

/// What [`agent_from_row`] reads of an agent `a` and its newest profile `p`.
macro_rules! agent_columns {
    () => {
        "a.agent_no, a.agent_id, a.name, a.state, a.is_system, a.is_listed, \
         a.restricted_by, a.paused, a.created_at, a.said, a.karma, a.seen_at, \
         a.seen_before_at, (select s.outbound_per_hour from settings s where s.agent_no = a.agent_no) as outbound_per_hour, \
         (select s.inbox_mode from settings s where s.agent_no = a.agent_no) as inbox_mode, \
         (select s.invite_policy from settings s where s.agent_no = a.agent_no) as invite_policy, \
         p.revision, p.display_name, p.about, p.avatar"
    };
}
pub(crate) use agent_columns;

#[async_trait]
impl Agents for SqliteStore {
    async fn register_agent(&self, agent: &NewAgent) -> Result<Registration, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let Some(record) = add(&mut transaction, agent).await? else {
            return Ok(Registration::NameTaken);
        };
        let credential = match &agent.credential {
            Some(credential) => {
                Some(credentials::insert(&mut transaction, record.number, credential, agent.now).await?)
            }
            None => None,
        };
        transaction.commit().await.map_err(refused)?;
        Ok(Registration::Registered { agent: record, credential })
    }

    async fn agents(&self, numbers: &[AgentNo]) -> Result<Vec<AgentRecord>, StoreError> {
        let wanted = sqlx::query(concat!(
            "select ",
            agent_columns!(),
            "
             from agents a
             join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
             where a.agent_no in (select value from json_each(?1))"
        ))
        .bind(number_list(numbers.iter().map(|agent| agent.0)));
        self.readers.all(wanted).await?.iter().map(agent_from_row).collect()
    }

    async fn agent_by_name(&self, name_key: &str) -> Result<Option<AgentRecord>, StoreError> {
        let named = sqlx::query(concat!(
            "select ",
            agent_columns!(),
            "
             from agents a
             join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
             where a.name_key = ?1"
        ))
        .bind(name_key);
        self.readers.first(named).await?.as_ref().map(agent_from_row).transpose()
    }

    async fn agent_by_id(&self, id: AgentId) -> Result<Option<AgentRecord>, StoreError> {
        let known = sqlx::query(concat!(
            "select ",
            agent_columns!(),
            "
             from agents a
             join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
             where a.agent_id = ?1"
        ))
        .bind(id.as_uuid().as_bytes().as_slice());
        self.readers.first(known).await?.as_ref().map(agent_from_row).transpose()
    }

    async fn agent_by_key(&self, digest: &KeyDigest) -> Result<Option<(AgentRecord, CredentialRecord)>, StoreError> {
        let holder = sqlx::query(concat!(
            "select ",
            agent_columns!(),
            ",
                    c.credential_no, c.credential_id, c.kind, c.created_at as issued_at
             from credentials c
             join agents a on a.agent_no = c.agent_no
             join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
             where c.digest = ?1
             and c.revoked_at is null"
        ))
        .bind(digest.0.as_slice());
        let Some(row) = self.readers.first(holder).await? else { return Ok(None) };
        Ok(Some((agent_from_row(&row)?, credentials::from_row(&row)?)))
    }

    async fn profiles(&self, wanted: &[(AgentNo, u32)]) -> Result<Vec<(AgentNo, Profile)>, StoreError> {
        let revisions = sqlx::query(
            "select p.agent_no, p.revision, p.display_name, p.about, p.avatar
             from json_each(?1) w
             join profiles p on p.agent_no = w.value ->> 0 and p.revision = w.value ->> 1",
        )
        .bind(pair_list(wanted));
        let rows = self.readers.all(revisions).await?;
        rows.iter().map(|row| Ok((AgentNo(get(row, "agent_no")?), profile_from_row(row)?))).collect()
    }

    async fn count_listed(&self) -> Result<u64, StoreError> {
        let count = sqlx::query(
            "select count(*) as listed
             from agents indexed by agents_listed
             where is_listed = 1 and is_system = 0 and state = 'active'",
        );
        self.readers.first(count).await?.map_or(Ok(0), |row| get_count(&row, "listed"))
    }

    async fn list_agents(&self, without: &[AgentNo], limit: u32, offset: u64) -> Result<Vec<AgentRecord>, StoreError> {
        // The inner list is read from its index alone, which the planner would pass over for that of the state; only the
        // rows of the page are looked up.
        let page = sqlx::query(concat!(
            "select ",
            agent_columns!(),
            "
             from (
                 select agent_no, active_at
                 from agents indexed by agents_listed
                 where is_listed = 1 and is_system = 0 and state = 'active'
                 and agent_no not in (select value from json_each(?1))
                 order by active_at desc, agent_no
                 limit ?2 offset ?3
             ) l
             join agents a on a.agent_no = l.agent_no
             join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
             order by l.active_at desc, l.agent_no"
        ))
        .bind(number_list(without.iter().map(|agent| agent.0)))
        .bind(limit)
        .bind(i64::try_from(offset).unwrap_or(i64::MAX));
        self.readers.all(page).await?.iter().map(agent_from_row).collect()
    }

    async fn agents_in_state(
        &self,
        state: Option<AgentState>,
        after: Option<AgentNo>,
        limit: u32,
    ) -> Result<Vec<AgentRecord>, StoreError> {
        let after = after.map_or(0, |agent| agent.0);
        let page = match state {
            Some(state) => sqlx::query(concat!(
                "select ",
                agent_columns!(),
                "
                 from agents a
                 join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
                 where a.is_system = 0 and a.agent_no > ?1 and a.state = ?3
                 order by a.agent_no
                 limit ?2"
            ))
            .bind(after)
            .bind(limit)
            .bind(state.as_str()),
            None => sqlx::query(concat!(
                "select ",
                agent_columns!(),
                "
                 from agents a
                 join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
                 where a.is_system = 0 and a.agent_no > ?1
                 order by a.agent_no
                 limit ?2"
            ))
            .bind(after)
            .bind(limit),
        };
        self.readers.all(page).await?.iter().map(agent_from_row).collect()
    }

    async fn list_agent(&self, agent: AgentNo) -> Result<bool, StoreError> {
        let list = sqlx::query("update agents set is_listed = 1 where agent_no = ?1 and is_listed = 0").bind(agent.0);
        Ok(self.write(list).await? > 0)
    }

    async fn change_state(
        &self,
        agent: AgentNo,
        from: AgentState,
        to: AgentState,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let changed = sqlx::query(
            "update agents
             set state = ?3,
                 changed_at = ?4,
                 restricted_at = iif(?2 = 'suspended' and restricted_by is not ?5, null, restricted_at),
                 restricted_by = iif(?2 = 'suspended' and restricted_by is not ?5, null, restricted_by),
                 pardoned_at = iif(?2 = 'suspended', ?4, pardoned_at)
             where agent_no = ?1 and state = ?2",
        )
        .bind(agent.0)
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(entry.at.as_micros())
        .bind(OPERATOR)
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        if changed.rows_affected() == 0 {
            return Ok(false);
        }
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(true)
    }
}

/// Writes agent and profile within a transaction; none if the name is taken.
pub(crate) async fn add(
    connection: &mut SqliteConnection,
    agent: &NewAgent,
) -> Result<Option<AgentRecord>, StoreError> {
    let number = match insert_agent(connection, agent).await? {
        Some(number) => number,
        None => match pending::replace(connection, agent).await? {
            Some(number) => number,
            None => return Ok(None),
        },
    };
    let profile = Profile { revision: 1, ..agent.profile.clone() };
    insert_profile(connection, number, &profile).await?;
    Ok(Some(AgentRecord {
        number,
        id: agent.id,
        name: Arc::clone(&agent.name),
        state: agent.state,
        is_system: false,
        is_listed: agent.is_listed,
        restriction: None,
        pause: None,
        created_at: agent.now,
        profile: Arc::new(profile),
        said: 0,
        karma: 0,
        outbound_per_hour: None,
        inbox_mode: Openness::default(),
        invite_policy: Openness::default(),
        seen_at: None,
        seen_before_at: None,
    }))
}

/// The new agent's number; none if its name is taken.
async fn insert_agent(connection: &mut SqliteConnection, agent: &NewAgent) -> Result<Option<AgentNo>, StoreError> {
    let row = sqlx::query(
        "insert into agents (agent_id, name, name_key, state, is_system, is_listed, revision, created_at)
         values (?1, ?2, ?3, ?4, 0, ?5, 1, ?6)
         on conflict (name_key) do nothing
         returning agent_no",
    )
    .bind(agent.id.as_uuid().as_bytes().as_slice())
    .bind(&*agent.name)
    .bind(&*agent.name_key)
    .bind(agent.state.as_str())
    .bind(agent.is_listed)
    .bind(agent.now.as_micros())
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    row.map(|row| Ok(AgentNo(get(&row, "agent_no")?))).transpose()
}

pub(crate) async fn insert_profile(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    profile: &Profile,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into profiles (agent_no, revision, display_name, about, avatar)
         values (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(agent.0)
    .bind(profile.revision)
    .bind(profile.display_name.as_deref())
    .bind(profile.about.as_deref())
    .bind(profile.avatar.as_deref())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

pub(crate) fn agent_from_row(row: &SqliteRow) -> Result<AgentRecord, StoreError> {
    let state: &str = get(row, "state")?;
    Ok(AgentRecord {
        number: AgentNo(get(row, "agent_no")?),
        id: AgentId::from_uuid(get_uuid(row, "agent_id")?),
        name: get::<&str, _>(row, "name")?.into(),
        state: AgentState::from_word(state).ok_or(StoreError::Unreadable("state of an agent"))?,
        is_system: get(row, "is_system")?,
        is_listed: get(row, "is_listed")?,
        restriction: get::<Option<&str>, _>(row, "restricted_by")?.map(restriction_of),
        pause: get::<Option<&str>, _>(row, "paused")?.map(pause_of).transpose()?,
        created_at: get_time(row, "created_at")?,
        profile: Arc::new(profile_from_row(row)?),
        said: get_count(row, "said")?,
        karma: get_count(row, "karma")?,
        outbound_per_hour: get(row, "outbound_per_hour")?,
        inbox_mode: get_openness(row, "inbox_mode")?.unwrap_or_default(),
        invite_policy: get_openness(row, "invite_policy")?.unwrap_or_default(),
        seen_at: get_optional_time(row, "seen_at")?,
        seen_before_at: get_optional_time(row, "seen_before_at")?,
    })
}

/// Whose restriction it is by who has put it on.
fn restriction_of(actor: &str) -> Restriction {
    if actor == OPERATOR { Restriction::ByOperator } else { Restriction::ByHub }
}

fn pause_of(word: &str) -> Result<Pause, StoreError> {
    Pause::from_word(word).ok_or(StoreError::Unreadable("pause of an agent"))
}

pub(crate) fn profile_from_row(row: &SqliteRow) -> Result<Profile, StoreError> {
    Ok(Profile {
        revision: get_count(row, "revision")?,
        display_name: get::<Option<&str>, _>(row, "display_name")?.map(Arc::from),
        about: get::<Option<&str>, _>(row, "about")?.map(Arc::from),
        avatar: get::<Option<&str>, _>(row, "avatar")?.map(Arc::from),
    })
}

/// The pairs as a JSON array of arrays, for `json_each`.
fn pair_list(pairs: &[(AgentNo, u32)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(agent, revision)| format!("[{agent},{revision}]")).collect();
    format!("[{}]", pairs.join(","))
}
