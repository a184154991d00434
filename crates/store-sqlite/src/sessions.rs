//! Sessions: how they begin, are renewed and go.

use sqlx::SqliteConnection;
use tertulia_model::{AgentNo, AgentState, CredentialNo, Timestamp};
use tertulia_store::{CredentialRecord, KeyDigest, NewSession, Proof, Proven, Renewal, SESSION, StoreError};

use crate::{
    SqliteStore, credentials,
    failure::refused,
    rows::{get, get_time, number_list},
};

/// Exchanges a proof for a session.
pub(crate) async fn prove(store: &SqliteStore, proof: &Proof) -> Result<Proven, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let state = state_of(&mut transaction, proof.agent).await?;
    if !matches!(state, AgentState::Pending | AgentState::Active) {
        return Ok(Proven::NotAllowed);
    }
    let key_is_live = credentials::is_live(&mut transaction, proof.agent, proof.key).await?;
    if !key_is_live || !use_challenge(&mut transaction, proof).await? {
        return Ok(Proven::TooLate);
    }
    let was_pending = state == AgentState::Pending;
    if was_pending {
        let word = AgentState::Active.as_str();
        let activated = sqlx::query("update agents set state = ?2 where agent_no = ?1").bind(proof.agent.0).bind(word);
        activated.execute(&mut *transaction).await.map_err(refused)?;
    }
    let ended = make_room(&mut transaction, proof).await?;
    let session = begin(&mut transaction, proof.agent, &proof.session, proof.now).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(Proven::Begun { session, was_pending, ended })
}

/// Ends one session and begins another, in one step.
pub(crate) async fn renew(
    store: &SqliteStore,
    refresh: &KeyDigest,
    session: &NewSession,
    now: Timestamp,
) -> Result<Renewal, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let found = sqlx::query(
        "select c.credential_no, c.agent_no, c.revoked_at, s.expires_at
         from sessions s
         join credentials c on c.credential_no = s.credential_no
         where s.refresh_digest = ?1",
    )
    .bind(refresh.0.as_slice())
    .fetch_optional(&mut *transaction)
    .await
    .map_err(refused)?;
    let Some(row) = found else { return Ok(Renewal::Unknown) };
    if get::<Option<i64>, _>(&row, "revoked_at")?.is_some() {
        return Ok(Renewal::Revoked);
    }
    if get_time(&row, "expires_at")? <= now {
        return Ok(Renewal::Expired);
    }
    let (agent, old) = (AgentNo(get(&row, "agent_no")?), CredentialNo(get(&row, "credential_no")?));
    if state_of(&mut transaction, agent).await? != AgentState::Active {
        return Ok(Renewal::NotAllowed);
    }
    revoke(&mut transaction, old, now).await?;
    let session = begin(&mut transaction, agent, session, now).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(Renewal::Renewed { session, ended: old })
}

/// Deletes what has run out; how many there were of what there were more of.
pub(crate) async fn sweep(store: &SqliteStore, now: Timestamp, most: u32) -> Result<u32, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let challenges = sqlx::query(
        "delete from challenges
         where challenge in (select challenge from challenges where expires_at <= ?1 order by expires_at limit ?2)",
    );
    let challenges = challenges.bind(now.as_micros()).bind(most).execute(&mut *transaction).await.map_err(refused)?;
    // The greatest number stays, so that none is given twice.
    let sessions = sqlx::query(
        "select credential_no
         from sessions
         where expires_at <= ?1 and credential_no < (select max(credential_no) from credentials)
         order by expires_at
         limit ?2",
    );
    let sessions = sessions.bind(now.as_micros()).bind(most).fetch_all(&mut *transaction).await.map_err(refused)?;
    let numbers = sessions.iter().map(|row| get::<i64, _>(row, "credential_no")).collect::<Result<Vec<_>, _>>()?;
    if !numbers.is_empty() {
        let list = number_list(numbers.iter().copied());
        for statement in [
            "delete from sessions where credential_no in (select value from json_each(?1))",
            "delete from credentials where credential_no in (select value from json_each(?1))",
        ] {
            sqlx::query(statement).bind(&list).execute(&mut *transaction).await.map_err(refused)?;
        }
    }
    transaction.commit().await.map_err(refused)?;
    let rows = challenges.rows_affected().max(numbers.len() as u64);
    Ok(u32::try_from(rows).unwrap_or(u32::MAX))
}

async fn state_of(connection: &mut SqliteConnection, agent: AgentNo) -> Result<AgentState, StoreError> {
    let state = sqlx::query("select state from agents where agent_no = ?1").bind(agent.0);
    let row = state.fetch_optional(connection).await.map_err(refused)?;
    let Some(row) = row else { return Ok(AgentState::Deleted) };
    AgentState::from_word(get(&row, "state")?).ok_or(StoreError::Unreadable("state of an agent"))
}

/// Uses a challenge up; `false` when it has run out or was used.
async fn use_challenge(connection: &mut SqliteConnection, proof: &Proof) -> Result<bool, StoreError> {
    let used = sqlx::query("delete from challenges where challenge = ?1 and agent_no = ?2 and expires_at > ?3")
        .bind(proof.challenge.as_slice())
        .bind(proof.agent.0)
        .bind(proof.now.as_micros())
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(used.rows_affected() == 1)
}

/// Ends the agent's oldest live session where it has as many as it may.
async fn make_room(connection: &mut SqliteConnection, proof: &Proof) -> Result<Option<CredentialNo>, StoreError> {
    let row = sqlx::query(
        "select count(*) as sessions, min(credential_no) as oldest
         from credentials
         where agent_no = ?1 and kind = ?2 and revoked_at is null",
    )
    .bind(proof.agent.0)
    .bind(SESSION)
    .fetch_one(&mut *connection)
    .await
    .map_err(refused)?;
    let oldest: Option<i64> = get(&row, "oldest")?;
    let is_full = get::<i64, _>(&row, "sessions")? >= i64::from(proof.most_sessions);
    let Some(oldest) = oldest.filter(|_| is_full).map(CredentialNo) else { return Ok(None) };
    revoke(connection, oldest, proof.now).await?;
    Ok(Some(oldest))
}

async fn begin(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    session: &NewSession,
    now: Timestamp,
) -> Result<CredentialRecord, StoreError> {
    let credential = credentials::insert_other(connection, agent, (session.id, SESSION), now).await?;
    sqlx::query("insert into sessions (credential_no, refresh_digest, expires_at) values (?1, ?2, ?3)")
        .bind(credential.number.0)
        .bind(session.refresh.0.as_slice())
        .bind(session.expires_at.as_micros())
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(credential)
}

async fn revoke(connection: &mut SqliteConnection, credential: CredentialNo, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("update credentials set revoked_at = ?2 where credential_no = ?1")
        .bind(credential.0)
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}
