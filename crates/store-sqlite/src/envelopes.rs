//! Envelopes on their way into the database: written with their messages, and moved by their recipients.

use std::fmt::Write;

use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, ConversationNo, MessageId, MessageNo, Seq, Timestamp};
use tertulia_store::{DirectChange, Move, Moved, NewEnvelope, StoreError};

use crate::{
    failure::refused,
    readers::Statement,
    rows::{get, get_count},
    threads,
};

/// The copies of a batch as one JSON text; nothing if there are none.
pub(crate) fn encode(envelopes: &[NewEnvelope]) -> Option<String> {
    let rows = envelopes.iter().map(|new| {
        let seq = i64::try_from(new.seq.0).unwrap_or(i64::MAX);
        [new.agent.0, new.message.0, new.conversation.0, seq]
    });
    (!envelopes.is_empty()).then(|| tuples(rows))
}

/// Writes what [`encode`] gives.
macro_rules! insert {
    ($envelopes:literal) => {
        concat!(
            "insert into envelopes (agent_no, message_no, conversation_no, seq)
             select json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
                    json_extract(value, '$[3]')
             from jsonb_each(",
            $envelopes,
            ")"
        )
    };
}
pub(crate) use insert;

/// Numbers as a JSON array of arrays, for `json_each`.
fn tuples<const N: usize>(rows: impl Iterator<Item = [i64; N]>) -> String {
    let mut list = String::from("[");
    for (place, row) in rows.enumerate() {
        list.push_str(if place > 0 { ",[" } else { "[" });
        for (column, number) in row.into_iter().enumerate() {
            let separator = if column > 0 { "," } else { "" };
            write!(list, "{separator}{number}").expect("writing to a String cannot fail");
        }
        list.push(']');
    }
    list.push(']');
    list
}

/// Notes what becomes of a direct conversation. Who has answered stands in the other's contact book from then on, and the
/// other in its own; what stands there already stays as it is.
pub(crate) async fn change_direct(connection: &mut SqliteConnection, change: &DirectChange) -> Result<(), StoreError> {
    match *change {
        DirectChange::Opened { conversation, initiator, at } => {
            sqlx::query(
                "update directs
                 set initiator_no = ?2, initiated_at = ?3
                 where conversation_no = ?1
                 and initiator_no is null
                 and established_at is null",
            )
            .bind(conversation.0)
            .bind(initiator.0)
            .bind(at.as_micros())
            .execute(connection)
            .await
            .map_err(refused)?;
        }
        DirectChange::Established { conversation, at } => {
            establish(conversation, at).execute(&mut *connection).await.map_err(refused)?;
            exchange_contacts(conversation, at).execute(connection).await.map_err(refused)?;
        }
    }
    Ok(())
}

/// The two talk from now on, unless they did before.
pub(crate) fn establish(conversation: ConversationNo, at: Timestamp) -> Statement<'static> {
    sqlx::query("update directs set established_at = ?2 where conversation_no = ?1 and established_at is null")
        .bind(conversation.0)
        .bind(at.as_micros())
}

fn exchange_contacts(conversation: ConversationNo, at: Timestamp) -> Statement<'static> {
    sqlx::query(
        "insert into contacts (agent_no, contact_no, name_key, added_at)
         select p.agent_no, p.contact_no, a.name_key, ?2
         from (
             select low_no as agent_no, high_no as contact_no from directs where conversation_no = ?1
             union all
             select high_no, low_no from directs where conversation_no = ?1
         ) p
         join agents a on a.agent_no = p.contact_no
         where true
         on conflict do nothing",
    )
    .bind(conversation.0)
    .bind(at.as_micros())
}

/// Lets the oldest envelopes of agents go that do not work them off.
pub(crate) async fn spill(
    connection: &mut SqliteConnection,
    spilled: &[(AgentNo, u32)],
    now: Timestamp,
) -> Result<(), StoreError> {
    for (agent, count) in spilled {
        let through = MessageNo(i64::MAX);
        deliver_through(*agent, through, *count, now).execute(&mut *connection).await.map_err(refused)?;
    }
    Ok(())
}

fn deliver_through(agent: AgentNo, through: MessageNo, limit: u32, now: Timestamp) -> Statement<'static> {
    sqlx::query(
        "update envelopes
         set delivered_at = ?4
         where agent_no = ?1
         and message_no in (
             select message_no
             from envelopes indexed by envelopes_waiting
             where agent_no = ?1
             and message_no <= ?2
             and delivered_at is null
             order by message_no
             limit ?3
         )",
    )
    .bind(agent.0)
    .bind(through.0)
    .bind(limit)
    .bind(now.as_micros())
}

/// Moves envelopes, in order; single ones that are delivered go together.
pub(crate) async fn settle(
    connection: &mut SqliteConnection,
    moves: &[Move],
    now: Timestamp,
) -> Result<Vec<Moved>, StoreError> {
    let mut done = Vec::with_capacity(moves.len());
    let mut rest = moves;
    while let Some(first) = rest.first() {
        let single: Vec<_> = rest.iter().map_while(delivered).collect();
        if single.is_empty() {
            done.push(settle_one(connection, *first, now).await?);
            rest = &rest[1..];
        } else {
            done.extend(deliver(connection, &single, now).await?);
            rest = &rest[single.len()..];
        }
    }
    Ok(done)
}

fn delivered(one: &Move) -> Option<(AgentNo, MessageId)> {
    match *one {
        Move::Delivered { agent, message } => Some((agent, message)),
        Move::DeliveredThrough { .. }
        | Move::Read { .. }
        | Move::ReadThrough { .. }
        | Move::Hidden { .. }
        | Move::HiddenThrough { .. } => None,
    }
}

/// Delivers single envelopes. Of several that are the same one, the first counts.
async fn deliver(
    connection: &mut SqliteConnection,
    single: &[(AgentNo, MessageId)],
    now: Timestamp,
) -> Result<Vec<Moved>, StoreError> {
    let mut numbers = vec![None; single.len()];
    for row in find(single).fetch_all(&mut *connection).await.map_err(refused)? {
        let place: usize = get_count(&row, "place")?;
        numbers[place] = Some(get::<i64, _>(&row, "message_no")?);
    }
    let known = single.iter().zip(&numbers).filter_map(|((agent, _), number)| Some([agent.0, (*number)?]));
    let update = sqlx::query(
        "update envelopes
         set delivered_at = ?2
         from (select value ->> 0 as agent_no, value ->> 1 as message_no from json_each(?1)) w
         where envelopes.agent_no = w.agent_no
         and envelopes.message_no = w.message_no
         and envelopes.delivered_at is null
         returning agent_no, message_no",
    )
    .bind(tuples(known))
    .bind(now.as_micros());
    let mut changed = Vec::new();
    for row in update.fetch_all(connection).await.map_err(refused)? {
        changed.push((get::<i64, _>(&row, "agent_no")?, get::<i64, _>(&row, "message_no")?));
    }
    Ok(single
        .iter()
        .zip(numbers)
        .map(|((agent, _), number)| {
            let place = changed.iter().position(|(of, message)| *of == agent.0 && Some(*message) == number);
            let is_changed = place.map(|place| changed.swap_remove(place)).is_some();
            Moved { delivered: u32::from(is_changed), read: Vec::new() }
        })
        .collect())
}

/// The numbers of messages, with their places in the list.
fn find(single: &[(AgentNo, MessageId)]) -> Statement<'static> {
    let mut ids = Vec::with_capacity(16 * single.len());
    for (_, message) in single {
        ids.extend_from_slice(message.as_uuid().as_bytes());
    }
    sqlx::query(
        "with recursive places (place) as (
             select 0
             union all
             select place + 1 from places where place + 1 < length(?1) / 16
         )
         select p.place, m.message_no
         from places p
         cross join messages m on m.message_id = substr(?1, 1 + 16 * p.place, 16)",
    )
    .bind(ids)
}

async fn settle_one(connection: &mut SqliteConnection, one: Move, now: Timestamp) -> Result<Moved, StoreError> {
    match one {
        Move::Delivered { agent, message } => {
            Ok(deliver(connection, &[(agent, message)], now).await?.pop().unwrap_or_default())
        }
        Move::DeliveredThrough { agent, through, limit } => {
            let done = deliver_through(agent, through, limit, now).execute(connection).await.map_err(refused)?;
            Ok(Moved { delivered: u32::try_from(done.rows_affected()).unwrap_or(u32::MAX), read: Vec::new() })
        }
        Move::Read { agent, message } => {
            let waited = sqlx::query(
                "select delivered_at is null as waits, message_no, seq
                 from envelopes
                 where agent_no = ?1
                 and message_no = ?2
                 and read_at is null",
            );
            read(connection, agent, waited.bind(agent.0).bind(message.0), now).await
        }
        Move::ReadThrough { agent, conversation, through, limit } => {
            let Seq(through) = through;
            let waited = sqlx::query(
                "select delivered_at is null as waits, message_no, seq
                 from envelopes
                 where agent_no = ?1
                 and conversation_no = ?2
                 and seq <= ?3
                 and read_at is null
                 and is_hidden = 0
                 order by seq
                 limit ?4",
            )
            .bind(agent.0)
            .bind(conversation.0)
            .bind(i64::try_from(through).unwrap_or(i64::MAX))
            .bind(limit);
            read(connection, agent, waited, now).await
        }
        Move::Hidden { agent, message, conversation, seq } => {
            threads::hide_message(connection, agent, message, (conversation, seq), now).await
        }
        Move::HiddenThrough { agent, conversation, through, limit } => {
            threads::hide_through(connection, agent, (conversation, through), limit, now).await
        }
    }
}

/// Marks what `unread` finds as read.
async fn read(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    unread: Statement<'_>,
    now: Timestamp,
) -> Result<Moved, StoreError> {
    let rows = unread.fetch_all(&mut *connection).await.map_err(refused)?;
    let mut moved = Moved::default();
    for row in &rows {
        moved.delivered += u32::from(get::<bool, _>(row, "waits")?);
        moved.read.push(read_from_row(row)?);
    }
    if moved.read.is_empty() {
        return Ok(moved);
    }
    sqlx::query(
        "update envelopes
         set read_at = ?3, delivered_at = coalesce(delivered_at, ?3)
         where agent_no = ?1
         and message_no in (select value from json_each(?2))",
    )
    .bind(agent.0)
    .bind(crate::rows::number_list(moved.read.iter().map(|(message, _)| message.0)))
    .bind(now.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(moved)
}

fn read_from_row(row: &SqliteRow) -> Result<(MessageNo, Seq), StoreError> {
    Ok((MessageNo(get(row, "message_no")?), Seq(get_count(row, "seq")?)))
}
