//! Accounts that stand behind an e-mail address.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::SqliteConnection;
use tertulia_model::{AgentNo, CodeId, Email, Pause, Timestamp};
use tertulia_store::{
    Account, Accounts, AgentRecord, AuditEntry, DirectoryEntry, DirectoryQuery, EmailBinding, EmailBounds,
    EmailRegistration, NewAgent, NewCode, NewCredential, OPERATOR, Recovery, Registrable, StoreError, Telling, Told,
    UnsentMail,
};

use crate::{
    SqliteStore,
    agents::{self, agent_columns, agent_from_row},
    audit, credentials, directory, email_codes,
    failure::refused,
    rows::{get, get_count, get_optional_time},
    unsent_mails,
};

#[async_trait]
impl Accounts for SqliteStore {
    async fn registrable(&self, name_key: &str, email_key: &str, now: Timestamp) -> Result<Registrable, StoreError> {
        let wanted = sqlx::query(
            "select exists (
                        select 1
                        from agents a
                        where a.name_key = ?1
                        and (
                            a.state <> 'pending'
                            or exists (
                                select 1 from challenges c where c.agent_no = a.agent_no and c.expires_at > ?3
                            )
                        )
                    ) as is_name_taken,
                    count(*) as ever, count(*) filter (where a.state <> 'deleted') as live
             from emails e
             join agents a on a.agent_no = e.agent_no
             where e.email_key = ?2",
        )
        .bind(name_key)
        .bind(email_key)
        .bind(now.as_micros());
        let row = self.readers.first(wanted).await?.ok_or(StoreError::Unreadable("count of agents"))?;
        Ok(Registrable {
            is_name_taken: get(&row, "is_name_taken")?,
            live: get_count(&row, "live")?,
            ever: get_count(&row, "ever")?,
        })
    }

    async fn add_code(&self, code: &NewCode) -> Result<(), StoreError> {
        self.write(email_codes::insert(code)).await.map(drop)
    }

    async fn remove_code(&self, id: CodeId) -> Result<(), StoreError> {
        self.write(email_codes::delete(id)).await.map(drop)
    }

    #[tracing::instrument(name = "db.accounts.tell_code", level = "debug", skip_all)]
    async fn tell_code(&self, telling: &Telling) -> Result<Told, StoreError> {
        email_codes::tell(self, telling).await
    }

    #[tracing::instrument(name = "db.accounts.register", level = "debug", skip_all)]
    async fn register_with_email(
        &self,
        agent: &NewAgent,
        credential: &NewCredential,
        email: &Email,
        most: EmailBounds,
    ) -> Result<EmailRegistration, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let Some(record) = agents::add(&mut transaction, agent).await? else {
            return Ok(EmailRegistration::NameTaken);
        };
        let known = agents_behind(&mut transaction, email).await?;
        if known.live >= most.live {
            return Ok(EmailRegistration::TooManyLive);
        }
        if known.ever >= most.ever {
            return Ok(EmailRegistration::TooManyEver);
        }
        write_email(&mut transaction, record.number, email).await?;
        let credential = credentials::insert(&mut transaction, record.number, credential, agent.now).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(EmailRegistration::Registered { agent: record, credential })
    }

    #[tracing::instrument(name = "db.accounts.bind_email", level = "debug", skip_all)]
    async fn bind_email(
        &self,
        agent: AgentNo,
        email: &Email,
        most: EmailBounds,
        entry: &AuditEntry,
    ) -> Result<EmailBinding, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        if !has_no_email(&mut transaction, agent).await? {
            return Ok(EmailBinding::NotFree);
        }
        let known = agents_behind(&mut transaction, email).await?;
        if known.live >= most.live {
            return Ok(EmailBinding::TooManyLive);
        }
        if known.ever >= most.ever {
            return Ok(EmailBinding::TooManyEver);
        }
        write_email(&mut transaction, agent, email).await?;
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(EmailBinding::Bound)
    }

    async fn agents_of_email(&self, email_key: &str, limit: u32) -> Result<Vec<AgentRecord>, StoreError> {
        let behind = sqlx::query(concat!(
            "select ",
            agent_columns!(),
            "
             from emails e
             join agents a on a.agent_no = e.agent_no
             join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
             where e.email_key = ?1 and a.state in ('active', 'suspended')
             order by e.agent_no
             limit ?2"
        ))
        .bind(email_key)
        .bind(limit);
        self.readers.all(behind).await?.iter().map(agent_from_row).collect()
    }

    async fn account(&self, agent: AgentNo) -> Result<Account, StoreError> {
        let account = sqlx::query(
            "select e.email, a.changed_at
             from agents a
             left join emails e on e.agent_no = a.agent_no
             where a.agent_no = ?1",
        );
        let Some(row) = self.readers.first(account.bind(agent.0)).await? else { return Ok(Account::default()) };
        let email = get::<Option<&str>, _>(&row, "email")?.map(Arc::from);
        Ok(Account { email, changed_at: get_optional_time(&row, "changed_at")? })
    }

    #[tracing::instrument(name = "db.accounts.recover", level = "debug", skip_all)]
    async fn recover(
        &self,
        agent: AgentNo,
        credential: &NewCredential,
        entry: &AuditEntry,
    ) -> Result<Option<Recovery>, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        if !is_there(&mut transaction, agent).await? {
            return Ok(None);
        }
        let ended = credentials::end_all(&mut transaction, agent, entry.at).await?;
        let credential = credentials::insert(&mut transaction, agent, credential, entry.at).await?;
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(Some(Recovery { credential, ended }))
    }

    async fn set_pause(&self, agent: AgentNo, pause: Option<Pause>, entry: &AuditEntry) -> Result<bool, StoreError> {
        let change = sqlx::query(
            "update agents
             set paused = ?2, changed_at = ?3
             where agent_no = ?1 and paused is not ?2",
        )
        .bind(agent.0)
        .bind(pause.map(Pause::as_str))
        .bind(entry.at.as_micros());
        self.write_audited(change, entry).await
    }

    async fn set_restricted(
        &self,
        agent: AgentNo,
        is_restricted: bool,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let change = sqlx::query(
            "update agents
             set restricted_at = case when ?2 then ?3 end,
                 restricted_by = case when ?2 then ?4 end,
                 pardoned_at = case when not ?2 and ?4 = ?5 then ?3 else pardoned_at end,
                 changed_at = ?3
             where agent_no = ?1
             and ((restricted_at is not null) <> ?2 or (?2 and ?4 = ?5 and restricted_by <> ?5))",
        )
        .bind(agent.0)
        .bind(is_restricted)
        .bind(entry.at.as_micros())
        .bind(&entry.actor)
        .bind(OPERATOR);
        self.write_audited(change, entry).await
    }

    async fn directory(&self, query: DirectoryQuery<'_>) -> Result<Vec<DirectoryEntry>, StoreError> {
        directory::list(self, query).await
    }

    async fn count_directory(&self, prefix: &str) -> Result<u64, StoreError> {
        directory::count(self, prefix).await
    }

    async fn keep_unsent(&self, mail: &UnsentMail) -> Result<(), StoreError> {
        unsent_mails::keep(self, mail).await
    }

    async fn unsent_mails(&self, now: Timestamp, limit: u32) -> Result<Vec<UnsentMail>, StoreError> {
        unsent_mails::list(self, now, limit).await
    }

    async fn sweep_accounts(&self, now: Timestamp, windows_by: Timestamp, most: u32) -> Result<u32, StoreError> {
        const SLICES: [&str; 3] = [
            "delete from email_codes
             where code_id in (select code_id from email_codes where expires_at <= ?1 order by expires_at limit ?3)",
            "delete from unsent_mails
             where mail_no in (select mail_no from unsent_mails where expires_at <= ?1 order by expires_at limit ?3)",
            "delete from address_windows
             where (address, action) in (
                 select address, action from address_windows where started_at <= ?2 order by started_at limit ?3
             )",
        ];
        let mut most_swept = 0;
        for slice in SLICES {
            let swept = sqlx::query(slice).bind(now.as_micros()).bind(windows_by.as_micros()).bind(most);
            most_swept = most_swept.max(self.write(swept).await?);
        }
        Ok(u32::try_from(most_swept).unwrap_or(u32::MAX))
    }
}

/// How many agents stand behind an address.
async fn agents_behind(connection: &mut SqliteConnection, email: &Email) -> Result<EmailBounds, StoreError> {
    let row = sqlx::query(
        "select count(*) as ever, count(*) filter (where a.state <> 'deleted') as live
         from emails e
         join agents a on a.agent_no = e.agent_no
         where e.email_key = ?1",
    )
    .bind(&**email.key())
    .fetch_one(connection)
    .await
    .map_err(refused)?;
    Ok(EmailBounds { live: get_count(&row, "live")?, ever: get_count(&row, "ever")? })
}

async fn write_email(connection: &mut SqliteConnection, agent: AgentNo, email: &Email) -> Result<(), StoreError> {
    let address = sqlx::query("insert into emails (agent_no, email, email_key) values (?1, ?2, ?3)");
    let address = address.bind(agent.0).bind(&**email.spelling()).bind(&**email.key());
    address.execute(connection).await.map(drop).map_err(refused)
}

/// Whether an agent is active and has no address yet.
async fn has_no_email(connection: &mut SqliteConnection, agent: AgentNo) -> Result<bool, StoreError> {
    let free = sqlx::query(
        "select 1
         from agents a
         where a.agent_no = ?1 and a.state = 'active' and not exists (select 1 from emails e where e.agent_no = ?1)",
    )
    .bind(agent.0)
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    Ok(free.is_some())
}

/// Whether an agent is active or suspended.
async fn is_there(connection: &mut SqliteConnection, agent: AgentNo) -> Result<bool, StoreError> {
    let there = sqlx::query("select 1 from agents where agent_no = ?1 and state in ('active', 'suspended')")
        .bind(agent.0)
        .fetch_optional(connection)
        .await
        .map_err(refused)?;
    Ok(there.is_some())
}
