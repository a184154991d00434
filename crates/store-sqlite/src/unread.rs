//! What friends have said since: counted backwards from the end of each view in which something was, so that what was
//! read before costs nothing.

use tertulia_model::{AgentNo, Timestamp, ViewId};
use tertulia_store::{StoreError, UnreadQuery, UnreadView};
use uuid::Uuid;

use crate::{SqliteStore, rows::get};

/// What [`COUNT`] aggregates for each view: friend, id in hexadecimal, messages, beginning of the last text, its time.
type Row = (i64, String, u64, Option<String>, i64);

/// The views, last written to first.
pub(crate) async fn list(store: &SqliteStore, query: &UnreadQuery) -> Result<Vec<UnreadView>, StoreError> {
    let counted = sqlx::query(COUNT)
        .bind(query.agent.0)
        .bind(query.since.as_micros())
        .bind(query.most_views)
        .bind(query.most_messages)
        .bind(query.most_characters);
    let Some(row) = store.readers.first(counted).await? else { return Ok(Vec::new()) };
    let views: Vec<Row> = serde_json::from_str(get(&row, "views")?).map_err(|_| UNREADABLE)?;
    views.into_iter().map(view_from).collect()
}

const UNREADABLE: StoreError = StoreError::Unreadable("unread view");

fn view_from((friend, view, messages, last_text, last_at): Row) -> Result<UnreadView, StoreError> {
    Ok(UnreadView {
        friend: AgentNo(friend),
        view: ViewId::from_uuid(Uuid::try_parse(&view).map_err(|_| UNREADABLE)?),
        messages,
        last_text: last_text.map(Into::into),
        last_at: Timestamp::from_micros(last_at),
    })
}

/// Within a conversation later messages have later times, so that `walk` ends at the first one that is not after the
/// cut. A view where all that came since was removed drops out at the end.
const COUNT: &str = "
    with recursive
    written as materialized (
        select s.conversation_no, iif(d.low_no = ?1, d.high_no, d.low_no) as friend_no, v.view_id, v.begins_after,
               (select max(seq) from messages where conversation_no = s.conversation_no) as last_seq
        from direct_sides s indexed by direct_sides_by_time
        cross join directs d on d.conversation_no = s.conversation_no
        cross join views v indexed by views_one_open on v.conversation_no = s.conversation_no and v.ended_at is null
        where s.agent_no = ?1
        and s.received_at > ?2
        order by s.received_at desc
        limit ?3
    ),
    walk (conversation_no, friend_no, begins_after, seq, steps, is_friends) as (
        select w.conversation_no, w.friend_no, w.begins_after, m.seq, 1,
               m.author_no = w.friend_no and m.removed_at is null
        from written w
        cross join messages m on m.conversation_no = w.conversation_no and m.seq = w.last_seq
        where m.seq > w.begins_after
        and m.created_at > ?2
        union all
        select w.conversation_no, w.friend_no, w.begins_after, m.seq, w.steps + 1,
               m.author_no = w.friend_no and m.removed_at is null
        from walk w
        cross join messages m on m.conversation_no = w.conversation_no and m.seq = w.seq - 1
        where w.steps < ?4
        and m.seq > w.begins_after
        and m.created_at > ?2
    ),
    counted as materialized (
        select conversation_no, count(*) as messages, max(seq) as seq
        from walk
        where is_friends
        group by conversation_no
    )
    select json_group_array(json_array(friend_no, hex(view_id), messages, substr(text, 1, ?5), created_at)) as views
    from (
        select w.friend_no, w.view_id, c.messages, m.text, m.created_at
        from written w
        join counted c on c.conversation_no = w.conversation_no
        join messages m on m.conversation_no = c.conversation_no and m.seq = c.seq
        order by m.created_at desc
    )";
