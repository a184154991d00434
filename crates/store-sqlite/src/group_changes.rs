//! What happens to groups, written with the messages that say so.

use sqlx::SqliteConnection;
use tertulia_model::{AgentNo, ConversationNo, Timestamp};
use tertulia_store::{GroupChange, GroupEdit, GroupMemberRecord, StoreError};

use crate::failure::{failed, refused};

/// Writes one change. What is written of the same commit afterwards waits, whatever it does.
pub(crate) async fn apply(connection: &mut SqliteConnection, change: &GroupChange) -> Result<(), StoreError> {
    match change {
        GroupChange::Joined { conversation, member } => {
            put_member(connection, *conversation, member).await?;
            let (agent, at) = (Some(member.agent), member.joined_at);
            end_invitations(connection, *conversation, agent, at).await
        }
        GroupChange::Left { conversation, agent, at } => {
            deliver(connection, *conversation, Some(*agent), *at).await?;
            end_memberships(connection, *conversation, Some(*agent), *at).await
        }
        GroupChange::Role { conversation, agent, role } => {
            let changed = sqlx::query(
                "update group_members
                 set role = ?3
                 where conversation_no = ?1
                 and agent_no = ?2
                 and left_at is null",
            )
            .bind(conversation.0)
            .bind(agent.0)
            .bind(role.as_str())
            .execute(connection)
            .await
            .map_err(refused)?;
            if changed.rows_affected() == 1 { Ok(()) } else { Err(failed("who has a role is no member")) }
        }
        GroupChange::Edited { conversation, edit } => self::edit(connection, *conversation, edit).await,
        GroupChange::Deleted { conversation, by, at } => delete(connection, *conversation, *by, *at).await,
    }
}

/// An agent is a member from now on.
pub(crate) async fn put_member(
    connection: &mut SqliteConnection,
    conversation: ConversationNo,
    member: &GroupMemberRecord,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into group_members (conversation_no, agent_no, role, joined_seq, joined_at)
         values (?1, ?2, ?3, ?4, ?5)
         on conflict (conversation_no, agent_no) do update
         set role = excluded.role, joined_seq = excluded.joined_seq, joined_at = excluded.joined_at, left_at = null",
    )
    .bind(conversation.0)
    .bind(member.agent.0)
    .bind(member.role.as_str())
    .bind(i64::try_from(member.joined_seq.0).unwrap_or(i64::MAX))
    .bind(member.joined_at.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

async fn edit(
    connection: &mut SqliteConnection,
    conversation: ConversationNo,
    edit: &GroupEdit,
) -> Result<(), StoreError> {
    let GroupEdit { name, description, avatar_url, avatar_key } = edit;
    let text = |change: &Option<Option<std::sync::Arc<str>>>| {
        change.as_ref().and_then(|text| text.as_deref().map(str::to_owned))
    };
    sqlx::query(
        "update groups
         set name = coalesce(?2, name),
             description = iif(?3, ?4, description),
             avatar_url = iif(?5, ?6, avatar_url),
             avatar_key = iif(?7, ?8, avatar_key)
         where conversation_no = ?1",
    )
    .bind(conversation.0)
    .bind(name.as_deref())
    .bind(description.is_some())
    .bind(text(description))
    .bind(avatar_url.is_some())
    .bind(text(avatar_url))
    .bind(avatar_key.is_some())
    .bind(text(avatar_key))
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

async fn delete(
    connection: &mut SqliteConnection,
    conversation: ConversationNo,
    by: AgentNo,
    at: Timestamp,
) -> Result<(), StoreError> {
    let deleted = sqlx::query(
        "update groups set deleted_at = ?2, deleted_by_no = ?3 where conversation_no = ?1 and deleted_at is null",
    )
    .bind(conversation.0)
    .bind(at.as_micros())
    .bind(by.0)
    .execute(&mut *connection)
    .await
    .map_err(refused)?;
    if deleted.rows_affected() == 0 {
        return Err(failed("a group is not there to be deleted"));
    }
    deliver(connection, conversation, None, at).await?;
    end_memberships(connection, conversation, None, at).await?;
    end_invitations(connection, conversation, None, at).await
}

/// What waits from there for one member, or for all of them, counts as delivered.
async fn deliver(
    connection: &mut SqliteConnection,
    conversation: ConversationNo,
    agent: Option<AgentNo>,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update envelopes
         set delivered_at = ?3
         where (agent_no, message_no) in (
             select e.agent_no, e.message_no
             from group_members gm
             cross join envelopes e indexed by envelopes_unread
                 on e.agent_no = gm.agent_no and e.conversation_no = ?1 and e.read_at is null and e.is_hidden = 0
             where gm.conversation_no = ?1
             and gm.agent_no = coalesce(?2, gm.agent_no)
             and gm.left_at is null
             and e.delivered_at is null
         )",
    )
    .bind(conversation.0)
    .bind(agent.map(|agent| agent.0))
    .bind(at.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

async fn end_memberships(
    connection: &mut SqliteConnection,
    conversation: ConversationNo,
    agent: Option<AgentNo>,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update group_members
         set left_at = ?3
         where conversation_no = ?1
         and agent_no = coalesce(?2, agent_no)
         and left_at is null",
    )
    .bind(conversation.0)
    .bind(agent.map(|agent| agent.0))
    .bind(at.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

async fn end_invitations(
    connection: &mut SqliteConnection,
    conversation: ConversationNo,
    invitee: Option<AgentNo>,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update group_invitations
         set ended_at = ?3
         where conversation_no = ?1
         and invitee_no = coalesce(?2, invitee_no)
         and ended_at is null",
    )
    .bind(conversation.0)
    .bind(invitee.map(|agent| agent.0))
    .bind(at.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}
