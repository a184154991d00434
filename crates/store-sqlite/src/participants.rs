//! Who takes part in a conversation. How many have joined stands beside the conversation, so that a list of rooms counts
//! nobody.

use std::{collections::HashMap, fmt::Write};

use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, ConversationNo, Standing, Timestamp};
use tertulia_store::{Participant, ParticipantChange, StoreError};

use crate::{
    SqliteStore,
    failure::refused,
    rows::{get, get_time},
};

/// Who takes part, first come first.
pub(crate) async fn list(store: &SqliteStore, conversation: ConversationNo) -> Result<Vec<Participant>, StoreError> {
    let all = sqlx::query(
        "select agent_no, standing, since
         from participants
         where conversation_no = ?1
         order by since, agent_no",
    )
    .bind(conversation.0);
    store.readers.all(all).await?.iter().map(|row| participant_from_row(conversation, row)).collect()
}

/// The first who have joined each conversation, read from the index in its order and no further.
pub(crate) async fn members(
    store: &SqliteStore,
    conversations: &[ConversationNo],
    limit: u32,
) -> Result<Vec<Participant>, StoreError> {
    let first = sqlx::query(
        "select p.conversation_no, p.agent_no, p.standing, p.since
         from json_each(?1) w
         join participants p on p.conversation_no = w.value and p.agent_no in (
             select agent_no
             from participants indexed by participants_by_standing
             where conversation_no = w.value and standing = 'joined'
             order by since, agent_no
             limit ?2
         )
         order by p.conversation_no, p.since, p.agent_no",
    )
    .bind(number_list(conversations))
    .bind(limit);
    let rows = store.readers.all(first).await?;
    rows.iter().map(|row| participant_from_row(ConversationNo(get(row, "conversation_no")?), row)).collect()
}

/// The numbers as a JSON array, for `json_each`.
fn number_list(conversations: &[ConversationNo]) -> String {
    let numbers: Vec<String> = conversations.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// The participants in `[[agent, standing, since], …]`: a value for each of thousands would cost more than to read them.
pub(crate) fn decode(conversation: ConversationNo, list: &str) -> Result<Vec<Participant>, StoreError> {
    let rows: Vec<(i64, &str, i64)> =
        serde_json::from_str(list).map_err(|_| StoreError::Unreadable("participants of a room"))?;
    rows.into_iter()
        .map(|(agent, standing, since)| {
            Ok(Participant {
                conversation,
                agent: AgentNo(agent),
                standing: Standing::from_word(standing).ok_or(UNKNOWN_STANDING)?,
                since: Timestamp::from_micros(since),
            })
        })
        .collect()
}

const UNKNOWN_STANDING: StoreError = StoreError::Unreadable("standing of a participant");

fn participant_from_row(conversation: ConversationNo, row: &SqliteRow) -> Result<Participant, StoreError> {
    let standing: &str = get(row, "standing")?;
    Ok(Participant {
        conversation,
        agent: AgentNo(get(row, "agent_no")?),
        standing: Standing::from_word(standing).ok_or(UNKNOWN_STANDING)?,
        since: get_time(row, "since")?,
    })
}

/// Makes the changes within a transaction, and counts the members anew.
pub(crate) async fn change(connection: &mut SqliteConnection, changes: &[ParticipantChange]) -> Result<(), StoreError> {
    let changes = change_list(changes);
    for statement in [COUNT_MEMBERS, DELETE_GONE, UPSERT_STANDING] {
        sqlx::query(statement).bind(&changes).execute(&mut *connection).await.map_err(refused)?;
    }
    Ok(())
}

/// To be run before the others: it compares what will be with what is.
const COUNT_MEMBERS: &str = "
    update conversations
    set members = members + d.joined
    from (
        select w.value ->> 0 as conversation_no,
               sum((w.value ->> 2 is 'joined') - (p.standing is 'joined')) as joined
        from json_each(?1) w
        left join participants p on p.conversation_no = w.value ->> 0 and p.agent_no = w.value ->> 1
        group by w.value ->> 0
    ) d
    where conversations.conversation_no = d.conversation_no
    and d.joined <> 0";

const DELETE_GONE: &str = "
    delete from participants
    where (conversation_no, agent_no) in (
        select value ->> 0, value ->> 1
        from json_each(?1)
        where value ->> 2 is null
    )";

const UPSERT_STANDING: &str = "
    insert into participants (conversation_no, agent_no, standing, since)
    select value ->> 0, value ->> 1, value ->> 2, value ->> 3
    from json_each(?1)
    where value ->> 2 is not null
    on conflict (conversation_no, agent_no) do update
    set standing = excluded.standing, since = excluded.since";

/// `[[conversation, agent, standing, since], …]`, one for each conversation and agent: the last of its changes. Who is
/// gone has neither a standing nor a moment.
fn change_list(changes: &[ParticipantChange]) -> String {
    let mut final_state = HashMap::with_capacity(changes.len());
    for change in changes {
        match *change {
            ParticipantChange::Stands(participant) => {
                final_state.insert((participant.conversation, participant.agent), Some(participant));
            }
            ParticipantChange::Gone { conversation, agent } => {
                final_state.insert((conversation, agent), None);
            }
        }
    }
    let mut list = String::from("[");
    for (place, ((conversation, agent), stands)) in final_state.into_iter().enumerate() {
        let separator = if place > 0 { "," } else { "" };
        let written = match stands {
            Some(Participant { standing, since, .. }) => {
                let (standing, since) = (standing.as_str(), since.as_micros());
                write!(list, "{separator}[{conversation},{agent},\"{standing}\",{since}]")
            }
            None => write!(list, "{separator}[{conversation},{agent},null,null]"),
        };
        written.expect("writing to a String cannot fail");
    }
    list.push(']');
    list
}
