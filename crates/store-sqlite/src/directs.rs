//! The one conversation of a pair, and the views that friends have of it.

use std::fmt::Write;

use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, ConversationId, ConversationKind, ConversationNo, Seq, Timestamp, ViewId};
use tertulia_store::{DirectRecord, EndedView, LogEnd, NewView, StoreError, ViewRecord, WholeDirect};

use crate::{
    conversations,
    failure::{failed, refused},
    readers::Statement,
    rows::{get, get_count, get_optional_time, get_time, get_uuid},
};

/// By what a direct conversation is found.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    Number(ConversationNo),
    Id(ConversationId),
    /// Of a view that is open.
    View(ViewId),
    /// Whose it is.
    Pair([AgentNo; 2]),
}

/// The direct conversation, if there is one.
pub(crate) fn select(key: Key) -> Statement<'static> {
    let (number, id, view, pair) = match key {
        Key::Number(number) => (Some(number.0), None, None, None),
        Key::Id(id) => (None, Some(id.as_uuid().as_bytes().to_vec()), None, None),
        Key::View(view) => (None, None, Some(view.as_uuid().as_bytes().to_vec()), None),
        Key::Pair([one, other]) => (None, None, None, Some((one.min(other), one.max(other)))),
    };
    sqlx::query(
        "select c.conversation_no, c.conversation_id, c.created_at, c.removed, d.low_no, d.high_no,
                d.initiator_no, d.initiated_at, d.established_at is not null as is_established,
                v.view_id, v.begins_after, v.opened_at,
                exists (select 1 from blocks b where b.agent_no = d.low_no and b.blocked_no = d.high_no)
                or exists (select 1 from blocks b where b.agent_no = d.high_no and b.blocked_no = d.low_no)
                as is_blocked,
                coalesce(m.seq, 0) as last_seq, coalesce(m.created_at, 0) as last_at
         from directs d
         join conversations c on c.conversation_no = d.conversation_no
         left join views v on v.conversation_no = d.conversation_no and v.ended_at is null
         left join messages m on m.message_no = (
             select message_no
             from messages
             where conversation_no = d.conversation_no
             order by seq desc
             limit 1
         )
         where d.conversation_no = coalesce(
             ?1,
             (select conversation_no from conversations where conversation_id = ?2),
             (select conversation_no from views where view_id = ?3 and ended_at is null),
             (select conversation_no from directs where low_no = ?4 and high_no = ?5)
         )",
    )
    .bind(number)
    .bind(id)
    .bind(view)
    .bind(pair.map(|(low, _)| low.0))
    .bind(pair.map(|(_, high)| high.0))
}

pub(crate) fn from_row(row: &SqliteRow) -> Result<WholeDirect, StoreError> {
    let direct = DirectRecord {
        number: ConversationNo(get(row, "conversation_no")?),
        id: ConversationId::from_uuid(get_uuid(row, "conversation_id")?),
        pair: [AgentNo(get(row, "low_no")?), AgentNo(get(row, "high_no")?)],
        created_at: get_time(row, "created_at")?,
    };
    let end = LogEnd {
        last_seq: Seq(get_count(row, "last_seq")?),
        last_at: get_time(row, "last_at")?,
        removed: get_count(row, "removed")?,
    };
    let initiator: Option<i64> = get(row, "initiator_no")?;
    Ok(WholeDirect {
        direct,
        view: view_from_row(row)?,
        is_blocked: get(row, "is_blocked")?,
        opened: initiator.map(AgentNo).zip(get_optional_time(row, "initiated_at")?),
        is_established: get(row, "is_established")?,
        end,
    })
}

fn view_from_row(row: &SqliteRow) -> Result<Option<ViewRecord>, StoreError> {
    if get::<Option<&[u8]>, _>(row, "view_id")?.is_none() {
        return Ok(None);
    }
    Ok(Some(ViewRecord {
        id: ViewId::from_uuid(get_uuid(row, "view_id")?),
        begins_after: Seq(get_count(row, "begins_after")?),
        opened_at: get_time(row, "opened_at")?,
    }))
}

/// The conversation of two agents, made if they have none.
pub(crate) async fn between(
    connection: &mut SqliteConnection,
    pair: [AgentNo; 2],
    id: ConversationId,
    now: Timestamp,
) -> Result<ConversationNo, StoreError> {
    let (low, high) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
    let known = sqlx::query("select conversation_no from directs where low_no = ?1 and high_no = ?2")
        .bind(low.0)
        .bind(high.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(refused)?;
    if let Some(row) = known {
        return Ok(ConversationNo(get(&row, "conversation_no")?));
    }
    let number = conversations::insert(connection, id, ConversationKind::Direct, now).await?;
    sqlx::query("insert into directs (conversation_no, low_no, high_no) values (?1, ?2, ?3)")
        .bind(number.0)
        .bind(low.0)
        .bind(high.0)
        .execute(&mut *connection)
        .await
        .map_err(refused)?;
    sqlx::query("insert into direct_sides (agent_no, conversation_no) values (?2, ?1), (?3, ?1)")
        .bind(number.0)
        .bind(low.0)
        .bind(high.0)
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(number)
}

/// Opens a view that begins where the last one has ended; its number.
pub(crate) async fn open_view(
    connection: &mut SqliteConnection,
    conversation: ConversationNo,
    new: &NewView,
) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "insert into views (view_id, conversation_no, begins_after, opened_at)
         values (
             ?1, ?2,
             coalesce((select ends_with from views where conversation_no = ?2 order by view_no desc limit 1), 0), ?3
         )
         returning view_no",
    )
    .bind(new.view.as_uuid().as_bytes().as_slice())
    .bind(conversation.0)
    .bind(new.now.as_micros())
    .fetch_one(connection)
    .await
    .map_err(refused)?;
    get(&row, "view_no")
}

/// Ends a view at the last message that it shows.
pub(crate) async fn end_view(
    connection: &mut SqliteConnection,
    view_no: i64,
    now: Timestamp,
) -> Result<EndedView, StoreError> {
    let row = sqlx::query(
        "update views
         set ended_at = ?2,
             ends_with = (select coalesce(max(seq), 0) from messages where conversation_no = views.conversation_no)
         where view_no = ?1
         and ended_at is null
         returning view_id, conversation_no",
    )
    .bind(view_no)
    .bind(now.as_micros())
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    let row = row.ok_or_else(|| failed("a friendship has no open view"))?;
    Ok(EndedView {
        view: ViewId::from_uuid(get_uuid(&row, "view_id")?),
        direct: ConversationNo(get(&row, "conversation_no")?),
    })
}

/// Notes when agents were written to, and when something was last said for both, as [`encode_received`] says it.
macro_rules! note_received {
    ($received:literal) => {
        concat!(
            "update direct_sides
             set last_at = max(coalesce(last_at, 0), s.at),
                 received_at = iif(s.received_at > coalesce(direct_sides.received_at, 0), s.received_at,
                                   direct_sides.received_at)
             from (
                 select side.agent_no, side.conversation_no, max(r.at) as at,
                        max(iif(r.agent_no = side.agent_no, r.at, 0)) as received_at
                 from (
                     select value ->> 0 as agent_no, value ->> 1 as conversation_no, max(value ->> 2) as at
                     from json_each(",
            $received,
            ")
                     group by value ->> 0, value ->> 1
                 ) r
                 cross join directs d on d.conversation_no = r.conversation_no
                 cross join direct_sides side
                     on side.conversation_no = r.conversation_no and side.agent_no in (d.low_no, d.high_no)
                 group by side.agent_no, side.conversation_no
             ) s
             where direct_sides.agent_no = s.agent_no
             and direct_sides.conversation_no = s.conversation_no"
        )
    };
}
pub(crate) use note_received;

/// Agent, conversation and moment of each as a JSON array of arrays; nothing if there are none.
pub(crate) fn encode_received(received: &[(AgentNo, ConversationNo, Timestamp)]) -> Option<String> {
    if received.is_empty() {
        return None;
    }
    let mut list = String::from("[");
    for (place, (agent, conversation, at)) in received.iter().enumerate() {
        let separator = if place > 0 { "," } else { "" };
        write!(list, "{separator}[{agent},{conversation},{}]", at.as_micros())
            .expect("writing to a String cannot fail");
    }
    list.push(']');
    Some(list)
}
