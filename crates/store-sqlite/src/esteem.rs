//! What others make of an agent: who reacted to what it said, who blocks it, who reported it.

use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{Esteem, StoreError};

use crate::{
    SqliteStore,
    rows::{get, get_count},
};

/// An agent, and when its three oldest reactions were made.
type Reactor = (i64, i64, Option<i64>, Option<i64>);

pub(crate) async fn of(store: &SqliteStore, agent: AgentNo, most_reactors: u32) -> Result<Esteem, StoreError> {
    let Some(row) = store.readers.first(sqlx::query(ESTEEM).bind(agent.0).bind(most_reactors)).await? else {
        return Ok(Esteem::default());
    };
    let reactors: Vec<Reactor> =
        serde_json::from_str(get(&row, "reactors")?).map_err(|_| StoreError::Unreadable("reactions"))?;
    let times = |(agent, first, second, third): Reactor| {
        [Some(first), second, third].into_iter().flatten().map(move |at| (AgentNo(agent), Timestamp::from_micros(at)))
    };
    Ok(Esteem {
        reactions: reactors.into_iter().flat_map(times).collect(),
        blocks: get_count(&row, "blocks")?,
        reports: get_count(&row, "reports")?,
    })
}

/// Walks from one reactor to the next in the index, and asks it for the oldest three of each: what else there is of
/// reactions, however many, is not read.
const ESTEEM: &str = "
    with recursive reactors (agent_no) as (
        select min(agent_no) from reactions where author_no = ?1
        union all
        select (select min(x.agent_no) from reactions x where x.author_no = ?1 and x.agent_no > r.agent_no)
        from reactors r
        where r.agent_no is not null
        limit ?2
    )
    select (
               select json_group_array(json_array(
                   r.agent_no,
                   (select reacted_at from reactions where author_no = ?1 and agent_no = r.agent_no
                    order by reacted_at limit 1),
                   (select reacted_at from reactions where author_no = ?1 and agent_no = r.agent_no
                    order by reacted_at limit 1 offset 1),
                   (select reacted_at from reactions where author_no = ?1 and agent_no = r.agent_no
                    order by reacted_at limit 1 offset 2)
               ))
               from reactors r
               where r.agent_no is not null
           ) as reactors,
           (select count(*) from blocks where blocked_no = ?1) as blocks,
           (select count(*) from reports where target_no = ?1) as reports";
