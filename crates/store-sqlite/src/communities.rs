//! Communities.

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, CommunityId, CommunityNo, ConversationId, ConversationNo, Role, Timestamp};
use tertulia_store::{
    Admission, BanRecord, Belonging, ChannelCreation, ChannelEdit, Communities, CommunityEdit, CommunityListing,
    CommunityQuery, CommunityRecord, Invitation, Member, NewChannel, NewCommunity, NewReport, ReportRecord, Reporting,
    Standpoint, StoreError, SweptCommunities, WholeCommunity,
};

use crate::{
    SqliteStore, bans, channels, community_lists, community_members, community_sweep,
    failure::{failed, refused},
    reports,
    rows::{get, get_count, get_time, get_uuid},
};

#[async_trait]
impl Communities for SqliteStore {
    #[tracing::instrument(name = "db.communities.create", level = "debug", skip_all)]
    async fn create_community(&self, new: &NewCommunity) -> Result<WholeCommunity, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let number = insert(&mut transaction, new).await?;
        insert_tags(&mut transaction, number, &new.tags).await?;
        let owner = Member { agent: new.owner, role: Role::Owner, since: new.created_at };
        community_members::insert(&mut transaction, number, owner).await?;
        let channel = channels::insert(&mut transaction, number, &new.channel).await?;
        transaction.commit().await.map_err(refused)?;
        let community = record_of(number, new);
        Ok(WholeCommunity { community, members: vec![owner], invited: Vec::new(), channels: vec![channel] })
    }

    #[tracing::instrument(name = "db.communities.whole", level = "debug", skip_all)]
    async fn whole_community(&self, id: CommunityId) -> Result<Option<WholeCommunity>, StoreError> {
        let found = sqlx::query(
            "select c.community_no, c.community_id, c.name, c.description, c.icon_url, c.owner_no, c.is_public,
                    c.most_members, c.instructions, c.report_threshold, c.tags, c.created_at,
                    (
                        select json_group_array(json_array(m.agent_no, m.role, m.since))
                        from community_members m
                        where m.community_no = c.community_no
                    ) as member_list,
                    (
                        select json_group_array(i.agent_no)
                        from community_invitations i
                        where i.community_no = c.community_no
                    ) as invited_list,
                    (
                        select json_group_array(json_array(
                            h.conversation_no, hex(v.conversation_id), h.name, h.category, h.kind, h.topic,
                            h.instructions, h.position
                        ) order by h.position, h.conversation_no)
                        from channels h
                        join conversations v on v.conversation_no = h.conversation_no
                        where h.community_no = c.community_no and h.deleted_at is null
                    ) as channel_list
             from communities c
             where c.community_id = ?1 and c.deleted_at is null",
        )
        .bind(id.as_uuid().as_bytes().as_slice());
        self.readers.first(found).await?.as_ref().map(whole_from_row).transpose()
    }

    async fn home_of_channel(&self, channel: ConversationId) -> Result<Option<CommunityId>, StoreError> {
        let found = sqlx::query(
            "select c.community_id
             from conversations v
             join channels h on h.conversation_no = v.conversation_no
             join communities c on c.community_no = h.community_no
             where v.conversation_id = ?1 and h.deleted_at is null and c.deleted_at is null",
        )
        .bind(channel.as_uuid().as_bytes().as_slice());
        let row = self.readers.first(found).await?;
        row.map(|row| get_uuid(&row, "community_id").map(CommunityId::from_uuid)).transpose()
    }

    #[tracing::instrument(name = "db.communities.edit", level = "debug", skip_all)]
    async fn edit_community(
        &self,
        community: CommunityNo,
        edit: &CommunityEdit,
    ) -> Result<Option<CommunityRecord>, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let Some(mut record) = read(&mut transaction, community).await? else { return Ok(None) };
        edit.clone().apply(&mut record);
        update(&mut transaction, &record).await?;
        if !edit.tags.keeps() {
            delete_tags(&mut transaction, community).await?;
            insert_tags(&mut transaction, community, &record.tags).await?;
        }
        transaction.commit().await.map_err(refused)?;
        Ok(Some(record))
    }

    #[tracing::instrument(name = "db.communities.delete", level = "debug", skip_all)]
    async fn delete_community(&self, community: CommunityNo, now: Timestamp) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let was_there = delete(&mut transaction, community, now).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(was_there)
    }

    #[tracing::instrument(name = "db.communities.admit", level = "debug", skip_all)]
    async fn admit_member(
        &self,
        community: CommunityNo,
        agent: AgentNo,
        now: Timestamp,
    ) -> Result<Admission, StoreError> {
        community_members::admit(self, community, agent, now).await
    }

    async fn remove_member(&self, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError> {
        community_members::remove(self, community, agent).await
    }

    async fn set_role(&self, community: CommunityNo, agent: AgentNo, role: Role) -> Result<bool, StoreError> {
        community_members::set_role(self, community, agent, role).await
    }

    async fn invite_member(
        &self,
        community: CommunityNo,
        agent: AgentNo,
        by: AgentNo,
        now: Timestamp,
        most: u32,
    ) -> Result<Invitation, StoreError> {
        community_members::invite(self, community, agent, by, now, most).await
    }

    async fn withdraw_invitation(&self, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError> {
        community_members::withdraw(self, community, agent).await
    }

    #[tracing::instrument(name = "db.communities.ban", level = "debug", skip_all)]
    async fn ban_member(&self, community: CommunityNo, ban: &BanRecord) -> Result<bool, StoreError> {
        bans::ban(self, community, ban).await
    }

    async fn lift_ban(&self, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError> {
        bans::lift(self, community, agent).await
    }

    async fn bans(&self, community: CommunityNo, limit: u32) -> Result<Vec<BanRecord>, StoreError> {
        bans::list(self, community, limit).await
    }

    #[tracing::instrument(name = "db.channels.create", level = "debug", skip_all)]
    async fn create_channel(
        &self,
        community: CommunityNo,
        channel: &NewChannel,
        most: u32,
    ) -> Result<ChannelCreation, StoreError> {
        channels::create(self, community, channel, most).await
    }

    async fn edit_channel(&self, channel: ConversationNo, edit: &ChannelEdit) -> Result<bool, StoreError> {
        channels::edit(self, channel, edit).await
    }

    async fn delete_channel(&self, channel: ConversationNo, now: Timestamp) -> Result<bool, StoreError> {
        channels::delete(self, channel, now).await
    }

    #[tracing::instrument(name = "db.reports.write", level = "debug", skip_all)]
    async fn report_agent(&self, report: &NewReport) -> Result<Reporting, StoreError> {
        reports::write(self, report).await
    }

    async fn reports(&self, target: Option<AgentNo>, limit: u32) -> Result<Vec<ReportRecord>, StoreError> {
        reports::list(self, target, limit).await
    }

    #[tracing::instrument(name = "db.communities.list", level = "debug", skip_all)]
    async fn list_communities(
        &self,
        query: CommunityQuery<'_>,
        now: Timestamp,
        limit: u32,
        offset: u64,
    ) -> Result<Vec<CommunityListing>, StoreError> {
        community_lists::list(self, query, now, limit, offset).await
    }

    async fn count_communities_before(
        &self,
        query: CommunityQuery<'_>,
        standpoint: Standpoint,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        community_lists::count_before(self, query, standpoint, now).await
    }

    async fn communities_of(&self, agent: AgentNo, limit: u32) -> Result<Vec<Belonging>, StoreError> {
        community_lists::of_agent(self, agent, limit).await
    }

    #[tracing::instrument(name = "db.communities.sweep", level = "debug", skip_all)]
    async fn sweep_communities(&self, now: Timestamp, most_rows: u32) -> Result<SweptCommunities, StoreError> {
        community_sweep::sweep(self, now, most_rows).await
    }
}

/// The new community's number: greater than every one before, also than those of which nothing is left.
async fn insert(connection: &mut SqliteConnection, new: &NewCommunity) -> Result<CommunityNo, StoreError> {
    let row = sqlx::query(
        "insert into communities
             (community_no, community_id, members, created_at, is_public, owner_no, most_members, report_threshold, name,
              tags, folded, description, icon_url, instructions)
         select 1 + max(last_community_no, (select coalesce(max(community_no), 0) from communities)),
                ?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
         from hub
         returning community_no",
    )
    .bind(new.id.as_uuid().as_bytes().as_slice())
    .bind(new.created_at.as_micros())
    .bind(new.is_public)
    .bind(new.owner.0)
    .bind(new.most_members)
    .bind(new.report_threshold)
    .bind(&*new.name)
    .bind(tag_list(&new.tags))
    .bind(folded(&new.name, new.description.as_deref()))
    .bind(new.description.as_deref())
    .bind(new.icon_url.as_deref())
    .bind(new.instructions.as_deref())
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    let row = row.ok_or_else(|| failed("the hub was never opened"))?;
    Ok(CommunityNo(get(&row, "community_no")?))
}

fn record_of(number: CommunityNo, new: &NewCommunity) -> CommunityRecord {
    CommunityRecord {
        number,
        id: new.id,
        name: new.name.clone(),
        description: new.description.clone(),
        icon_url: new.icon_url.clone(),
        owner: new.owner,
        is_public: new.is_public,
        most_members: new.most_members,
        instructions: new.instructions.clone(),
        report_threshold: new.report_threshold,
        tags: new.tags.clone(),
        created_at: new.created_at,
    }
}

async fn read(
    connection: &mut SqliteConnection,
    community: CommunityNo,
) -> Result<Option<CommunityRecord>, StoreError> {
    let row = sqlx::query(
        "select community_no, community_id, name, description, icon_url, owner_no, is_public, most_members,
                instructions, report_threshold, tags, created_at
         from communities
         where community_no = ?1 and deleted_at is null",
    )
    .bind(community.0)
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    row.as_ref().map(from_row).transpose()
}

async fn update(connection: &mut SqliteConnection, record: &CommunityRecord) -> Result<(), StoreError> {
    sqlx::query(
        "update communities
         set name = ?2, description = ?3, icon_url = ?4, is_public = ?5, instructions = ?6, report_threshold = ?7,
             tags = ?8, folded = ?9
         where community_no = ?1",
    )
    .bind(record.number.0)
    .bind(&*record.name)
    .bind(record.description.as_deref())
    .bind(record.icon_url.as_deref())
    .bind(record.is_public)
    .bind(record.instructions.as_deref())
    .bind(record.report_threshold)
    .bind(tag_list(&record.tags))
    .bind(folded(&record.name, record.description.as_deref()))
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

async fn insert_tags(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    tags: &[std::sync::Arc<str>],
) -> Result<(), StoreError> {
    sqlx::query("insert into community_tags (tag, community_no) select value, ?1 from json_each(?2)")
        .bind(community.0)
        .bind(tag_list(tags))
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}

async fn delete_tags(connection: &mut SqliteConnection, community: CommunityNo) -> Result<(), StoreError> {
    sqlx::query("delete from community_tags where community_no = ?1")
        .bind(community.0)
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}

fn tag_list(tags: &[std::sync::Arc<str>]) -> String {
    let tags: Vec<&str> = tags.iter().map(|tag| &**tag).collect();
    serde_json::to_string(&tags).expect("strings are always JSON")
}

/// Deletes a community with its channels within a transaction; `false`: it was gone before.
pub(crate) async fn delete(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let deleted = sqlx::query("update communities set deleted_at = ?2 where community_no = ?1 and deleted_at is null")
        .bind(community.0)
        .bind(now.as_micros())
        .execute(&mut *connection)
        .await
        .map_err(refused)?;
    if deleted.rows_affected() == 0 {
        return Ok(false);
    }
    channels::delete_all(connection, community, now).await?;
    Ok(true)
}

/// Name and description as they are searched.
fn folded(name: &str, description: Option<&str>) -> String {
    format!("{}\n{}", community_lists::fold(name), community_lists::fold(description.unwrap_or_default()))
}

fn whole_from_row(row: &SqliteRow) -> Result<WholeCommunity, StoreError> {
    let invited: Vec<i64> = serde_json::from_str(get(row, "invited_list")?)
        .map_err(|_| StoreError::Unreadable("invitations to a community"))?;
    Ok(WholeCommunity {
        community: from_row(row)?,
        members: community_members::decode(get(row, "member_list")?)?,
        invited: invited.into_iter().map(AgentNo).collect(),
        channels: channels::decode(get(row, "channel_list")?)?,
    })
}

/// A community out of a row that has its columns.
pub(crate) fn from_row(row: &SqliteRow) -> Result<CommunityRecord, StoreError> {
    let text = |column| Ok::<_, StoreError>(get::<Option<&str>, _>(row, column)?.map(Into::into));
    let tags: Vec<String> =
        serde_json::from_str(get(row, "tags")?).map_err(|_| StoreError::Unreadable("tags of a community"))?;
    Ok(CommunityRecord {
        number: CommunityNo(get(row, "community_no")?),
        id: CommunityId::from_uuid(get_uuid(row, "community_id")?),
        name: get::<&str, _>(row, "name")?.into(),
        description: text("description")?,
        icon_url: text("icon_url")?,
        owner: AgentNo(get(row, "owner_no")?),
        is_public: get(row, "is_public")?,
        most_members: get_count(row, "most_members")?,
        instructions: text("instructions")?,
        report_threshold: get_count(row, "report_threshold")?,
        tags: tags.into_iter().map(Into::into).collect(),
        created_at: get_time(row, "created_at")?,
    })
}
