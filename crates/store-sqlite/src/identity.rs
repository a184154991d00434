//! Agents with keys of their own: what is read of them, and how they want to be treated.

use std::sync::Arc;

use async_trait::async_trait;
use tertulia_model::{AgentNo, CredentialId, CredentialNo, Openness, Timestamp};
use tertulia_store::{
    Challenge, ChallengeRoom, Counting, Identities, KeyDigest, NewPendingAgent, NewSession, PendingRegistration,
    Profile, ProfileChange, Proof, Proven, Renewal, SESSION, SessionRecord, Settings, StoreError, Window,
};

use crate::{
    SqliteStore,
    agents::{self, agent_columns},
    failure::refused,
    pending,
    rows::{get, get_count, get_openness, get_time},
    sessions,
};

#[async_trait]
impl Identities for SqliteStore {
    #[tracing::instrument(name = "db.identities.register", level = "debug", skip_all)]
    async fn register_pending(&self, agent: &NewPendingAgent) -> Result<PendingRegistration, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let Some(record) = pending::register(&mut transaction, agent).await? else {
            return Ok(PendingRegistration::NameTaken);
        };
        transaction.commit().await.map_err(refused)?;
        Ok(PendingRegistration::Pending(record))
    }

    async fn add_challenge(
        &self,
        agent: AgentNo,
        challenge: &Challenge,
        room: ChallengeRoom,
        now: Timestamp,
    ) -> Result<Challenge, StoreError> {
        pending::add_challenge(self, agent, challenge, room, now).await
    }

    async fn challenges(&self, agent: AgentNo, now: Timestamp) -> Result<Vec<Challenge>, StoreError> {
        let live = sqlx::query(pending::CHALLENGES).bind(agent.0).bind(now.as_micros());
        self.readers.all(live).await?.iter().map(pending::challenge_from_row).collect()
    }

    async fn public_keys(&self, agent: AgentNo) -> Result<Vec<(CredentialNo, Vec<u8>)>, StoreError> {
        let live = sqlx::query(
            "select c.credential_no, k.der
             from credentials c
             join public_keys k on k.credential_no = c.credential_no
             where c.agent_no = ?1 and c.revoked_at is null
             order by c.credential_no",
        )
        .bind(agent.0);
        let rows = self.readers.all(live).await?;
        rows.iter().map(|row| Ok((CredentialNo(get(row, "credential_no")?), get(row, "der")?))).collect()
    }

    #[tracing::instrument(name = "db.identities.prove", level = "debug", skip_all)]
    async fn prove(&self, proof: &Proof) -> Result<Proven, StoreError> {
        sessions::prove(self, proof).await
    }

    async fn session_holder(&self, refresh: &KeyDigest) -> Result<Option<AgentNo>, StoreError> {
        let holder = sqlx::query(
            "select c.agent_no
             from sessions s
             join credentials c on c.credential_no = s.credential_no
             where s.refresh_digest = ?1",
        )
        .bind(refresh.0.as_slice());
        self.readers.first(holder).await?.map(|row| Ok(AgentNo(get(&row, "agent_no")?))).transpose()
    }

    #[tracing::instrument(name = "db.identities.renew", level = "debug", skip_all)]
    async fn renew_session(
        &self,
        refresh: &KeyDigest,
        session: &NewSession,
        now: Timestamp,
    ) -> Result<Renewal, StoreError> {
        sessions::renew(self, refresh, session, now).await
    }

    async fn session(&self, id: CredentialId) -> Result<Option<SessionRecord>, StoreError> {
        let known = sqlx::query(concat!(
            "select ",
            agent_columns!(),
            ",
                    c.credential_no, c.revoked_at
             from credentials c
             join agents a on a.agent_no = c.agent_no
             join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
             where c.credential_id = ?1 and c.kind = ?2",
        ))
        .bind(id.as_uuid().as_bytes().as_slice())
        .bind(SESSION);
        let Some(row) = self.readers.first(known).await? else { return Ok(None) };
        Ok(Some(SessionRecord {
            agent: agents::agent_from_row(&row)?,
            number: CredentialNo(get(&row, "credential_no")?),
            is_revoked: get::<Option<i64>, _>(&row, "revoked_at")?.is_some(),
        }))
    }

    async fn is_live(&self, credential: CredentialNo) -> Result<bool, StoreError> {
        let live = sqlx::query("select 1 from credentials where credential_no = ?1 and revoked_at is null");
        Ok(self.readers.first(live.bind(credential.0)).await?.is_some())
    }

    async fn sweep_identities(&self, now: Timestamp, most: u32) -> Result<u32, StoreError> {
        sessions::sweep(self, now, most).await
    }

    async fn capabilities(&self, agent: AgentNo) -> Result<Vec<String>, StoreError> {
        let said = sqlx::query("select capabilities from agents where agent_no = ?1").bind(agent.0);
        let Some(row) = self.readers.first(said).await? else { return Ok(Vec::new()) };
        let said: Option<&str> = get(&row, "capabilities")?;
        let unreadable = |_| StoreError::Unreadable("list of capabilities");
        said.map_or(Ok(Vec::new()), |said| serde_json::from_str(said).map_err(unreadable))
    }

    async fn change_profile(
        &self,
        agent: AgentNo,
        change: &ProfileChange,
        now: Timestamp,
    ) -> Result<Profile, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let newest = sqlx::query(
            "select p.revision, p.display_name, p.about, p.avatar
             from agents a
             join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
             where a.agent_no = ?1",
        );
        let row = newest.bind(agent.0).fetch_one(&mut *transaction).await.map_err(refused)?;
        let profile = changed(agents::profile_from_row(&row)?, change);
        agents::insert_profile(&mut transaction, agent, &profile).await?;
        sqlx::query("update agents set revision = ?2, changed_at = ?3 where agent_no = ?1")
            .bind(agent.0)
            .bind(profile.revision)
            .bind(now.as_micros())
            .execute(&mut *transaction)
            .await
            .map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(profile)
    }

    async fn settings(&self, agent: AgentNo) -> Result<Settings, StoreError> {
        let said = sqlx::query(
            "select idle_timeout_secs, outbound_per_hour, wakes_per_hour, inbox_mode, invite_policy
             from settings
             where agent_no = ?1",
        );
        self.readers.first(said.bind(agent.0)).await?.as_ref().map_or(Ok(Settings::default()), settings_from_row)
    }

    async fn change_settings(&self, agent: AgentNo, change: &Settings) -> Result<Settings, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let row = sqlx::query(
            "insert into settings
                 (agent_no, idle_timeout_secs, outbound_per_hour, wakes_per_hour, inbox_mode, invite_policy)
             values (?1, ?2, ?3, ?4, ?5, ?6)
             on conflict (agent_no) do update
             set idle_timeout_secs = coalesce(excluded.idle_timeout_secs, idle_timeout_secs),
                 outbound_per_hour = coalesce(excluded.outbound_per_hour, outbound_per_hour),
                 wakes_per_hour = coalesce(excluded.wakes_per_hour, wakes_per_hour),
                 inbox_mode = coalesce(excluded.inbox_mode, inbox_mode),
                 invite_policy = coalesce(excluded.invite_policy, invite_policy)
             returning idle_timeout_secs, outbound_per_hour, wakes_per_hour, inbox_mode, invite_policy",
        )
        .bind(agent.0)
        .bind(change.idle_timeout_secs)
        .bind(change.outbound_per_hour)
        .bind(change.wakes_per_hour)
        .bind(change.inbox_mode.map(Openness::as_str))
        .bind(change.invite_policy.map(Openness::as_str))
        .fetch_one(&mut *transaction)
        .await
        .map_err(refused)?;
        let settings = settings_from_row(&row)?;
        transaction.commit().await.map_err(refused)?;
        Ok(settings)
    }

    async fn count_in_window(&self, counting: &Counting) -> Result<Window, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let begun = sqlx::query("select started_at, used from windows where agent_no = ?1 and action = ?2")
            .bind(counting.agent.0)
            .bind(counting.action)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(refused)?;
        let mut window = Window { started_at: counting.now, used: 0, is_counted: false };
        if let Some(row) = begun {
            let started_at = get_time(&row, "started_at")?;
            if counting.now.since(started_at) < counting.per {
                window = Window { started_at, used: get_count(&row, "used")?, is_counted: false };
            }
        }
        if window.used >= counting.most {
            return Ok(window);
        }
        window = Window { used: window.used + 1, is_counted: true, ..window };
        sqlx::query(
            "insert into windows (agent_no, action, started_at, used)
             values (?1, ?2, ?3, ?4)
             on conflict (agent_no, action) do update set started_at = excluded.started_at, used = excluded.used",
        )
        .bind(counting.agent.0)
        .bind(counting.action)
        .bind(window.started_at.as_micros())
        .bind(window.used)
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(window)
    }
}

fn changed(profile: Profile, change: &ProfileChange) -> Profile {
    let or = |new: &Option<Option<Arc<str>>>, old: Option<Arc<str>>| new.clone().unwrap_or(old);
    Profile {
        revision: profile.revision + 1,
        display_name: or(&change.display_name, profile.display_name),
        about: or(&change.about, profile.about),
        avatar: or(&change.avatar, profile.avatar),
    }
}

fn settings_from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Settings, StoreError> {
    Ok(Settings {
        idle_timeout_secs: get(row, "idle_timeout_secs")?,
        outbound_per_hour: get(row, "outbound_per_hour")?,
        wakes_per_hour: get(row, "wakes_per_hour")?,
        inbox_mode: get_openness(row, "inbox_mode")?,
        invite_policy: get_openness(row, "invite_policy")?,
    })
}
