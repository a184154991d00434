//! Deleting what is left of rooms that are over, a slice at a time.
//!
//! A slice takes the rooms one after the other, soonest over first, and deletes of each its messages (the newest first,
//! so that what is left has no hole), its participants and at last the room itself, until its measure is full: many
//! small rooms, or a part of a large one.

use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{ConversationNo, Timestamp, Visibility};
use tertulia_store::{StoreError, Swept};

use crate::{
    SqliteStore,
    failure::refused,
    readers::Statement,
    rows::{get, get_count, number_list},
};

/// The rows of a room besides messages and participants: its own and its conversation's.
const OWN_ROWS: u32 = 2;

/// Deletes one slice.
pub(crate) async fn sweep(store: &SqliteStore, now: Timestamp, most_rows: u32) -> Result<Swept, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let plan = Plan::of(&rooms_over(&mut transaction, now, most_rows).await?, most_rows);
    if plan.is_empty() {
        return Ok(Swept::default());
    }
    let mut rows = 0;
    for (statement, counts) in plan.statements() {
        let deleted = statement.execute(&mut *transaction).await.map_err(refused)?.rows_affected();
        rows += if counts { deleted } else { 0 };
    }
    transaction.commit().await.map_err(refused)?;
    Ok(Swept { rows: u32::try_from(rows).unwrap_or(u32::MAX), rooms: plan.rooms })
}

/// What is left of a room that is over.
struct Remains {
    conversation: ConversationNo,
    is_public: bool,
    /// Place of the last message; as many there are.
    messages: u64,
    /// How many, counted until there are more than a slice takes.
    participants: u32,
}

/// As many rooms as a slice may take, soonest over first.
async fn rooms_over(
    connection: &mut SqliteConnection,
    now: Timestamp,
    most_rows: u32,
) -> Result<Vec<Remains>, StoreError> {
    let rows = sqlx::query(
        "select r.conversation_no, r.visibility,
                (select coalesce(max(m.seq), 0) from messages m where m.conversation_no = r.conversation_no) as messages,
                (
                    select count(*)
                    from (select 1 from participants p where p.conversation_no = r.conversation_no limit 1 + ?2)
                ) as participants
         from rooms r indexed by rooms_by_end
         where r.expires_at <= ?1
         order by r.expires_at, r.conversation_no
         limit ?3",
    )
    .bind(now.as_micros())
    .bind(most_rows)
    .bind(most_rows.div_ceil(OWN_ROWS))
    .fetch_all(connection)
    .await
    .map_err(refused)?;
    rows.iter().map(remains_from_row).collect()
}

fn remains_from_row(row: &SqliteRow) -> Result<Remains, StoreError> {
    Ok(Remains {
        conversation: ConversationNo(get(row, "conversation_no")?),
        is_public: get::<&str, _>(row, "visibility")? == Visibility::Public.as_str(),
        messages: get_count(row, "messages")?,
        participants: get_count(row, "participants")?,
    })
}

/// What a slice deletes.
#[derive(Default)]
struct Plan {
    /// Conversations, and the place after which their messages go.
    messages: Vec<(ConversationNo, u64)>,
    /// Those of them in which everybody could read.
    public: Vec<(ConversationNo, u64)>,
    /// Conversations that lose all their participants.
    emptied: Vec<ConversationNo>,
    /// A conversation that loses this many of its participants.
    thinned: Option<(ConversationNo, u32)>,
    /// Rooms of which nothing is left.
    rooms: Vec<ConversationNo>,
}

impl Plan {
    fn of(over: &[Remains], most_rows: u32) -> Self {
        let mut plan = Self::default();
        let mut left = most_rows;
        for room in over {
            if left == 0 {
                break;
            }
            left = plan.take(room, left);
        }
        plan
    }

    /// Takes what there is of a room, at most about `left` rows; how many rows may follow.
    fn take(&mut self, room: &Remains, left: u32) -> u32 {
        let messages = u32::try_from(room.messages).unwrap_or(u32::MAX).min(left);
        if messages > 0 {
            let part = (room.conversation, room.messages - u64::from(messages));
            self.messages.push(part);
            if room.is_public {
                self.public.push(part);
            }
        }
        let left = left - messages;
        if room.participants > left {
            self.thinned = (left > 0).then_some((room.conversation, left));
            return 0;
        }
        if room.participants > 0 {
            self.emptied.push(room.conversation);
        }
        let left = left - room.participants;
        if left > 0 {
            self.rooms.push(room.conversation);
        }
        left.saturating_sub(OWN_ROWS)
    }

    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.emptied.is_empty() && self.thinned.is_none() && self.rooms.is_empty()
    }

    /// The statements in their order, each with whether what it changes counts as deleted.
    fn statements(&self) -> Vec<(Statement<'static>, bool)> {
        let mut statements = vec![(remember_numbers(), false)];
        if !self.public.is_empty() {
            statements.push((keep_untallied(&self.public), false));
        }
        if !self.messages.is_empty() {
            statements.push((delete_messages(&self.messages), true));
        }
        if !self.emptied.is_empty() {
            statements.push((delete_participants(&self.emptied), true));
        }
        if let Some((conversation, count)) = self.thinned {
            statements.push((delete_some_participants(conversation, count), true));
        }
        if !self.rooms.is_empty() {
            statements.push((delete_rooms(&self.rooms), true));
            statements.push((delete_conversations(&self.rooms), true));
        }
        statements
    }
}

/// The greatest numbers given so far may be among those that go.
pub(crate) fn remember_numbers() -> Statement<'static> {
    sqlx::query(
        "update hub
         set last_message_no = max(last_message_no, (select coalesce(max(message_no), 0) from messages)),
             last_conversation_no = max(last_conversation_no, (select max(conversation_no) from conversations)),
             last_community_no = max(last_community_no, (select coalesce(max(community_no), 0) from communities))",
    )
}

/// Keeps of public messages what the next tally must know.
fn keep_untallied(parts: &[(ConversationNo, u64)]) -> Statement<'static> {
    sqlx::query(
        "insert into untallied (message_no, author_no)
         select m.message_no, m.author_no
         from json_each(?1) w
         join messages m on m.conversation_no = w.value ->> 0 and m.seq > w.value ->> 1
         where m.message_no > (select tallied_no from hub)",
    )
    .bind(part_list(parts))
}

fn delete_messages(parts: &[(ConversationNo, u64)]) -> Statement<'static> {
    sqlx::query(
        "delete from messages
         where message_no in (
             select m.message_no
             from json_each(?1) w
             join messages m on m.conversation_no = w.value ->> 0 and m.seq > w.value ->> 1
         )",
    )
    .bind(part_list(parts))
}

fn delete_participants(conversations: &[ConversationNo]) -> Statement<'static> {
    sqlx::query("delete from participants where conversation_no in (select value from json_each(?1))")
        .bind(conversation_list(conversations))
}

fn delete_some_participants(conversation: ConversationNo, count: u32) -> Statement<'static> {
    sqlx::query(
        "delete from participants
         where conversation_no = ?1
         and agent_no in (select agent_no from participants where conversation_no = ?1 limit ?2)",
    )
    .bind(conversation.0)
    .bind(count)
}

fn delete_rooms(conversations: &[ConversationNo]) -> Statement<'static> {
    sqlx::query("delete from rooms where conversation_no in (select value from json_each(?1))")
        .bind(conversation_list(conversations))
}

fn delete_conversations(conversations: &[ConversationNo]) -> Statement<'static> {
    sqlx::query("delete from conversations where conversation_no in (select value from json_each(?1))")
        .bind(conversation_list(conversations))
}

fn conversation_list(conversations: &[ConversationNo]) -> String {
    number_list(conversations.iter().map(|conversation| conversation.0))
}

/// Conversation and place of each as a JSON array of arrays, for `json_each`.
fn part_list(parts: &[(ConversationNo, u64)]) -> String {
    let parts: Vec<_> = parts.iter().map(|(conversation, seq)| format!("[{conversation},{seq}]")).collect();
    format!("[{}]", parts.join(","))
}
