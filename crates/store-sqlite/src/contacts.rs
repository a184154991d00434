//! Contact books.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{ContactPage, ContactRecord, Contacts, StoreError};

use crate::{
    SqliteStore,
    failure::{failed, refused},
    rows::{get, get_count, get_time, number_list},
};

#[async_trait]
impl Contacts for SqliteStore {
    #[tracing::instrument(name = "db.contacts.add", level = "debug", skip_all)]
    async fn add_contact(&self, agent: AgentNo, contact: AgentNo, now: Timestamp) -> Result<ContactRecord, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        insert(&mut transaction, agent, contact, now).await?;
        let row =
            sqlx::query("select contact_no, notes, added_at from contacts where agent_no = ?1 and contact_no = ?2")
                .bind(agent.0)
                .bind(contact.0)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(refused)?;
        let contact = from_row(&row.ok_or_else(|| failed("nobody is noted who is not there"))?)?;
        transaction.commit().await.map_err(refused)?;
        Ok(contact)
    }

    async fn contact(&self, agent: AgentNo, contact: AgentNo) -> Result<Option<ContactRecord>, StoreError> {
        let noted = sqlx::query(
            "select contact_no, notes, added_at
             from contacts
             where agent_no = ?1 and contact_no = ?2",
        )
        .bind(agent.0)
        .bind(contact.0);
        self.readers.first(noted).await?.as_ref().map(from_row).transpose()
    }

    #[tracing::instrument(name = "db.contacts.list", level = "debug", skip_all)]
    async fn contacts_of(&self, agent: AgentNo, limit: u32, offset: u64) -> Result<ContactPage, StoreError> {
        // The total comes with every row, and with one that has nothing else if the page is empty.
        let page = sqlx::query(
            "select t.total, l.contact_no, l.notes, l.added_at
             from (
                 select count(*) as total
                 from contacts c
                 join agents a on a.agent_no = c.contact_no
                 where c.agent_no = ?1 and a.state = 'active'
             ) t
             left join (
                 select c.contact_no, c.name_key, c.notes, c.added_at
                 from contacts c indexed by contacts_by_name
                 join agents a on a.agent_no = c.contact_no
                 where c.agent_no = ?1 and a.state = 'active'
                 order by c.name_key
                 limit ?2 offset ?3
             ) l
             order by l.name_key",
        )
        .bind(agent.0)
        .bind(limit)
        .bind(i64::try_from(offset).unwrap_or(i64::MAX));
        let rows = self.readers.all(page).await?;
        let total = rows.first().map_or(Ok(0), |row| get_count(row, "total"))?;
        let mut contacts = Vec::with_capacity(rows.len());
        for row in &rows {
            if get::<Option<i64>, _>(row, "contact_no")?.is_some() {
                contacts.push(from_row(row)?);
            }
        }
        Ok(ContactPage { contacts, total })
    }

    async fn annotate_contact(
        &self,
        agent: AgentNo,
        contact: AgentNo,
        notes: Option<&str>,
    ) -> Result<bool, StoreError> {
        let annotated = sqlx::query("update contacts set notes = ?3 where agent_no = ?1 and contact_no = ?2")
            .bind(agent.0)
            .bind(contact.0)
            .bind(notes);
        Ok(self.write(annotated).await? > 0)
    }

    async fn remove_contact(&self, agent: AgentNo, contact: AgentNo) -> Result<bool, StoreError> {
        let removed =
            sqlx::query("delete from contacts where agent_no = ?1 and contact_no = ?2").bind(agent.0).bind(contact.0);
        Ok(self.write(removed).await? > 0)
    }

    async fn contacts_among(&self, agent: AgentNo, others: &[AgentNo]) -> Result<Vec<AgentNo>, StoreError> {
        let noted = sqlx::query(
            "select distinct c.contact_no as agent_no
             from json_each(?2) o
             join contacts c on c.agent_no = ?1 and c.contact_no = o.value",
        )
        .bind(agent.0)
        .bind(number_list(others.iter().map(|other| other.0)));
        self.readers.all(noted).await?.iter().map(number_from_row).collect()
    }

    #[tracing::instrument(name = "db.contacts.holders", level = "debug", skip_all)]
    async fn holders_of(
        &self,
        contact: AgentNo,
        after: Option<AgentNo>,
        limit: u32,
    ) -> Result<Vec<AgentNo>, StoreError> {
        let holders = sqlx::query(
            "select agent_no
             from contacts indexed by contacts_of
             where contact_no = ?1 and agent_no > ?2
             order by agent_no
             limit ?3",
        )
        .bind(contact.0)
        .bind(after.map_or(0, |agent| agent.0))
        .bind(limit);
        self.readers.all(holders).await?.iter().map(number_from_row).collect()
    }
}

/// Writes a contact into a book within a transaction. Who stands in it stays as it is.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    contact: AgentNo,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into contacts (agent_no, contact_no, name_key, added_at)
         select ?1, agent_no, name_key, ?3
         from agents
         where agent_no = ?2
         on conflict (agent_no, contact_no) do nothing",
    )
    .bind(agent.0)
    .bind(contact.0)
    .bind(now.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

fn from_row(row: &SqliteRow) -> Result<ContactRecord, StoreError> {
    Ok(ContactRecord {
        agent: AgentNo(get(row, "contact_no")?),
        notes: get::<Option<&str>, _>(row, "notes")?.map(Arc::from),
        added_at: get_time(row, "added_at")?,
    })
}

fn number_from_row(row: &SqliteRow) -> Result<AgentNo, StoreError> {
    Ok(AgentNo(get(row, "agent_no")?))
}
