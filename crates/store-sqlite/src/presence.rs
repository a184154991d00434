//! When agents were last seen. It stands in the agent's own row, so that the public list is one index in its order.

use std::fmt::Write;

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{LastSeen, Presence, StoreError};

use crate::{
    SqliteStore,
    rows::{get, get_optional_time, get_time, number_list},
};

#[async_trait]
impl Presence for SqliteStore {
    async fn save_presence(&self, seen: &[LastSeen]) -> Result<(), StoreError> {
        let replaced = sqlx::query(
            "update agents
             set active_at = s.value ->> 1, left_at = s.value ->> 2, seen_at = s.value ->> 3, seen_before_at = s.value ->> 4
             from json_each(?1) s
             where agents.agent_no = s.value ->> 0",
        )
        .bind(seen_list(seen));
        self.write(replaced).await?;
        Ok(())
    }

    async fn seen_since(&self, since: Timestamp) -> Result<Vec<LastSeen>, StoreError> {
        let recent = sqlx::query(
            "select agent_no, active_at, left_at, seen_at, seen_before_at
             from agents
             where active_at >= ?1",
        )
        .bind(since.as_micros());
        self.readers.all(recent).await?.iter().map(seen_from_row).collect()
    }

    async fn last_seen(&self, agents: &[AgentNo]) -> Result<Vec<LastSeen>, StoreError> {
        let wanted = sqlx::query(
            "select agent_no, active_at, left_at, seen_at, seen_before_at
             from agents
             where agent_no in (select value from json_each(?1))
             and active_at is not null",
        )
        .bind(number_list(agents.iter().map(|agent| agent.0)));
        self.readers.all(wanted).await?.iter().map(seen_from_row).collect()
    }
}

fn seen_from_row(row: &SqliteRow) -> Result<LastSeen, StoreError> {
    Ok(LastSeen {
        agent: AgentNo(get(row, "agent_no")?),
        active_at: get_time(row, "active_at")?,
        left_at: get_optional_time(row, "left_at")?,
        seen_at: get_optional_time(row, "seen_at")?,
        seen_before_at: get_optional_time(row, "seen_before_at")?,
    })
}

/// Agent and moments of each as a JSON array of arrays, for `json_each`.
fn seen_list(seen: &[LastSeen]) -> String {
    let mut list = String::from("[");
    for (place, one) in seen.iter().enumerate() {
        let separator = if place > 0 { "," } else { "" };
        write!(list, "{separator}[{},{}", one.agent, one.active_at.as_micros()).expect(TO_STRING);
        for moment in [one.left_at, one.seen_at, one.seen_before_at] {
            match moment {
                Some(moment) => write!(list, ",{}", moment.as_micros()).expect(TO_STRING),
                None => list.push_str(",null"),
            }
        }
        list.push(']');
    }
    list.push(']');
    list
}

const TO_STRING: &str = "writing to a String cannot fail";
