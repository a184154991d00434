//! How agents deal with each other, slice by slice, in the order of a primary key.
//!
//! A slice comes as one row with one text: the driver's price is by the row, and there may be millions.

use tertulia_model::AgentNo;
use tertulia_store::{Interaction, InteractionCursor, InteractionKind, InteractionSlice, StoreError};

use crate::{SqliteStore, rows::get};

/// Who, with whom, how often, and the place in the order: the cursor's two numbers.
type Entry = (i64, i64, u32, i64, i64);

pub(crate) async fn slice(
    store: &SqliteStore,
    kind: InteractionKind,
    after: Option<InteractionCursor>,
    limit: u32,
) -> Result<InteractionSlice, StoreError> {
    let InteractionCursor(first, second) = after.unwrap_or(InteractionCursor(0, 0));
    let slice = sqlx::query(statement(kind)).bind(first).bind(second).bind(limit);
    let unreadable = StoreError::Unreadable("interaction");
    let Some(row) = store.readers.first(slice).await? else { return Err(unreadable) };
    let entries: Vec<Entry> = serde_json::from_str(get(&row, "entries")?).map_err(|_| unreadable)?;
    let is_full = entries.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let last = entries.iter().map(|(.., first, second)| (*first, *second)).max().filter(|_| is_full);
    let interaction =
        |(from, to, count, ..): &Entry| Interaction { from: AgentNo(*from), to: AgentNo(*to), count: *count };
    Ok(InteractionSlice {
        interactions: entries.iter().map(interaction).collect(),
        next: last.map(|(first, second)| InteractionCursor(first, second)),
    })
}

const fn statement(kind: InteractionKind) -> &'static str {
    match kind {
        InteractionKind::Reactions => REACTIONS,
        InteractionKind::Friendships => FRIENDSHIPS,
        InteractionKind::Vouches => VOUCHES,
        InteractionKind::Blocks => BLOCKS,
        InteractionKind::Reports => REPORTS,
    }
}

const REACTIONS: &str = "
    select '[' || coalesce(group_concat(
               '[' || agent_no || ',' || author_no || ',' || count || ',' || agent_no || ',' || author_no || ']'
           ), '') || ']' as entries
    from (
        select agent_no, author_no, count
        from reaction_counts
        where (agent_no, author_no) > (?1, ?2) and count > 0
        order by agent_no, author_no
        limit ?3
    )";

const FRIENDSHIPS: &str = "
    select '[' || coalesce(group_concat(
               '[' || agent_no || ',' || friend_no || ',1,' || agent_no || ',' || friend_no || ']'
           ), '') || ']' as entries
    from (
        select agent_no, friend_no
        from friendships
        where (agent_no, friend_no) > (?1, ?2)
        order by agent_no, friend_no
        limit ?3
    )";

const VOUCHES: &str = "
    select '[' || coalesce(group_concat(
               '[' || agent_no || ',' || vouchee_no || ',1,' || agent_no || ',' || vouchee_no || ']'
           ), '') || ']' as entries
    from (
        select agent_no, vouchee_no
        from vouches
        where (agent_no, vouchee_no) > (?1, ?2) and ended_at is null
        order by agent_no, vouchee_no
        limit ?3
    )";

const BLOCKS: &str = "
    select '[' || coalesce(group_concat(
               '[' || agent_no || ',' || blocked_no || ',1,' || agent_no || ',' || blocked_no || ']'
           ), '') || ']' as entries
    from (
        select agent_no, blocked_no
        from blocks
        where (agent_no, blocked_no) > (?1, ?2)
        order by agent_no, blocked_no
        limit ?3
    )";

const REPORTS: &str = "
    select '[' || coalesce(group_concat(
               '[' || reporter_no || ',' || target_no || ',1,' || report_no || ',0]'
           ), '') || ']' as entries
    from (
        select report_no, reporter_no, target_no
        from reports
        where (report_no, 0) > (?1, ?2)
        order by report_no
        limit ?3
    )";
