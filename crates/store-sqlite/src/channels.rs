//! Channels of communities.

use sqlx::SqliteConnection;
use tertulia_model::{ChannelKind, CommunityNo, ConversationId, ConversationKind, ConversationNo, Timestamp};
use tertulia_store::{ChannelCreation, ChannelEdit, ChannelRecord, NewChannel, StoreError};
use uuid::Uuid;

use crate::{
    SqliteStore, conversations,
    failure::refused,
    rows::{get, get_uuid},
};

/// Inserts a channel within a transaction.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    new: &NewChannel,
) -> Result<ChannelRecord, StoreError> {
    let number = conversations::insert(connection, new.id, ConversationKind::Channel, new.created_at).await?;
    sqlx::query(
        "insert into channels (conversation_no, community_no, position, name, category, kind, topic, instructions)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(number.0)
    .bind(community.0)
    .bind(new.position)
    .bind(&*new.name)
    .bind(new.category.as_deref())
    .bind(new.kind.as_str())
    .bind(new.topic.as_deref())
    .bind(new.instructions.as_deref())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(ChannelRecord {
        number,
        id: new.id,
        name: new.name.clone(),
        category: new.category.clone(),
        kind: new.kind,
        topic: new.topic.clone(),
        instructions: new.instructions.clone(),
        position: new.position,
    })
}

/// Creates a channel unless there are enough.
pub(crate) async fn create(
    store: &SqliteStore,
    community: CommunityNo,
    new: &NewChannel,
    most: u32,
) -> Result<ChannelCreation, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let found = sqlx::query(
        "select (select count(*) from channels h where h.community_no = c.community_no and h.deleted_at is null) as there
         from communities c
         where c.community_no = ?1 and c.deleted_at is null",
    )
    .bind(community.0)
    .fetch_optional(&mut *transaction)
    .await
    .map_err(refused)?;
    let Some(row) = found else { return Ok(ChannelCreation::Gone) };
    if get::<i64, _>(&row, "there")? >= i64::from(most) {
        return Ok(ChannelCreation::TooMany);
    }
    let record = insert(&mut transaction, community, new).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(ChannelCreation::Created(record))
}

/// Changes what a channel says about itself.
pub(crate) async fn edit(store: &SqliteStore, channel: ConversationNo, edit: &ChannelEdit) -> Result<bool, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let Some(mut record) = read(&mut transaction, channel).await? else { return Ok(false) };
    edit.clone().apply(&mut record);
    sqlx::query(
        "update channels
         set position = ?2, name = ?3, category = ?4, kind = ?5, topic = ?6, instructions = ?7
         where conversation_no = ?1",
    )
    .bind(channel.0)
    .bind(record.position)
    .bind(&*record.name)
    .bind(record.category.as_deref())
    .bind(record.kind.as_str())
    .bind(record.topic.as_deref())
    .bind(record.instructions.as_deref())
    .execute(&mut *transaction)
    .await
    .map_err(refused)?;
    transaction.commit().await.map_err(refused)?;
    Ok(true)
}

async fn read(connection: &mut SqliteConnection, channel: ConversationNo) -> Result<Option<ChannelRecord>, StoreError> {
    let row = sqlx::query(
        "select v.conversation_id, h.name, h.category, h.kind, h.topic, h.instructions, h.position
         from channels h
         join conversations v on v.conversation_no = h.conversation_no
         where h.conversation_no = ?1 and h.deleted_at is null",
    )
    .bind(channel.0)
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    let Some(row) = row else { return Ok(None) };
    let text = |column| Ok::<_, StoreError>(get::<Option<&str>, _>(&row, column)?.map(Into::into));
    Ok(Some(ChannelRecord {
        number: channel,
        id: ConversationId::from_uuid(get_uuid(&row, "conversation_id")?),
        name: get::<&str, _>(&row, "name")?.into(),
        category: text("category")?,
        kind: ChannelKind::from_word(get(&row, "kind")?).ok_or(UNKNOWN_KIND)?,
        topic: text("topic")?,
        instructions: text("instructions")?,
        position: get(&row, "position")?,
    }))
}

/// Marks a channel as deleted.
pub(crate) async fn delete(store: &SqliteStore, channel: ConversationNo, now: Timestamp) -> Result<bool, StoreError> {
    let mark = sqlx::query("update channels set deleted_at = ?2 where conversation_no = ?1 and deleted_at is null")
        .bind(channel.0)
        .bind(now.as_micros());
    Ok(store.write(mark).await? > 0)
}

/// Marks all channels of a community as deleted.
pub(crate) async fn delete_all(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update channels set deleted_at = ?2 where community_no = ?1 and deleted_at is null")
        .bind(community.0)
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}

/// Number, public id in hexadecimal, name, category, kind, topic, instructions, position.
type Encoded = (i64, String, String, Option<String>, String, Option<String>, Option<String>, i32);

/// The channels in a JSON array of arrays.
pub(crate) fn decode(list: &str) -> Result<Vec<ChannelRecord>, StoreError> {
    let rows: Vec<Encoded> =
        serde_json::from_str(list).map_err(|_| StoreError::Unreadable("channels of a community"))?;
    rows.into_iter().map(record).collect()
}

fn record(encoded: Encoded) -> Result<ChannelRecord, StoreError> {
    let (number, id, name, category, kind, topic, instructions, position) = encoded;
    Ok(ChannelRecord {
        number: ConversationNo(number),
        id: ConversationId::from_uuid(Uuid::parse_str(&id).map_err(|_| StoreError::Unreadable("id"))?),
        name: name.into(),
        category: category.map(Into::into),
        kind: ChannelKind::from_word(&kind).ok_or(UNKNOWN_KIND)?,
        topic: topic.map(Into::into),
        instructions: instructions.map(Into::into),
        position,
    })
}

const UNKNOWN_KIND: StoreError = StoreError::Unreadable("kind of a channel");
