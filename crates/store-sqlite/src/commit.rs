//! What the writer commits in one go: messages, and now and then who takes part, which rooms end, who was written
//! to, what happens to groups, and who is to be told of it elsewhere.

use std::fmt::Write;

use sqlx::{SqliteConnection, sqlite::SqliteQueryResult};
use tertulia_model::{ConversationNo, Timestamp};
use tertulia_store::{Commit, StoreError};

use crate::{
    SqliteStore, contents, directs, envelopes,
    failure::{breaks_uniqueness, failed, refused},
    group_changes, outbox,
    page::Batch,
    participants,
    readers::Statement,
};

/// Writes all of `commit`, or nothing of it. `false`: a message has a key that was used before.
pub(crate) async fn write(store: &SqliteStore, commit: &Commit) -> Result<bool, StoreError> {
    let batch = match commit.messages.as_slice() {
        [] => None,
        messages => Some(Batch::encode(messages).ok_or_else(|| failed(NOT_NEXT))?),
    };
    if commit.has_changes() {
        return write_with_changes(store, batch, commit).await;
    }
    // One statement outside a transaction: SQLite begins, commits and syncs once.
    match batch {
        Some(batch) if commit.has_only_words() => all_continue(store.write(append(batch)).await?).map(|()| true),
        Some(batch) => unless_used(store.writer.lock().await?.try_execute(append_letters(batch, commit)).await?),
        None => Ok(true),
    }
}

async fn write_with_changes(store: &SqliteStore, batch: Option<Batch>, commit: &Commit) -> Result<bool, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    if !commit.participants.is_empty() {
        participants::change(&mut transaction, &commit.participants).await?;
    }
    if !commit.endings.is_empty() {
        end_rooms(&commit.endings).execute(&mut *transaction).await.map_err(refused)?;
    }
    for change in &commit.groups {
        group_changes::apply(&mut transaction, change).await?;
    }
    // What waits and counts as delivered by a change of a group does not include what is said of that change.
    if let Some(batch) = batch
        && !unless_used(append_letters(batch, commit).execute(&mut *transaction).await)?
    {
        return Ok(false);
    }
    for change in &commit.directs {
        envelopes::change_direct(&mut transaction, change).await?;
    }
    let now = commit.messages.last().map_or(Timestamp::default(), |message| message.created_at);
    envelopes::spill(&mut transaction, &commit.spilled, now).await?;
    if !commit.deliveries.is_empty() {
        outbox::insert(&mut transaction, &commit.deliveries).await?;
    }
    transaction.commit().await.map_err(refused)?;
    Ok(true)
}

/// Whether letters were written, rather than refused because a key was used before.
fn unless_used(written: Result<SqliteQueryResult, sqlx::Error>) -> Result<bool, StoreError> {
    match written {
        Err(error) if breaks_uniqueness(&error, "sent_keys") => Ok(false),
        written => written.map(|_| true).map_err(refused),
    }
}

/// The statement that appends a whole batch, or no row of it if it does not continue its conversations; with what stands
/// for rows, ids, starts and code.
///
/// The condition does not depend on the row, so it is looked at once a batch. `jsonb_each` hands rows on in binary: a
/// quarter less work than `json_each`, whose rows are text that every `json_extract` would have to parse. What is code
/// stands apart: looking for it in every row would cost a twentieth of the whole.
macro_rules! append {
    ($rows:literal, $ids:literal, $starts:literal, $code:literal) => {
        concat!(
            "insert into messages
                 (message_no, message_id, conversation_no, seq, author_no, author_revision, created_at, text,
                  is_code)
             select json_extract(value, '$[0]'), substr(",
            $ids,
            ", 1 + 16 * key, 16), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
                    json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
                    json_extract(value, '$[6]'),
                    case when ",
            $code,
            " is not null and substr(",
            $code,
            ", 1 + key, 1) = '1' then 1 end
             from jsonb_each(",
            $rows,
            ")
             where not exists (
                 select 1
                 from json_each(",
            $starts,
            ") s
                 where s.value ->> 1 <> 1 + (
                     select coalesce(max(m.seq), 0)
                     from messages m
                     where m.conversation_no = s.value ->> 0
                 )
             )"
        )
    };
}

/// What the connection that writes has to have before [`write`]: a view to which a batch of letters is handed as one row,
/// and the trigger that writes it. So it is one statement, however many tables it concerns.
pub(crate) async fn prepare(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    for statement in [LETTERS, APPEND_LETTERS] {
        sqlx::query(statement).execute(&mut *writer).await.map_err(refused)?;
    }
    Ok(())
}

const LETTERS: &str = "
    create temp view letters (rows, ids, starts, code, contents, received, envelopes)
    as select null, null, null, null, null, null, null";

/// What is null holds nothing.
const APPEND_LETTERS: &str = concat!(
    "create temp trigger append_letters instead of insert on letters
     begin ",
    append!("new.rows", "new.ids", "new.starts", "new.code"),
    ";
     select raise(abort, 'a message does not continue its conversation')
     where changes() = 0; ",
    contents::insert!("new.contents"),
    "; ",
    contents::insert_keys!("new.contents"),
    "; ",
    directs::note_received!("new.received"),
    "; ",
    envelopes::insert!("new.envelopes"),
    ";
     end"
);

/// Appends messages that are more than words, or that somebody receives.
fn append_letters(Batch { rows, ids, starts, code }: Batch, commit: &Commit) -> Statement<'static> {
    sqlx::query("insert into letters values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .bind(rows)
        .bind(ids)
        .bind(starts)
        .bind(code)
        .bind(contents::encode(&commit.messages))
        .bind(directs::encode_received(&commit.received))
        .bind(envelopes::encode(&commit.envelopes))
}

/// Appends messages that are words alone.
fn append(Batch { rows, ids, starts, code }: Batch) -> Statement<'static> {
    sqlx::query(append!("?1", "?2", "?3", "?4")).bind(rows).bind(ids).bind(starts).bind(code)
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
