//! The log.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use sqlx::{Sqlite, Transaction, sqlite::SqliteRow};
use tertulia_model::{AgentNo, ConversationId, ConversationKind, ConversationNo, MessageId, MessageNo, Seq, Timestamp};
use tertulia_store::{AuditEntry, Commit, LogEnd, MessageRecord, Messages, Slice, StoreError};

use crate::{
    SqliteStore, audit, commit,
    failure::refused,
    page::decode_page,
    rows::{get, get_count, get_time, get_uuid},
};

#[async_trait]
impl Messages for SqliteStore {
    #[tracing::instrument(name = "db.messages.commit", level = "debug", skip_all, fields(batch.rows = commit.messages.len()))]
    async fn commit(&self, commit: &Commit) -> Result<bool, StoreError> {
        commit::write(self, commit).await
    }

    async fn last_number(&self) -> Result<MessageNo, StoreError> {
        let last = sqlx::query(
            "select max(last_message_no, (select coalesce(max(message_no), 0) from messages)) as last
             from hub",
        );
        self.readers.first(last).await?.map_or(Ok(MessageNo(0)), |row| Ok(MessageNo(get(&row, "last")?)))
    }

    async fn log_end(&self, conversation: ConversationNo) -> Result<LogEnd, StoreError> {
        let end = sqlx::query(
            "select c.removed, coalesce(m.seq, 0) as seq, coalesce(m.created_at, 0) as created_at
             from conversations c
             left join messages m on m.message_no = (
                 select message_no
                 from messages
                 where conversation_no = c.conversation_no
                 order by seq desc
                 limit 1
             )
             where c.conversation_no = ?1",
        )
        .bind(conversation.0);
        let Some(row) = self.readers.first(end).await? else { return Ok(LogEnd::default()) };
        Ok(LogEnd {
            last_seq: Seq(get_count(&row, "seq")?),
            last_at: get_time(&row, "created_at")?,
            removed: get_count(&row, "removed")?,
        })
    }

    #[tracing::instrument(name = "db.messages.read", level = "debug", skip_all)]
    async fn read(
        &self,
        conversation: ConversationNo,
        slice: Slice,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        match slice {
            Slice::After(seq) => self.read_after(conversation, seq, limit).await,
            Slice::Before(seq) => self.read_before(conversation, seq, limit).await,
            Slice::Newest => self.read_before(conversation, Seq(u64::MAX), limit).await,
        }
    }

    async fn read_by_author(
        &self,
        conversation: ConversationNo,
        author: AgentNo,
        window: u32,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        let page = sqlx::query(
            "select json_group_array(json_array(
                 message_no, hex(message_id), seq, author_no, author_revision, created_at, text,
                 iif(removed_at is null, json('false'), json('true')), is_code
             )) as page
             from (
                 select *
                 from (
                     select message_no, message_id, seq, author_no, author_revision, created_at, text, removed_at, is_code
                     from messages
                     where conversation_no = ?1
                     order by seq desc
                     limit ?3
                 )
                 where author_no = ?2
                 and removed_at is null
                 order by seq desc
                 limit ?4
             )",
        )
        .bind(conversation.0)
        .bind(author.0)
        .bind(window)
        .bind(limit);
        page_of(self.readers.first(page).await?)
    }

    async fn last_before(&self, conversation: ConversationNo, at: Timestamp) -> Result<Seq, StoreError> {
        // Places have no holes and times grow with them, so the place is found by halving what is left.
        let found = sqlx::query(
            "with recursive bounds (low, high) as (
                 select 0, (select coalesce(max(seq), 0) from messages where conversation_no = ?1)
                 union all
                 select iif(m.created_at < ?2, m.seq, low), iif(m.created_at < ?2, high, m.seq - 1)
                 from bounds
                 join messages m on m.conversation_no = ?1 and m.seq = (low + high + 1) / 2
                 where low < high
             )
             select low as seq
             from bounds
             where low >= high",
        )
        .bind(conversation.0)
        .bind(at.as_micros());
        self.readers.first(found).await?.map_or(Ok(Seq::START), |row| Ok(Seq(get_count(&row, "seq")?)))
    }

    async fn conversation(
        &self,
        number: ConversationNo,
    ) -> Result<Option<(ConversationKind, ConversationId)>, StoreError> {
        let known = sqlx::query("select kind, conversation_id from conversations where conversation_no = ?1");
        let Some(row) = self.readers.first(known.bind(number.0)).await? else { return Ok(None) };
        let kind: String = get(&row, "kind")?;
        let kind = ConversationKind::from_word(&kind).ok_or(StoreError::Unreadable("kind of a conversation"))?;
        Ok(Some((kind, ConversationId::from_uuid(get_uuid(&row, "conversation_id")?))))
    }

    async fn locate(&self, id: MessageId) -> Result<Option<(ConversationNo, Seq)>, StoreError> {
        let place = sqlx::query("select conversation_no, seq from messages where message_id = ?1")
            .bind(id.as_uuid().as_bytes().as_slice());
        let Some(row) = self.readers.first(place).await? else { return Ok(None) };
        Ok(Some((ConversationNo(get(&row, "conversation_no")?), Seq(get_count(&row, "seq")?))))
    }

    async fn remove_message(&self, id: MessageId, now: Timestamp, entry: &AuditEntry) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let Some(conversation) = blank(&mut transaction, id, now).await? else { return Ok(false) };
        sqlx::query("update conversations set removed = removed + 1 where conversation_no = ?1")
            .bind(conversation.0)
            .execute(&mut *transaction)
            .await
            .map_err(refused)?;
        // The file goes with it, whatever other message refers to it.
        sqlx::query(
            "update attachments
             set removed_at = ?2
             where removed_at is null
             and attachment_id = (
                 select c.attachment_id
                 from messages m
                 join contents c on c.message_no = m.message_no
                 where m.message_id = ?1
             )",
        )
        .bind(id.as_uuid().as_bytes().as_slice())
        .bind(now.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        // What its sender calls it stays: sending it again sends nothing.
        sqlx::query(
            "update contents
             set data = null, attachment_id = null, extension = null
             where message_no = (select message_no from messages where message_id = ?1)",
        )
        .bind(id.as_uuid().as_bytes().as_slice())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        audit::write(&mut transaction, entry).await?;
        transaction.commit().await.map_err(refused)?;
        self.has_deleted.store(true, Ordering::Release);
        Ok(true)
    }
}

impl SqliteStore {
    async fn read_after(
        &self,
        conversation: ConversationNo,
        seq: Seq,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        let page = sqlx::query(
            "select json_group_array(json_array(
                 message_no, hex(message_id), seq, author_no, author_revision, created_at, text,
                 iif(removed_at is null, json('false'), json('true')), is_code
             )) as page
             from (
                 select message_no, message_id, seq, author_no, author_revision, created_at, text, removed_at, is_code
                 from messages
                 where conversation_no = ?1
                 and seq > ?2
                 order by seq
                 limit ?3
             )",
        )
        .bind(conversation.0)
        .bind(i64::try_from(seq.0).unwrap_or(i64::MAX))
        .bind(limit);
        page_of(self.readers.first(page).await?)
    }

    async fn read_before(
        &self,
        conversation: ConversationNo,
        seq: Seq,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        let page = sqlx::query(
            "select json_group_array(json_array(
                 message_no, hex(message_id), seq, author_no, author_revision, created_at, text,
                 iif(removed_at is null, json('false'), json('true')), is_code
             )) as page
             from (
                 select message_no, message_id, seq, author_no, author_revision, created_at, text, removed_at, is_code
                 from messages
                 where conversation_no = ?1
                 and seq < ?2
                 order by seq desc
                 limit ?3
             )",
        )
        .bind(conversation.0)
        .bind(i64::try_from(seq.0).unwrap_or(i64::MAX))
        .bind(limit);
        let mut page = page_of(self.readers.first(page).await?)?;
        page.reverse();
        Ok(page)
    }
}

fn page_of(row: Option<SqliteRow>) -> Result<Vec<MessageRecord>, StoreError> {
    row.map_or_else(|| Ok(Vec::new()), |row| decode_page(get(&row, "page")?))
}

/// Takes the text of a message away; its conversation, unless there is no such message or it was removed before.
async fn blank(
    transaction: &mut Transaction<'_, Sqlite>,
    id: MessageId,
    now: Timestamp,
) -> Result<Option<ConversationNo>, StoreError> {
    let row = sqlx::query(
        "update messages
         set text = null, removed_at = ?2
         where message_id = ?1
         and removed_at is null
         returning conversation_no",
    )
    .bind(id.as_uuid().as_bytes().as_slice())
    .bind(now.as_micros())
    .fetch_optional(&mut **transaction)
    .await
    .map_err(refused)?;
    row.map(|row| Ok(ConversationNo(get(&row, "conversation_no")?))).transpose()
}
