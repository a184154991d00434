//! Groups and their members.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use tertulia_model::{
    AgentNo, ConversationId, ConversationKind, ConversationNo, GroupInvitationId, GroupRole, Seq, Timestamp,
};
use tertulia_store::{
    FormerMemberRecord, GroupInvitationRecord, GroupMemberRecord, GroupRecord, Groups, InvitationsMade, LogEnd,
    NewGroup, NewGroupInvitation, StoreError, WholeGroup,
};

use crate::{
    SqliteStore, conversations,
    failure::refused,
    group_changes, group_invitations,
    rows::{get, get_count, get_optional_time, get_time, get_uuid},
};

#[async_trait]
impl Groups for SqliteStore {
    #[tracing::instrument(name = "db.groups.create", level = "debug", skip_all)]
    async fn create_group(&self, new: &NewGroup) -> Result<GroupRecord, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let number = conversations::insert(&mut transaction, new.id, ConversationKind::Group, new.created_at).await?;
        sqlx::query(
            "insert into groups (conversation_no, name, description, avatar_url, creator_no)
             values (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(number.0)
        .bind(&*new.name)
        .bind(new.description.as_deref())
        .bind(new.avatar_url.as_deref())
        .bind(new.creator.0)
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        let (role, joined_seq) = (GroupRole::Admin, Seq::START.next());
        let creator = GroupMemberRecord { agent: new.creator, role, joined_seq, joined_at: new.created_at };
        group_changes::put_member(&mut transaction, number, &creator).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(GroupRecord {
            number,
            id: new.id,
            name: new.name.clone(),
            description: new.description.clone(),
            avatar_url: new.avatar_url.clone(),
            avatar_key: None,
            creator: new.creator,
            created_at: new.created_at,
            deleted: None,
        })
    }

    async fn whole_group(&self, id: ConversationId) -> Result<Option<WholeGroup>, StoreError> {
        let found = sqlx::query(
            "select c.conversation_no, c.conversation_id, c.created_at, c.removed, g.name, g.description, g.avatar_url,
                    g.avatar_key, g.creator_no, g.deleted_at, g.deleted_by_no,
                    coalesce(m.seq, 0) as last_seq, coalesce(m.created_at, 0) as last_at,
                    (
                        select json_group_array(json_array(gm.agent_no, gm.role, gm.joined_seq, gm.joined_at))
                        from group_members gm
                        where gm.conversation_no = c.conversation_no
                        and gm.left_at is null
                    ) as members
             from conversations c
             join groups g on g.conversation_no = c.conversation_no
             left join messages m on m.message_no = (
                 select message_no
                 from messages
                 where conversation_no = c.conversation_no
                 order by seq desc
                 limit 1
             )
             where c.conversation_id = ?1",
        )
        .bind(id.as_uuid().as_bytes().as_slice());
        self.readers.first(found).await?.as_ref().map(whole_from_row).transpose()
    }

    async fn former_member(
        &self,
        conversation: ConversationNo,
        agent: AgentNo,
    ) -> Result<Option<FormerMemberRecord>, StoreError> {
        let former = sqlx::query(
            "select joined_seq, left_at
             from group_members
             where conversation_no = ?1
             and agent_no = ?2
             and left_at is not null",
        )
        .bind(conversation.0)
        .bind(agent.0);
        let Some(row) = self.readers.first(former).await? else { return Ok(None) };
        let joined_seq = Seq(get_count(&row, "joined_seq")?);
        Ok(Some(FormerMemberRecord { joined_seq, left_at: get_time(&row, "left_at")? }))
    }

    async fn groups_of(
        &self,
        agent: AgentNo,
        after: ConversationNo,
        limit: u32,
    ) -> Result<Vec<(ConversationNo, ConversationId)>, StoreError> {
        let groups = sqlx::query(
            "select gm.conversation_no, c.conversation_id
             from group_members gm
             join conversations c on c.conversation_no = gm.conversation_no
             where gm.agent_no = ?1
             and gm.left_at is null
             and gm.conversation_no > ?2
             order by gm.conversation_no
             limit ?3",
        )
        .bind(agent.0)
        .bind(after.0)
        .bind(limit);
        let row = |row: &SqliteRow| {
            let id = ConversationId::from_uuid(get_uuid(row, "conversation_id")?);
            Ok((ConversationNo(get(row, "conversation_no")?), id))
        };
        self.readers.all(groups).await?.iter().map(row).collect()
    }

    async fn invite_to_group(&self, new: &NewGroupInvitation) -> Result<GroupInvitationRecord, StoreError> {
        group_invitations::invite(self, new).await
    }

    async fn waiting_invitation(
        &self,
        conversation: ConversationNo,
        invitee: AgentNo,
    ) -> Result<Option<GroupInvitationRecord>, StoreError> {
        let waiting = group_invitations::waiting(conversation, invitee);
        self.readers.first(waiting).await?.as_ref().map(group_invitations::from_row).transpose()
    }

    async fn group_invitation(&self, id: GroupInvitationId) -> Result<Option<GroupInvitationRecord>, StoreError> {
        let found = group_invitations::by_id(id);
        self.readers.first(found).await?.as_ref().map(group_invitations::from_row).transpose()
    }

    async fn group_invitations_of(
        &self,
        invitee: AgentNo,
        limit: u32,
    ) -> Result<Vec<GroupInvitationRecord>, StoreError> {
        let rows = self.readers.all(group_invitations::of(invitee, limit)).await?;
        rows.iter().map(group_invitations::from_row).collect()
    }

    async fn group_invitations_by(&self, inviter: AgentNo, since: Timestamp) -> Result<InvitationsMade, StoreError> {
        let made = sqlx::query(
            "select count(*) as count, min(invited_at) as oldest
             from group_invitations
             where inviter_no = ?1
             and invited_at > ?2",
        )
        .bind(inviter.0)
        .bind(since.as_micros());
        let Some(row) = self.readers.first(made).await? else { return Ok(InvitationsMade::default()) };
        Ok(InvitationsMade { count: get_count(&row, "count")?, oldest: get_optional_time(&row, "oldest")? })
    }

    async fn end_group_invitation(&self, id: GroupInvitationId, now: Timestamp) -> Result<bool, StoreError> {
        let end =
            sqlx::query("update group_invitations set ended_at = ?2 where invitation_id = ?1 and ended_at is null")
                .bind(id.as_uuid().as_bytes().as_slice())
                .bind(now.as_micros());
        Ok(self.write(end).await? > 0)
    }

    async fn end_group_invitations_of(&self, invitee: AgentNo, now: Timestamp) -> Result<u64, StoreError> {
        let end = sqlx::query("update group_invitations set ended_at = ?2 where invitee_no = ?1 and ended_at is null")
            .bind(invitee.0)
            .bind(now.as_micros());
        self.write(end).await
    }

    async fn sweep_group_invitations(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let sweep = sqlx::query(
            "delete from group_invitations
             where invitation_no in (
                 select invitation_no
                 from group_invitations indexed by group_invitations_ended
                 where ended_at < ?1
                 and invited_at < ?1
                 limit ?2
             )",
        )
        .bind(before.as_micros())
        .bind(limit);
        self.write(sweep).await
    }
}

/// What is aggregated of each member: number, role, first message, and since when.
type MemberRow<'a> = (i64, &'a str, u64, i64);

fn whole_from_row(row: &SqliteRow) -> Result<WholeGroup, StoreError> {
    let rows: Vec<MemberRow<'_>> =
        serde_json::from_str(get(row, "members")?).map_err(|_| StoreError::Unreadable("members of a group"))?;
    let member = |(agent, role, joined_seq, joined_at): MemberRow<'_>| {
        Ok(GroupMemberRecord {
            agent: AgentNo(agent),
            role: GroupRole::from_word(role).ok_or(StoreError::Unreadable("role of a member"))?,
            joined_seq: Seq(joined_seq),
            joined_at: Timestamp::from_micros(joined_at),
        })
    };
    let end = LogEnd {
        last_seq: Seq(get_count(row, "last_seq")?),
        last_at: get_time(row, "last_at")?,
        removed: get_count(row, "removed")?,
    };
    let members = rows.into_iter().map(member).collect::<Result<_, StoreError>>()?;
    Ok(WholeGroup { group: group_from_row(row)?, members, end })
}

fn group_from_row(row: &SqliteRow) -> Result<GroupRecord, StoreError> {
    let text = |column| Ok::<_, StoreError>(get::<Option<&str>, _>(row, column)?.map(Into::into));
    let deleted_by: Option<i64> = get(row, "deleted_by_no")?;
    Ok(GroupRecord {
        number: ConversationNo(get(row, "conversation_no")?),
        id: ConversationId::from_uuid(get_uuid(row, "conversation_id")?),
        name: get::<&str, _>(row, "name")?.into(),
        description: text("description")?,
        avatar_url: text("avatar_url")?,
        avatar_key: text("avatar_key")?,
        creator: AgentNo(get(row, "creator_no")?),
        created_at: get_time(row, "created_at")?,
        deleted: get_optional_time(row, "deleted_at")?.zip(deleted_by.map(AgentNo)),
    })
}
