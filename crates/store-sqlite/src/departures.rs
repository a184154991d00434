//! Agents that go for good, and what tied them to others.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use tertulia_model::{AgentNo, CommunityNo, ConversationId, CredentialNo, Role, Timestamp};
use tertulia_store::{AuditEntry, Departures, EndedView, Parting, StoreError, UndoneTies};

use crate::{
    SqliteStore, audit, communities, community_members, credentials,
    failure::refused,
    relations,
    rows::{get, get_uuid},
};

/// What goes with the agent itself.
const LEFT_BEHIND: [&str; 5] = [
    "delete from answers where agent_no = ?1",
    "delete from challenges where agent_no = ?1",
    "delete from email_codes where agent_no = ?1",
    "delete from verifications where agent_no = ?1",
    "delete from badges where agent_no = ?1",
];

/// What is undone in slices besides friendships; in this order, since what waits for an endpoint refers to it.
const UNDOINGS: [&str; 5] = [
    "delete from friend_requests
     where request_no in (
         select request_no from (select request_no from friend_requests where from_no = ?1 limit ?3)
         union all
         select request_no from (select request_no from friend_requests where to_no = ?1 limit ?3)
     )",
    "update vouches
     set ended_at = ?2
     where ended_at is null
     and (agent_no, vouchee_no) in (
         select agent_no, vouchee_no
         from (select agent_no, vouchee_no from vouches where agent_no = ?1 and ended_at is null limit ?3)
         union all
         select agent_no, vouchee_no
         from (select agent_no, vouchee_no from vouches where vouchee_no = ?1 and ended_at is null limit ?3)
     )",
    "update endpoints
     set url = null, secret = null, comes_up_at = null, removed_at = ?2
     where agent_no = ?1
     and removed_at is null",
    "delete from deliveries
     where delivery_no in (
         select d.delivery_no
         from endpoints e
         join deliveries d on d.endpoint_no = e.endpoint_no
         where e.agent_no = ?1
         limit ?3
     )",
    "delete from endpoints
     where endpoint_no in (
         select e.endpoint_no
         from endpoints e
         where e.agent_no = ?1
         and not exists (select 1 from deliveries d where d.endpoint_no = e.endpoint_no)
         limit ?3
     )",
];

#[async_trait]
impl Departures for SqliteStore {
    #[tracing::instrument(name = "db.departures.delete", level = "debug", skip_all)]
    async fn delete_agent(&self, agent: AgentNo, entry: &AuditEntry) -> Result<Option<Vec<CredentialNo>>, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let deleted = sqlx::query(
            "update agents
             set state = 'deleted', changed_at = ?2
             where agent_no = ?1 and state in ('active', 'suspended') and is_system = 0",
        )
        .bind(agent.0)
        .bind(entry.at.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        if deleted.rows_affected() == 0 {
            return Ok(None);
        }
        let ended = credentials::end_all(&mut transaction, agent, entry.at).await?;
        for statement in LEFT_BEHIND {
            sqlx::query(statement).bind(agent.0).execute(&mut *transaction).await.map_err(refused)?;
        }
        sqlx::query("insert into departures (agent_no, deleted_at) values (?1, ?2)")
            .bind(agent.0)
            .bind(entry.at.as_micros())
            .execute(&mut *transaction)
            .await
            .map_err(refused)?;
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(Some(ended))
    }

    async fn departing(&self, limit: u32) -> Result<Vec<AgentNo>, StoreError> {
        let departing = sqlx::query("select agent_no from departures order by deleted_at, agent_no limit ?1");
        let rows = self.readers.all(departing.bind(limit)).await?;
        rows.iter().map(|row| Ok(AgentNo(get(row, "agent_no")?))).collect()
    }

    #[tracing::instrument(name = "db.departures.undo_ties", level = "debug", skip_all)]
    async fn undo_ties(&self, agent: AgentNo, now: Timestamp, most: u32) -> Result<UndoneTies, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let views = end_friendships(&mut transaction, agent, now, most).await?;
        let mut undone = views.len() as u64;
        for statement in UNDOINGS {
            let undoing = sqlx::query(statement).bind(agent.0).bind(now.as_micros()).bind(most);
            undone += undoing.execute(&mut *transaction).await.map_err(refused)?.rows_affected();
        }
        transaction.commit().await.map_err(refused)?;
        Ok(UndoneTies { views, is_done: undone == 0 })
    }

    #[tracing::instrument(name = "db.departures.part_with", level = "debug", skip_all)]
    async fn part_with(&self, community: CommunityNo, agent: AgentNo, now: Timestamp) -> Result<Parting, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let parting = match role_of(&mut transaction, community, agent).await? {
            None => Parting::NotThere,
            Some(Role::Admin | Role::Member) => {
                community_members::delete(&mut transaction, community, agent).await?;
                Parting::Left
            }
            Some(Role::Owner) => {
                let successor = community_members::successor(&mut transaction, community, agent).await?;
                if let Some(successor) = successor {
                    community_members::pass_on(&mut transaction, community, agent, successor).await?;
                    Parting::PassedTo(successor)
                } else {
                    communities::delete(&mut transaction, community, now).await?;
                    Parting::Deleted
                }
            }
        };
        transaction.commit().await.map_err(refused)?;
        Ok(parting)
    }

    async fn rooms_with(&self, agent: AgentNo, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError> {
        let rooms = sqlx::query(
            "select v.conversation_id
             from participants p
             join rooms r on r.conversation_no = p.conversation_no
             join conversations v on v.conversation_no = p.conversation_no
             where p.agent_no = ?1 and r.expires_at > ?2
             order by p.conversation_no
             limit ?3",
        )
        .bind(agent.0)
        .bind(now.as_micros())
        .bind(limit);
        let rows = self.readers.all(rooms).await?;
        rows.iter().map(|row| Ok(ConversationId::from_uuid(get_uuid(row, "conversation_id")?))).collect()
    }

    async fn finish_departure(&self, agent: AgentNo) -> Result<(), StoreError> {
        self.write(sqlx::query("delete from departures where agent_no = ?1").bind(agent.0)).await.map(drop)
    }
}

/// Ends friendships with their views within a transaction.
async fn end_friendships(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    now: Timestamp,
    most: u32,
) -> Result<Vec<EndedView>, StoreError> {
    let friends = sqlx::query("select friend_no from friendships where agent_no = ?1 limit ?2")
        .bind(agent.0)
        .bind(most)
        .fetch_all(&mut *connection)
        .await
        .map_err(refused)?;
    let mut ended = Vec::with_capacity(friends.len());
    for row in friends {
        let friend = AgentNo(get(&row, "friend_no")?);
        ended.extend(relations::unfriend(connection, agent, friend, now).await?);
    }
    Ok(ended)
}

/// What an agent is in a community that is there.
async fn role_of(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    agent: AgentNo,
) -> Result<Option<Role>, StoreError> {
    let row = sqlx::query(
        "select m.role
         from community_members m
         join communities c on c.community_no = m.community_no
         where m.community_no = ?1 and m.agent_no = ?2 and c.deleted_at is null",
    )
    .bind(community.0)
    .bind(agent.0)
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    row.as_ref().map(community_members::role_from_row).transpose()
}
