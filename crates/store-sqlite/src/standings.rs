//! Writes down what was computed about many agents at once.

use std::fmt::Write;

use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{NewStanding, StoreError};

use crate::{SqliteStore, failure::refused, rows::get};

/// One statement; `where true` tells the parser where the list ends and the conflict begins.
pub(crate) async fn save(
    store: &SqliteStore,
    standings: &[NewStanding],
    now: Timestamp,
) -> Result<Vec<AgentNo>, StoreError> {
    let saved = sqlx::query(
        "insert into trust (agent_no, score, earned, is_seed, quarantined_for, computed_at, version, next_trial_at)
         select s.value ->> 0, s.value ->> 1, s.value ->> 2, 0, s.value ->> 3, ?2, s.value ->> 4, s.value ->> 5
         from json_each(?1) s
         where true
         on conflict do update
         set score = excluded.score, earned = excluded.earned, quarantined_for = excluded.quarantined_for,
             computed_at = excluded.computed_at, version = excluded.version, next_trial_at = excluded.next_trial_at
         where version = excluded.version - 1
         returning agent_no",
    )
    .bind(standing_list(standings))
    .bind(now.as_micros());
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let rows = saved.fetch_all(&mut *transaction).await.map_err(refused)?;
    transaction.commit().await.map_err(refused)?;
    rows.iter().map(|row| Ok(AgentNo(get(row, "agent_no")?))).collect()
}

/// Agent, score, tier, cause of the quarantine, version and time of the next trial of each as a JSON array of arrays,
/// for `json_each`. None of the words needs escaping.
fn standing_list(standings: &[NewStanding]) -> String {
    let mut list = String::from("[");
    for (place, NewStanding { trust, next_trial_at }) in standings.iter().enumerate() {
        let separator = if place > 0 { "," } else { "" };
        let cause = trust.quarantine.map_or_else(|| "null".to_owned(), |cause| format!("\"{}\"", cause.as_str()));
        let trial = next_trial_at.map_or_else(|| "null".to_owned(), |at| at.as_micros().to_string());
        let (agent, score, earned, version) = (trust.agent, trust.score, trust.earned, trust.version + 1);
        write!(list, "{separator}[{agent},{score:?},\"{earned}\",{cause},{version},{trial}]")
            .expect("a string takes everything");
    }
    list.push(']');
    list
}
