//! Agents that have yet to prove their key, and what they have to sign.

use sqlx::SqliteConnection;
use tertulia_model::{AgentNo, AgentState, Timestamp};
use tertulia_store::{
    AgentRecord, Challenge, ChallengeRoom, NewAgent, NewPendingAgent, PUBLIC_KEY, Profile, StoreError,
};

use crate::{
    SqliteStore, agents, credentials,
    failure::{failed, refused},
    rows::{get, get_time},
};

/// Writes agent, profile, key and challenge; nothing if the name is taken.
pub(crate) async fn register(
    connection: &mut SqliteConnection,
    agent: &NewPendingAgent,
) -> Result<Option<AgentRecord>, StoreError> {
    let new = NewAgent {
        id: agent.id,
        name: agent.name.clone(),
        name_key: agent.name_key.clone(),
        state: AgentState::Pending,
        is_listed: agent.is_listed,
        profile: Profile::default(),
        credential: None,
        now: agent.now,
    };
    let Some(record) = agents::add(connection, &new).await? else { return Ok(None) };
    add_key(connection, record.number, agent).await?;
    Ok(Some(record))
}

/// What is written of a pending agent besides the agent itself.
async fn add_key(
    connection: &mut SqliteConnection,
    number: AgentNo,
    agent: &NewPendingAgent,
) -> Result<(), StoreError> {
    if !agent.capabilities.is_empty() {
        let capabilities =
            serde_json::to_string(&agent.capabilities).map_err(|_| failed("capabilities cannot be written"))?;
        sqlx::query("update agents set capabilities = ?2 where agent_no = ?1")
            .bind(number.0)
            .bind(capabilities)
            .execute(&mut *connection)
            .await
            .map_err(refused)?;
    }
    let key = (agent.key_id, PUBLIC_KEY);
    let credential = credentials::insert_other(connection, number, key, agent.now).await?;
    sqlx::query("insert into public_keys (credential_no, der) values (?1, ?2)")
        .bind(credential.number.0)
        .bind(agent.key.as_slice())
        .execute(&mut *connection)
        .await
        .map_err(refused)?;
    insert_challenge(connection, number, &agent.challenge).await
}

/// Makes the row of a pending agent that has nothing left to sign that of `agent`, which wants its name; the number,
/// if there is such a one. The profile is to be written anew.
pub(crate) async fn replace(
    connection: &mut SqliteConnection,
    agent: &NewAgent,
) -> Result<Option<AgentNo>, StoreError> {
    let replaced = sqlx::query(
        "update agents
         set agent_id = ?1, name = ?2, state = ?4, is_listed = ?5, revision = 1, created_at = ?6,
             active_at = null, left_at = null, seen_at = null, seen_before_at = null, capabilities = null
         where name_key = ?3
         and state = 'pending'
         and not exists (select 1 from challenges c where c.agent_no = agents.agent_no and c.expires_at > ?6)
         returning agent_no",
    )
    .bind(agent.id.as_uuid().as_bytes().as_slice())
    .bind(&*agent.name)
    .bind(&*agent.name_key)
    .bind(agent.state.as_str())
    .bind(agent.is_listed)
    .bind(agent.now.as_micros())
    .fetch_optional(&mut *connection)
    .await
    .map_err(refused)?;
    let Some(row) = replaced else { return Ok(None) };
    let number = AgentNo(get(&row, "agent_no")?);
    for statement in [FORGET_KEYS, FORGET_CHALLENGES, FORGET_PROFILES] {
        sqlx::query(statement).bind(number.0).execute(&mut *connection).await.map_err(refused)?;
    }
    // The numbers of credentials are never given twice, so these stay.
    sqlx::query("update credentials set revoked_at = ?2 where agent_no = ?1 and revoked_at is null")
        .bind(number.0)
        .bind(agent.now.as_micros())
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(Some(number))
}

const FORGET_KEYS: &str = "
    delete from public_keys
    where credential_no in (select credential_no from credentials where agent_no = ?1)";

const FORGET_CHALLENGES: &str = "delete from challenges where agent_no = ?1";

const FORGET_PROFILES: &str = "delete from profiles where agent_no = ?1";

/// Adds a challenge, or answers with the one that lasts longest where there is no room for another.
pub(crate) async fn add_challenge(
    store: &SqliteStore,
    agent: AgentNo,
    challenge: &Challenge,
    room: ChallengeRoom,
    now: Timestamp,
) -> Result<Challenge, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let live = challenges(&mut transaction, agent, now).await?;
    if live.len() >= usize::try_from(room.most).unwrap_or(usize::MAX) {
        match (live.first(), live.last()) {
            (_, Some(last)) if last.expires_at <= room.gives_way_by => remove(&mut transaction, agent, last).await?,
            (Some(longest), _) => return Ok(*longest),
            (None, _) => return Err(failed("no challenge is allowed")),
        }
    }
    insert_challenge(&mut transaction, agent, challenge).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(*challenge)
}

/// An agent's challenges that have not run out, the one that lasts longest first.
pub(crate) const CHALLENGES: &str = "
    select challenge, expires_at
    from challenges
    where agent_no = ?1 and expires_at > ?2
    order by expires_at desc";

async fn challenges(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    now: Timestamp,
) -> Result<Vec<Challenge>, StoreError> {
    let live = sqlx::query(CHALLENGES).bind(agent.0).bind(now.as_micros());
    let rows = live.fetch_all(connection).await.map_err(refused)?;
    rows.iter().map(challenge_from_row).collect()
}

pub(crate) fn challenge_from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Challenge, StoreError> {
    let bytes = get::<&[u8], _>(row, "challenge")?.try_into().map_err(|_| StoreError::Unreadable("challenge"))?;
    Ok(Challenge { bytes, expires_at: get_time(row, "expires_at")? })
}

async fn insert_challenge(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    challenge: &Challenge,
) -> Result<(), StoreError> {
    sqlx::query("insert into challenges (challenge, agent_no, expires_at) values (?1, ?2, ?3)")
        .bind(challenge.bytes.as_slice())
        .bind(agent.0)
        .bind(challenge.expires_at.as_micros())
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}

async fn remove(connection: &mut SqliteConnection, agent: AgentNo, challenge: &Challenge) -> Result<(), StoreError> {
    sqlx::query("delete from challenges where challenge = ?1 and agent_no = ?2")
        .bind(challenge.bytes.as_slice())
        .bind(agent.0)
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}
