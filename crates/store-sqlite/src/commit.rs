//! What the writer commits in one go: messages, and now and then who takes part, which rooms end, who was written
//! to, what happens to groups, and who is to be told of it elsewhere.

use std::fmt::Write;

use sqlx::SqliteConnection;
use tertulia_model::{ConversationNo, Timestamp};
use tertulia_store::{Commit, StoreError};

use crate::{
    SqliteStore, contents, directs, envelopes,
    failure::{failed, refused},
    group_changes, outbox,
    page::Batch,
    participants,
    readers::Statement,
};

/// Writes all of `commit`, or nothing of it.
pub(crate) async fn write(store: &SqliteStore, commit: &Commit) -> Result<(), StoreError> {
    let batch = match commit.messages.as_slice() {
        [] => None,
        messages => Some(Batch::encode(messages).ok_or_else(|| failed(NOT_NEXT))?),
    };
    if !commit.has_only_messages() {
        return write_with_changes(store, batch, commit).await;
    }
    // One statement outside a transaction: SQLite begins, commits and syncs once.
    match batch {
        Some(batch) => all_continue(store.write(append(batch)).await?),
        None => Ok(()),
    }
}

async fn write_with_changes(store: &SqliteStore, batch: Option<Batch>, commit: &Commit) -> Result<(), StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    if let Some(batch) = batch {
        let appended = append(batch).execute(&mut *transaction).await.map_err(refused)?;
        all_continue(appended.rows_affected())?;
    }
    if !commit.participants.is_empty() {
        participants::change(&mut transaction, &commit.participants).await?;
    }
    if !commit.endings.is_empty() {
        end_rooms(&commit.endings).execute(&mut *transaction).await.map_err(refused)?;
    }
    if !commit.received.is_empty() {
        directs::note_received(&commit.received).execute(&mut *transaction).await.map_err(refused)?;
    }
    for change in &commit.groups {
        group_changes::apply(&mut transaction, change).await?;
    }
    write_envelopes(&mut transaction, commit).await?;
    if !commit.deliveries.is_empty() {
        outbox::insert(&mut transaction, &commit.deliveries).await?;
    }
    transaction.commit().await.map_err(refused)
}

/// What goes with messages in direct conversations and groups.
async fn write_envelopes(connection: &mut SqliteConnection, commit: &Commit) -> Result<(), StoreError> {
    if let Some(rows) = contents::encode(&commit.messages) {
        contents::insert(&rows).execute(&mut *connection).await.map_err(refused)?;
        contents::insert_keys(&rows).execute(&mut *connection).await.map_err(refused)?;
    }
    for change in &commit.directs {
        envelopes::change_direct(connection, change).await?;
    }
    if !commit.envelopes.is_empty() {
        envelopes::insert(&commit.envelopes).execute(&mut *connection).await.map_err(refused)?;
    }
    let now = commit.messages.last().map_or(Timestamp::default(), |message| message.created_at);
    envelopes::spill(connection, &commit.spilled, now).await
}

/// Appends the whole batch, or no row of it if it does not continue its conversations.
///
/// The condition does not depend on the row, so it is looked at once a batch. `jsonb_each` hands rows on in binary: a
/// quarter less work than `json_each`, whose rows are text that every `json_extract` would have to parse. What is code
/// stands apart: looking for it in every row would cost a twentieth of the whole.
fn append(Batch { rows, ids, starts, code }: Batch) -> Statement<'static> {
    sqlx::query(
        "insert into messages
             (message_no, message_id, conversation_no, seq, author_no, author_revision, created_at, text,
              is_code)
         select json_extract(value, '$[0]'), substr(?2, 1 + 16 * key, 16), json_extract(value, '$[1]'),
                json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]'),
                json_extract(value, '$[5]'), json_extract(value, '$[6]'),
                case when ?4 is not null and substr(?4, 1 + key, 1) = '1' then 1 end
         from jsonb_each(?1)
         where not exists (
             select 1
             from json_each(?3) s
             where s.value ->> 1 <> 1 + (
                 select coalesce(max(m.seq), 0)
                 from messages m
                 where m.conversation_no = s.value ->> 0
             )
         )",
    )
    .bind(rows)
    .bind(ids)
    .bind(starts)
    .bind(code)
}

fn all_continue(appended_rows: u64) -> Result<(), StoreError> {
    if appended_rows == 0 { Err(failed(NOT_NEXT)) } else { Ok(()) }
}

const NOT_NEXT: &str = "a message does not continue its conversation";

/// An end that is planned for earlier stays.
fn end_rooms(endings: &[(ConversationNo, Timestamp)]) -> Statement<'static> {
    sqlx::query(
        "update rooms
         set expires_at = e.at
         from (
             select value ->> 0 as conversation_no, min(value ->> 1) as at
             from json_each(?1)
             group by value ->> 0
         ) e
         where rooms.conversation_no = e.conversation_no
         and rooms.expires_at > e.at",
    )
    .bind(ending_list(endings))
}

/// Conversation and moment of each as a JSON array of arrays, for `json_each`.
fn ending_list(endings: &[(ConversationNo, Timestamp)]) -> String {
    let mut list = String::from("[");
    for (place, (conversation, at)) in endings.iter().enumerate() {
        let separator = if place > 0 { "," } else { "" };
        write!(list, "{separator}[{conversation},{}]", at.as_micros()).expect("writing to a String cannot fail");
    }
    list.push(']');
    list
}
