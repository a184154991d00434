//! The list of an agent's conversations.

use tertulia_model::{AgentNo, ConversationId, ConversationNo, Seq, Timestamp};
use tertulia_store::{ListedThread, StoreError, UnreadRecord};
use uuid::Uuid;

use crate::{contents, contents::content_row, page, readers::Statement};

/// What is aggregated of each: number, id in hexadecimal, beginning, the other of the two; how much is unread, the first
/// and the last of it; the last message with its content.
type Row = (i64, String, i64, Option<i64>, (u64, Option<u64>, Option<u64>), Option<(page::Row, Option<contents::Row>)>);

/// The conversations of an agent.
pub(crate) fn select(agent: AgentNo, limit: u32, offset: u64) -> Statement<'static> {
    let most = i64::MAX - i64::from(limit);
    sqlx::query(THREADS).bind(agent.0).bind(limit).bind(i64::try_from(offset).unwrap_or(most).min(most))
}

/// What [`select`] has found.
pub(crate) fn decode(threads: &str) -> Result<Vec<ListedThread>, StoreError> {
    let rows: Vec<Row> = serde_json::from_str(threads).map_err(|_| StoreError::Unreadable("conversation in a list"))?;
    rows.into_iter().map(thread_from).collect()
}

fn thread_from((number, id, created_at, other, unread, last): Row) -> Result<ListedThread, StoreError> {
    let id = Uuid::try_parse(&id).map_err(|_| StoreError::Unreadable("id"))?;
    let (count, oldest, newest) = unread;
    let last = match last {
        None => None,
        Some((message, content)) => {
            Some((page::message_from(message)?, content.map(contents::content_from).transpose()?))
        }
    };
    Ok(ListedThread {
        number: ConversationNo(number),
        id: ConversationId::from_uuid(id),
        created_at: Timestamp::from_micros(created_at),
        other: other.map(AgentNo),
        last,
        unread: UnreadRecord { count, oldest: oldest.map(Seq), newest: newest.map(Seq) },
    })
}

/// A direct conversation of which the agent has hidden nothing is taken from the index, in the order in which something was
/// last said; only of the others, and of groups, the last message is looked for that it can see.
const THREADS: &str = concat!(
    "with touched (conversation_no) as materialized (
             select conversation_no from hidden_conversations where agent_no = ?1
             union
             select conversation_no from hidden_messages where agent_no = ?1
         ),
         plain (conversation_no, floor, last_at) as materialized (
             select s.conversation_no, 0, s.last_at
             from direct_sides s indexed by direct_sides_recent
             cross join conversations c on c.conversation_no = s.conversation_no
             where s.agent_no = ?1
             and s.last_at is not null
             and s.conversation_no not in (select conversation_no from touched)
             order by s.last_at desc, c.conversation_id
             limit ?2 + ?3
         ),
         special (conversation_no, floor, through_seq) as materialized (
             select t.conversation_no, coalesce(h.through_seq, 0), h.through_seq
             from touched t
             cross join direct_sides s on s.agent_no = ?1 and s.conversation_no = t.conversation_no
             left join hidden_conversations h on h.agent_no = ?1 and h.conversation_no = t.conversation_no
             where s.last_at is not null
             union all
             select g.conversation_no, max(g.joined_seq - 1, coalesce(h.through_seq, 0)), h.through_seq
             from group_members g indexed by group_members_by_agent
             left join hidden_conversations h on h.agent_no = ?1 and h.conversation_no = g.conversation_no
             where g.agent_no = ?1
             and g.left_at is null
         ),
         shown (conversation_no, floor, last_at) as (
             select conversation_no, floor, last_at
             from plain
             union all
             select p.conversation_no, p.floor, (
                 select m.created_at
                 from messages m
                 where m.conversation_no = p.conversation_no
                 and m.seq > p.floor
                 and not exists (
                     select 1
                     from hidden_messages h
                     where h.agent_no = ?1
                     and h.conversation_no = p.conversation_no
                     and h.seq = m.seq
                 )
                 order by m.seq desc
                 limit 1
             )
             from special p
             where p.through_seq is null
             or exists (select 1 from messages where conversation_no = p.conversation_no and seq > p.through_seq)
         ),
         chosen (conversation_no, conversation_id, created_at, floor, last_at) as materialized (
             select s.conversation_no, c.conversation_id, c.created_at, s.floor, s.last_at
             from shown s
             cross join conversations c on c.conversation_no = s.conversation_no
             order by s.last_at desc nulls last, c.conversation_id
             limit ?2 offset ?3
         )
         select json_group_array(json_array(
             x.conversation_no, hex(x.conversation_id), x.created_at, x.other_no, json(x.unread),
             iif(m.message_no is null, null, json_array(",
    page::message_row!(),
    ", iif(c.message_no is null, null, ",
    content_row!(),
    ")))
         )) as threads
         from (
             select x.conversation_no, x.conversation_id, x.created_at,
                    (select iif(low_no = ?1, high_no, low_no) from directs where conversation_no = x.conversation_no)
                    as other_no,
                    (
                        select json_array(count(*), min(seq), max(seq))
                        from envelopes indexed by envelopes_unread
                        where agent_no = ?1
                        and conversation_no = x.conversation_no
                        and seq > x.floor
                        and read_at is null
                        and is_hidden = 0
                    ) as unread,
                    (
                        select m.message_no
                        from messages m
                        where m.conversation_no = x.conversation_no
                        and m.seq > x.floor
                        and not exists (
                            select 1
                            from hidden_messages h
                            where h.agent_no = ?1
                            and h.conversation_no = x.conversation_no
                            and h.seq = m.seq
                        )
                        order by m.seq desc
                        limit 1
                    ) as last_no
             from chosen x
             order by x.last_at desc nulls last, x.conversation_id
         ) x
         left join messages m on m.message_no = x.last_no
         left join contents c on c.message_no = x.last_no"
);
