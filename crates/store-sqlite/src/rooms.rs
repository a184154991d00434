//! Rooms.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, ConversationId, ConversationKind, ConversationNo, Seq, Standing, Timestamp, Visibility};
use tertulia_store::{
    LogEnd, NewRoom, Participant, ParticipantChange, RoomListing, RoomRecord, Rooms, StoreError, Swept, WholeRoom,
};

use crate::{
    SqliteStore, conversations,
    failure::refused,
    participants,
    rows::{get, get_count, get_time, get_uuid},
    sweep,
};

#[async_trait]
impl Rooms for SqliteStore {
    #[tracing::instrument(name = "db.rooms.create", level = "debug", skip_all)]
    async fn create_room(&self, room: &NewRoom) -> Result<RoomRecord, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let number = conversations::insert(&mut transaction, room.id, ConversationKind::Room, room.created_at).await?;
        insert_room(&mut transaction, number, room).await?;
        participants::change(&mut transaction, &first_participants(number, room)).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(RoomRecord {
            number,
            id: room.id,
            name: room.name.clone(),
            description: room.description.clone(),
            visibility: room.visibility,
            only_creator_invites: room.only_creator_invites,
            creator: room.creator,
            created_at: room.created_at,
            expires_at: room.expires_at,
        })
    }

    async fn room(&self, id: ConversationId) -> Result<Option<RoomRecord>, StoreError> {
        let found = sqlx::query(
            "select r.conversation_no, c.conversation_id, r.name, r.description, r.visibility, r.only_creator_invites,
                    r.creator_no, c.created_at, r.expires_at
             from conversations c
             join rooms r on r.conversation_no = c.conversation_no
             where c.conversation_id = ?1",
        )
        .bind(id.as_uuid().as_bytes().as_slice());
        self.readers.first(found).await?.as_ref().map(room_from_row).transpose()
    }

    async fn whole_room(&self, id: ConversationId) -> Result<Option<WholeRoom>, StoreError> {
        let found = sqlx::query(
            "select c.conversation_no, c.conversation_id, r.name, r.description, r.visibility, r.only_creator_invites,
                    r.creator_no, c.created_at, r.expires_at, c.removed,
                    coalesce(m.seq, 0) as last_seq, coalesce(m.created_at, 0) as last_at,
                    (
                        select json_group_array(json_array(p.agent_no, p.standing, p.since))
                        from participants p
                        where p.conversation_no = c.conversation_no
                    ) as participants
             from conversations c
             join rooms r on r.conversation_no = c.conversation_no
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
        self.readers.first(found).await?.as_ref().map(whole_room_from_row).transpose()
    }

    async fn participants(&self, conversation: ConversationNo) -> Result<Vec<Participant>, StoreError> {
        participants::list(self, conversation).await
    }

    #[tracing::instrument(name = "db.rooms.members", level = "debug", skip_all)]
    async fn members(&self, conversations: &[ConversationNo], limit: u32) -> Result<Vec<Participant>, StoreError> {
        participants::members(self, conversations, limit).await
    }

    #[tracing::instrument(name = "db.rooms.list", level = "debug", skip_all)]
    async fn list_rooms(
        &self,
        visibility: Option<Visibility>,
        viewer: Option<AgentNo>,
        now: Timestamp,
        limit: u32,
        offset: u64,
    ) -> Result<Vec<RoomListing>, StoreError> {
        // The inner list is read from its index alone; only the rows of the page are looked up.
        let page = match visibility {
            None => sqlx::query(
                "select r.conversation_no, c.conversation_id, r.name, r.description, r.visibility,
                        r.only_creator_invites, r.creator_no, c.created_at, r.expires_at, c.members, c.removed,
                        coalesce(m.seq, 0) as last_seq, coalesce(m.created_at, 0) as last_at,
                        exists (
                            select 1
                            from participants p
                            where p.conversation_no = l.conversation_no and p.agent_no = ?4
                        ) as is_participant
                 from (
                     select conversation_no
                     from rooms indexed by rooms_by_number
                     where expires_at > ?1
                     order by conversation_no desc
                     limit ?2 offset ?3
                 ) l
                 join rooms r on r.conversation_no = l.conversation_no
                 join conversations c on c.conversation_no = l.conversation_no
                 left join messages m on m.message_no = (
                     select message_no
                     from messages
                     where conversation_no = l.conversation_no
                     order by seq desc
                     limit 1
                 )
                 order by l.conversation_no desc",
            )
            .bind(now.as_micros())
            .bind(limit)
            .bind(i64::try_from(offset).unwrap_or(i64::MAX))
            .bind(viewer.map(|agent| agent.0)),
            Some(visibility) => sqlx::query(
                "select r.conversation_no, c.conversation_id, r.name, r.description, r.visibility,
                        r.only_creator_invites, r.creator_no, c.created_at, r.expires_at, c.members, c.removed,
                        coalesce(m.seq, 0) as last_seq, coalesce(m.created_at, 0) as last_at,
                        exists (
                            select 1
                            from participants p
                            where p.conversation_no = l.conversation_no and p.agent_no = ?4
                        ) as is_participant
                 from (
                     select conversation_no
                     from rooms indexed by rooms_by_visibility
                     where expires_at > ?1 and visibility = ?5
                     order by conversation_no desc
                     limit ?2 offset ?3
                 ) l
                 join rooms r on r.conversation_no = l.conversation_no
                 join conversations c on c.conversation_no = l.conversation_no
                 left join messages m on m.message_no = (
                     select message_no
                     from messages
                     where conversation_no = l.conversation_no
                     order by seq desc
                     limit 1
                 )
                 order by l.conversation_no desc",
            )
            .bind(now.as_micros())
            .bind(limit)
            .bind(i64::try_from(offset).unwrap_or(i64::MAX))
            .bind(viewer.map(|agent| agent.0))
            .bind(visibility.as_str()),
        };
        self.readers.all(page).await?.iter().map(listing_from_row).collect()
    }

    async fn count_rooms(&self, visibility: Option<Visibility>, now: Timestamp) -> Result<u64, StoreError> {
        let count = match visibility {
            None => sqlx::query("select count(*) as rooms from rooms where expires_at > ?1").bind(now.as_micros()),
            Some(visibility) => {
                sqlx::query("select count(*) as rooms from rooms where expires_at > ?1 and visibility = ?2")
                    .bind(now.as_micros())
                    .bind(visibility.as_str())
            }
        };
        self.readers.first(count).await?.map_or(Ok(0), |row| get_count(&row, "rooms"))
    }

    async fn sweep_rooms(&self, now: Timestamp, most_rows: u32) -> Result<Swept, StoreError> {
        let swept = sweep::sweep(self, now, most_rows).await?;
        if swept.rows > 0 {
            self.has_deleted.store(true, Ordering::Release);
        }
        Ok(swept)
    }
}

async fn insert_room(
    connection: &mut SqliteConnection,
    number: ConversationNo,
    room: &NewRoom,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into rooms
             (conversation_no, name, description, visibility, only_creator_invites, creator_no, expires_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(number.0)
    .bind(&*room.name)
    .bind(room.description.as_deref())
    .bind(room.visibility.as_str())
    .bind(room.only_creator_invites)
    .bind(room.creator.0)
    .bind(room.expires_at.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

/// Those invited, and the creator last: an invitation of the creator has no effect.
fn first_participants(conversation: ConversationNo, room: &NewRoom) -> Vec<ParticipantChange> {
    let stands = |agent, standing| {
        ParticipantChange::Stands(Participant { conversation, agent, standing, since: room.created_at })
    };
    let invited = room.invited.iter().map(|&agent| stands(agent, Standing::Invited));
    invited.chain([stands(room.creator, Standing::Joined)]).collect()
}

fn room_from_row(row: &SqliteRow) -> Result<RoomRecord, StoreError> {
    let visibility: &str = get(row, "visibility")?;
    Ok(RoomRecord {
        number: ConversationNo(get(row, "conversation_no")?),
        id: ConversationId::from_uuid(get_uuid(row, "conversation_id")?),
        name: get::<&str, _>(row, "name")?.into(),
        description: get::<Option<&str>, _>(row, "description")?.map(Into::into),
        visibility: Visibility::from_word(visibility).ok_or(StoreError::Unreadable("visibility of a room"))?,
        only_creator_invites: get(row, "only_creator_invites")?,
        creator: AgentNo(get(row, "creator_no")?),
        created_at: get_time(row, "created_at")?,
        expires_at: get_time(row, "expires_at")?,
    })
}

fn whole_room_from_row(row: &SqliteRow) -> Result<WholeRoom, StoreError> {
    let room = room_from_row(row)?;
    let participants = participants::decode(room.number, get(row, "participants")?)?;
    Ok(WholeRoom { room, participants, end: end_from_row(row)? })
}

fn listing_from_row(row: &SqliteRow) -> Result<RoomListing, StoreError> {
    Ok(RoomListing {
        room: room_from_row(row)?,
        members: get_count(row, "members")?,
        end: end_from_row(row)?,
        is_participant: get(row, "is_participant")?,
    })
}

fn end_from_row(row: &SqliteRow) -> Result<LogEnd, StoreError> {
    Ok(LogEnd {
        last_seq: Seq(get_count(row, "last_seq")?),
        last_at: get_time(row, "last_at")?,
        removed: get_count(row, "removed")?,
    })
}
