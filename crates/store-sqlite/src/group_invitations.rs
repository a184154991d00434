//! Invitations to groups that wait for an answer.

use sqlx::sqlite::SqliteRow;
use tertulia_model::{AgentNo, ConversationId, ConversationNo, GroupInvitationId};
use tertulia_store::{GroupInvitationRecord, NewGroupInvitation, StoreError};

use crate::{
    SqliteStore,
    failure::{failed, refused},
    readers::Statement,
    rows::{get, get_time, get_uuid},
};

/// What is read of an invitation.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "select i.invitation_id, i.conversation_no, c.conversation_id, i.invitee_no, i.inviter_no, i.invited_at
             from group_invitations i
             join conversations c on c.conversation_no = i.conversation_no
             where i.ended_at is null
             and ",
            $which
        )
    };
}

/// Invites an agent, unless it is invited already.
pub(crate) async fn invite(store: &SqliteStore, new: &NewGroupInvitation) -> Result<GroupInvitationRecord, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    sqlx::query(
        "insert into group_invitations (invitation_id, conversation_no, invitee_no, inviter_no, invited_at)
         values (?1, ?2, ?3, ?4, ?5)
         on conflict (conversation_no, invitee_no) where ended_at is null do nothing",
    )
    .bind(new.id.as_uuid().as_bytes().as_slice())
    .bind(new.conversation.0)
    .bind(new.invitee.0)
    .bind(new.inviter.0)
    .bind(new.now.as_micros())
    .execute(&mut *transaction)
    .await
    .map_err(refused)?;
    let row = waiting(new.conversation, new.invitee).fetch_optional(&mut *transaction).await.map_err(refused)?;
    let invitation = from_row(&row.ok_or_else(|| failed("an invitation is not there"))?)?;
    transaction.commit().await.map_err(refused)?;
    Ok(invitation)
}

/// The invitation of an agent to a group.
pub(crate) fn waiting(conversation: ConversationNo, invitee: AgentNo) -> Statement<'static> {
    sqlx::query(select!("i.conversation_no = ?1 and i.invitee_no = ?2")).bind(conversation.0).bind(invitee.0)
}

/// The invitation with this public id.
pub(crate) fn by_id(id: GroupInvitationId) -> Statement<'static> {
    sqlx::query(select!("i.invitation_id = ?1")).bind(id.as_uuid().as_bytes().to_vec())
}

/// The invitations of an agent, oldest first.
pub(crate) fn of(invitee: AgentNo, limit: u32) -> Statement<'static> {
    sqlx::query(select!("i.invitee_no = ?1 order by i.invitation_no limit ?2")).bind(invitee.0).bind(limit)
}

pub(crate) fn from_row(row: &SqliteRow) -> Result<GroupInvitationRecord, StoreError> {
    Ok(GroupInvitationRecord {
        id: GroupInvitationId::from_uuid(get_uuid(row, "invitation_id")?),
        conversation: ConversationNo(get(row, "conversation_no")?),
        group: ConversationId::from_uuid(get_uuid(row, "conversation_id")?),
        invitee: AgentNo(get(row, "invitee_no")?),
        inviter: AgentNo(get(row, "inviter_no")?),
        invited_at: get_time(row, "invited_at")?,
    })
}
