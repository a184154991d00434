//! Attachments.

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, AttachmentId, ConversationId, ConversationNo, Timestamp};
use tertulia_store::{
    AttachmentRecord, AttachmentScope, Attachments, NewAttachment, Reservation, StoreError, UploadBounds,
};
use uuid::Uuid;

use crate::{
    SqliteStore,
    failure::refused,
    rows::{get, get_count, get_optional_time, get_time, get_uuid},
};

#[async_trait]
impl Attachments for SqliteStore {
    #[tracing::instrument(name = "db.attachments.add", level = "debug", skip_all)]
    async fn reserve_attachment(
        &self,
        attachment: &NewAttachment,
        bounds: &UploadBounds,
    ) -> Result<Reservation, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        if let Some(refused) = exceeded(&mut transaction, attachment, bounds).await? {
            return Ok(refused);
        }
        let (recipient, group) = match attachment.scope {
            AttachmentScope::Agent(recipient) => (Some(recipient.0), None),
            AttachmentScope::Group(group) => (None, Some(group.0)),
        };
        sqlx::query(
            "insert into attachments
             (attachment_id, uploader_no, recipient_no, conversation_no, filename, content_type, size, digest,
              reserved_at)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )
        .bind(&attachment.id.as_uuid().as_bytes()[..])
        .bind(attachment.uploader.0)
        .bind(recipient)
        .bind(group)
        .bind(&*attachment.filename)
        .bind(attachment.media_type.as_str())
        .bind(whole(attachment.bytes))
        .bind(&attachment.digest[..])
        .bind(attachment.now.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(Reservation::Reserved)
    }

    async fn attachment(&self, id: AttachmentId) -> Result<Option<AttachmentRecord>, StoreError> {
        let attachment = sqlx::query(
            "select a.attachment_id, a.uploader_no, a.recipient_no, a.conversation_no, c.conversation_id, a.filename,
                    a.content_type, a.size, a.digest, a.reserved_at, a.uploaded_at, a.sent_at, a.removed_at
             from attachments a
             left join conversations c on c.conversation_no = a.conversation_no
             where a.attachment_id = ?1",
        )
        .bind(&id.as_uuid().as_bytes()[..]);
        self.readers.first(attachment).await?.as_ref().map(from_row).transpose()
    }

    async fn note_uploaded(&self, id: AttachmentId, now: Timestamp) -> Result<bool, StoreError> {
        let uploaded = sqlx::query(
            "update attachments
             set uploaded_at = ?2
             where attachment_id = ?1 and removed_at is null",
        )
        .bind(&id.as_uuid().as_bytes()[..])
        .bind(now.as_micros());
        Ok(self.write(uploaded).await? > 0)
    }

    async fn note_attached(&self, id: AttachmentId, now: Timestamp) -> Result<bool, StoreError> {
        let attached = sqlx::query(
            "update attachments set sent_at = coalesce(sent_at, ?2)
             where attachment_id = ?1 and uploaded_at is not null and removed_at is null",
        )
        .bind(&id.as_uuid().as_bytes()[..])
        .bind(now.as_micros());
        Ok(self.write(attached).await? > 0)
    }

    async fn spent_attachments(&self, before: Timestamp, most: u32) -> Result<Vec<AttachmentId>, StoreError> {
        let spent = sqlx::query(
            "select attachment_id
             from (
                 select *
                 from (
                     select attachment_id, 0 as rank, attachment_no as place
                     from attachments indexed by attachments_removed
                     where removed_at is not null and uploaded_at is not null
                     order by attachment_no
                     limit ?2
                 )
                 union all
                 select *
                 from (
                     select attachment_id, 1, reserved_at
                     from attachments indexed by attachments_unsent
                     where sent_at is null and reserved_at <= ?1
                     order by reserved_at, attachment_no
                     limit ?2
                 )
             )
             order by rank, place
             limit ?2",
        )
        .bind(before.as_micros())
        .bind(most);
        let rows = self.readers.all(spent).await?;
        rows.iter().map(|row| Ok(AttachmentId::from_uuid(get_uuid(row, "attachment_id")?))).collect()
    }

    async fn forget_bytes(&self, attachments: &[AttachmentId]) -> Result<u32, StoreError> {
        let ids: Vec<String> = attachments.iter().map(|id| id.as_uuid().as_simple().to_string()).collect();
        let ids = serde_json::to_string(&ids).expect("strings are JSON");
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let mut forgotten = 0;
        for forgetting in [
            "delete from attachments
             where sent_at is null and attachment_id in (select unhex(value) from json_each(?1))",
            "update attachments
             set uploaded_at = null
             where removed_at is not null
             and uploaded_at is not null
             and attachment_id in (select unhex(value) from json_each(?1))",
        ] {
            let done = sqlx::query(forgetting).bind(&ids).execute(&mut *transaction).await.map_err(refused)?;
            forgotten += done.rows_affected();
        }
        transaction.commit().await.map_err(refused)?;
        Ok(u32::try_from(forgotten).unwrap_or(u32::MAX))
    }
}

/// Why an agent may not announce this, if it may not.
async fn exceeded(
    connection: &mut SqliteConnection,
    attachment: &NewAttachment,
    bounds: &UploadBounds,
) -> Result<Option<Reservation>, StoreError> {
    let row = sqlx::query(
        "select count(*) as count, coalesce(sum(size), 0) as bytes, min(reserved_at) as oldest
         from attachments
         where uploader_no = ?1 and reserved_at > ?2",
    )
    .bind(attachment.uploader.0)
    .bind(bounds.since.as_micros())
    .fetch_one(connection)
    .await
    .map_err(refused)?;
    let oldest = get_optional_time(&row, "oldest")?;
    if get_count::<u64>(&row, "count")? >= bounds.most.into() {
        return Ok(Some(Reservation::TooMany(oldest)));
    }
    let bytes = get_count::<u64>(&row, "bytes")?.saturating_add(attachment.bytes);
    Ok((bytes > bounds.most_bytes).then_some(Reservation::TooMuch(oldest)))
}

fn from_row(row: &SqliteRow) -> Result<AttachmentRecord, StoreError> {
    let recipient = get::<Option<i64>, _>(row, "recipient_no")?.map(AgentNo).map(AttachmentScope::Agent);
    let group = get::<Option<i64>, _>(row, "conversation_no")?.map(ConversationNo).map(AttachmentScope::Group);
    let media_type: &str = get(row, "content_type")?;
    let digest: &[u8] = get(row, "digest")?;
    let filename: &str = get(row, "filename")?;
    let group_id = get::<Option<&[u8]>, _>(row, "conversation_id")?.map(Uuid::from_slice).transpose();
    Ok(AttachmentRecord {
        id: AttachmentId::from_uuid(get_uuid(row, "attachment_id")?),
        uploader: AgentNo(get(row, "uploader_no")?),
        scope: recipient.or(group).ok_or(StoreError::Unreadable("scope of an attachment"))?,
        group: group_id.map_err(|_| StoreError::Unreadable("id of a group"))?.map(ConversationId::from_uuid),
        filename: filename.into(),
        media_type: media_type.parse().map_err(|_| StoreError::Unreadable("type of an attachment"))?,
        bytes: get_count(row, "size")?,
        digest: digest.try_into().map_err(|_| StoreError::Unreadable("digest of an attachment"))?,
        reserved_at: get_time(row, "reserved_at")?,
        uploaded_at: get_optional_time(row, "uploaded_at")?,
        sent_at: get_optional_time(row, "sent_at")?,
        removed_at: get_optional_time(row, "removed_at")?,
    })
}

fn whole(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
