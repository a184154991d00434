//! Conversations as one agent reads them: pages without what it has hidden, how far messages have come, and hiding.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use tertulia_model::{AgentNo, ConversationId, ConversationKind, ConversationNo, MessageId, MessageNo, Seq, Timestamp};
use tertulia_store::{
    ListedThread, Moved, OwnMessage, Part, ReadMark, Receipt, Slice, StoreError, ThreadMarks, ThreadMarksQuery,
    ThreadQuery, ThreadRecord, Threads, VisiblePlace,
};

use crate::{
    SqliteStore, contents,
    contents::content_row,
    failure::refused,
    page,
    readers::Statement,
    rows::{get, get_count, get_time, get_uuid, number_list},
    thread_list,
};

/// A message with its content, and whether there is an envelope, since when that is delivered, and read.
type Row = (page::Row, Option<contents::Row>, u8, Option<i64>, Option<i64>);

#[async_trait]
impl Threads for SqliteStore {
    async fn part_in(&self, agent: AgentNo, conversation: ConversationId) -> Result<Option<Part>, StoreError> {
        let part = sqlx::query(
            "select c.kind, g.left_at is not null as has_ended
             from conversations c
             left join directs d on d.conversation_no = c.conversation_no and ?1 in (d.low_no, d.high_no)
             left join group_members g on g.conversation_no = c.conversation_no and g.agent_no = ?1
             where c.conversation_id = ?2
             and (d.conversation_no is not null or g.agent_no is not null)",
        )
        .bind(agent.0)
        .bind(conversation.as_uuid().as_bytes().as_slice());
        let Some(row) = self.readers.first(part).await? else { return Ok(None) };
        let kind = ConversationKind::from_word(get(&row, "kind")?);
        let kind = kind.ok_or(StoreError::Unreadable("kind of a conversation"))?;
        Ok(Some(Part { kind, has_ended: get(&row, "has_ended")? }))
    }

    #[tracing::instrument(name = "db.threads.read", level = "debug", skip_all)]
    async fn read_thread(&self, query: &ThreadQuery) -> Result<Vec<ThreadRecord>, StoreError> {
        let statement = match query.slice {
            Slice::After(seq) => forwards(query, seq),
            Slice::Before(seq) => backwards(query, seq),
            Slice::Newest => backwards(query, Seq(u64::MAX)),
        };
        let Some(row) = self.readers.first(statement).await? else { return Ok(Vec::new()) };
        let rows: Vec<Row> =
            serde_json::from_str(get(&row, "page")?).map_err(|_| StoreError::Unreadable("message of a thread"))?;
        let records: Result<Vec<_>, _> = rows.into_iter().map(record_from).collect();
        let mut records = records?;
        records.sort_unstable_by_key(|record| record.message.seq);
        Ok(records)
    }

    async fn thread_marks(&self, query: &ThreadMarksQuery) -> Result<ThreadMarks, StoreError> {
        let receipts: Vec<_> = query.receipts.iter().map(|(agent, message)| (agent.0, message.0)).collect();
        let receipts = serde_json::to_string(&receipts).expect("numbers are JSON");
        let marks = sqlx::query(
            "select coalesce((
                 select through_seq from hidden_conversations where agent_no = ?1 and conversation_no = ?2
             ), 0) as hidden_through,
             (
                 select json_group_array(seq)
                 from hidden_messages
                 where agent_no = ?1
                 and conversation_no = ?2
                 and seq between ?3 and ?4
             ) as hidden,
             (
                 select json_group_array(json_array(w.key, e.delivered_at, e.read_at))
                 from json_each(?5) w
                 cross join envelopes e on e.agent_no = w.value ->> 0 and e.message_no = w.value ->> 1
             ) as receipts",
        )
        .bind(query.agent.0)
        .bind(query.conversation.0)
        .bind(bound(query.range[0]))
        .bind(bound(query.range[1]))
        .bind(receipts);
        let mut found = ThreadMarks { receipts: vec![None; query.receipts.len()], ..ThreadMarks::default() };
        let Some(row) = self.readers.first(marks).await? else { return Ok(found) };
        found.hidden_through = Seq(get_count(&row, "hidden_through")?);
        let hidden: Vec<u64> =
            serde_json::from_str(get(&row, "hidden")?).map_err(|_| StoreError::Unreadable("hidden message"))?;
        found.hidden = hidden.into_iter().map(Seq).collect();
        let receipts: Vec<(usize, Option<i64>, Option<i64>)> =
            serde_json::from_str(get(&row, "receipts")?).map_err(|_| StoreError::Unreadable("receipt"))?;
        for (place, delivered_at, read_at) in receipts {
            found.receipts[place] = Some(receipt_of(delivered_at, read_at));
        }
        Ok(found)
    }

    async fn own_message(&self, agent: AgentNo, message: MessageId) -> Result<Option<OwnMessage>, StoreError> {
        let own = sqlx::query(concat!(
            "select e.conversation_no, json_array(",
            page::message_row!(),
            ", iif(c.message_no is null, null, ",
            content_row!(),
            "), 1, e.delivered_at, e.read_at) as message
             from messages m
             cross join envelopes e on e.agent_no = ?1 and e.message_no = m.message_no
             left join contents c on c.message_no = m.message_no
             where m.message_id = ?2"
        ))
        .bind(agent.0)
        .bind(message.as_uuid().as_bytes().as_slice());
        let Some(row) = self.readers.first(own).await? else { return Ok(None) };
        let own: Row =
            serde_json::from_str(get(&row, "message")?).map_err(|_| StoreError::Unreadable("message of a thread"))?;
        let ThreadRecord { message, content, receipt } = record_from(own)?;
        let conversation = ConversationNo(get(&row, "conversation_no")?);
        Ok(Some(OwnMessage { conversation, message, content, receipt: receipt.unwrap_or_default() }))
    }

    async fn visible_place(&self, agent: AgentNo, message: MessageId) -> Result<Option<VisiblePlace>, StoreError> {
        let place = sqlx::query(
            "select m.message_no, m.conversation_no, m.seq
             from messages m
             where m.message_id = ?2
             and (
                 exists (select 1 from direct_sides where agent_no = ?1 and conversation_no = m.conversation_no)
                 or exists (select 1 from envelopes where agent_no = ?1 and message_no = m.message_no)
                 or exists (
                     select 1
                     from group_members g
                     where g.conversation_no = m.conversation_no
                     and g.agent_no = ?1
                     and (
                         m.author_no = ?1
                         or (m.seq >= g.joined_seq and (g.left_at is null or m.created_at <= g.left_at))
                     )
                 )
             )",
        )
        .bind(agent.0)
        .bind(message.as_uuid().as_bytes().as_slice());
        let Some(row) = self.readers.first(place).await? else { return Ok(None) };
        Ok(Some(VisiblePlace {
            message: MessageNo(get(&row, "message_no")?),
            conversation: ConversationNo(get(&row, "conversation_no")?),
            seq: Seq(get_count(&row, "seq")?),
        }))
    }

    async fn last_read(&self, agent: AgentNo, messages: &[MessageNo]) -> Result<Vec<ReadMark>, StoreError> {
        // Of the columns beside a greatest one, SQLite takes those of its row.
        let last = sqlx::query(
            "select m.author_no, m.message_id, max(m.seq) as seq, e.read_at
             from json_each(?2) w
             cross join envelopes e on e.agent_no = ?1 and e.message_no = w.value
             cross join messages m on m.message_no = e.message_no
             where e.read_at is not null
             group by m.author_no
             order by seq",
        )
        .bind(agent.0)
        .bind(number_list(messages.iter().map(|message| message.0)));
        let mark = |row: &sqlx::sqlite::SqliteRow| {
            Ok(ReadMark {
                author: AgentNo(get(row, "author_no")?),
                message: MessageId::from_uuid(get_uuid(row, "message_id")?),
                seq: Seq(get_count(row, "seq")?),
                read_at: get_time(row, "read_at")?,
            })
        };
        self.readers.all(last).await?.iter().map(mark).collect()
    }

    #[tracing::instrument(name = "db.threads.list", level = "debug", skip_all)]
    async fn threads_of(&self, agent: AgentNo, limit: u32, offset: u64) -> Result<Vec<ListedThread>, StoreError> {
        let Some(row) = self.readers.first(thread_list::select(agent, limit, offset)).await? else {
            return Ok(Vec::new());
        };
        thread_list::decode(get(&row, "threads")?)
    }
}

/// The statement for a page of what an agent sees between two places, taken in this order.
macro_rules! page_in {
    ($order:literal) => {
        concat!(
            "select json_group_array(json_array(",
            page::message_row!(),
            ", iif(c.message_no is null, null, ",
            content_row!(),
            "), e.message_no is not null, e.delivered_at, e.read_at)) as page
             from (
                 select message_no, message_id, seq, author_no, author_revision, created_at, text, removed_at, is_code
                 from messages
                 where conversation_no = ?2
                 and seq > max(?4, (
                     select coalesce(max(through_seq), 0)
                     from hidden_conversations
                     where agent_no = ?1
                     and conversation_no = ?2
                 ))
                 and seq < ?6
                 and not exists (
                     select 1
                     from hidden_messages h
                     where h.agent_no = ?1
                     and h.conversation_no = ?2
                     and h.seq = messages.seq
                 )
                 order by ",
            $order,
            "
                 limit ?5
             ) m
             left join contents c on c.message_no = m.message_no
             left join envelopes e on e.message_no = m.message_no and e.agent_no = iif(m.author_no = ?1, ?3, ?1)"
        )
    };
}

/// The first messages behind a place.
fn forwards(query: &ThreadQuery, after: Seq) -> Statement<'static> {
    between(page_in!("seq"), query, query.after.max(after), Seq(u64::MAX))
}

/// The last messages before a place, the last one first.
fn backwards(query: &ThreadQuery, before: Seq) -> Statement<'static> {
    between(page_in!("seq desc"), query, query.after, before)
}

fn between(page: &'static str, query: &ThreadQuery, after: Seq, before: Seq) -> Statement<'static> {
    sqlx::query(page)
        .bind(query.agent.0)
        .bind(query.conversation.0)
        .bind(query.other.map(|other| other.0))
        .bind(bound(after))
        .bind(query.limit)
        .bind(bound(before))
}

fn record_from((message, content, is_there, delivered_at, read_at): Row) -> Result<ThreadRecord, StoreError> {
    Ok(ThreadRecord {
        message: page::message_from(message)?,
        content: content.map(contents::content_from).transpose()?,
        receipt: (is_there == 1).then(|| receipt_of(delivered_at, read_at)),
    })
}

fn receipt_of(delivered_at: Option<i64>, read_at: Option<i64>) -> Receipt {
    let moment = |micros: Option<i64>| micros.map(Timestamp::from_micros);
    Receipt { delivered_at: moment(delivered_at), read_at: moment(read_at) }
}

fn bound(Seq(seq): Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// Hides a message from an agent. Its envelope is delivered by that.
pub(crate) async fn hide_message(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    message: MessageNo,
    (conversation, seq): (ConversationNo, Seq),
    now: Timestamp,
) -> Result<Moved, StoreError> {
    sqlx::query(
        "insert into hidden_messages (agent_no, conversation_no, seq)
         values (?1, ?2, ?3)
         on conflict do nothing",
    )
    .bind(agent.0)
    .bind(conversation.0)
    .bind(bound(seq))
    .execute(&mut *connection)
    .await
    .map_err(refused)?;
    let waited = sqlx::query(
        "select 1
         from envelopes
         where agent_no = ?1
         and message_no = ?2
         and delivered_at is null",
    );
    let waited = waited.bind(agent.0).bind(message.0).fetch_optional(&mut *connection).await.map_err(refused)?;
    sqlx::query(
        "update envelopes
         set is_hidden = 1, delivered_at = coalesce(delivered_at, ?3)
         where agent_no = ?1
         and message_no = ?2
         and is_hidden = 0",
    )
    .bind(agent.0)
    .bind(message.0)
    .bind(now.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(Moved { delivered: u32::from(waited.is_some()), read: Vec::new() })
}

/// Hides all up to a place from an agent, and delivers what waits of it.
pub(crate) async fn hide_through(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    (conversation, through): (ConversationNo, Seq),
    limit: u32,
    now: Timestamp,
) -> Result<Moved, StoreError> {
    sqlx::query(
        "insert into hidden_conversations (agent_no, conversation_no, through_seq, hidden_at)
         values (?1, ?2, ?3, ?4)
         on conflict do update
         set through_seq = max(through_seq, excluded.through_seq), hidden_at = excluded.hidden_at",
    )
    .bind(agent.0)
    .bind(conversation.0)
    .bind(bound(through))
    .bind(now.as_micros())
    .execute(&mut *connection)
    .await
    .map_err(refused)?;
    // What waits is unread and not hidden, and so it is found by its conversation, whatever waits elsewhere.
    let delivered = sqlx::query(
        "update envelopes
         set delivered_at = ?5
         where agent_no = ?1
         and message_no in (
             select message_no
             from envelopes indexed by envelopes_unread
             where agent_no = ?1
             and conversation_no = ?2
             and seq <= ?3
             and read_at is null
             and is_hidden = 0
             and delivered_at is null
             order by seq
             limit ?4
         )",
    )
    .bind(agent.0)
    .bind(conversation.0)
    .bind(bound(through))
    .bind(limit)
    .bind(now.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(Moved { delivered: u32::try_from(delivered.rows_affected()).unwrap_or(u32::MAX), read: Vec::new() })
}
