//! How much agents have said in public. It stands in the agent's own row.

use async_trait::async_trait;
use tertulia_model::{AgentNo, MessageNo};
use tertulia_store::{StoreError, Tallies};

use crate::{SqliteStore, failure::refused};

#[async_trait]
impl Tallies for SqliteStore {
    async fn save_tallies(&self, said: &[(AgentNo, u64)], covered: MessageNo) -> Result<(), StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let replaced = sqlx::query(
            "update agents
             set said = s.value ->> 1
             from json_each(?1) s
             where agents.agent_no = s.value ->> 0",
        );
        replaced.bind(said_list(said)).execute(&mut *transaction).await.map_err(refused)?;
        let covers = sqlx::query("update hub set tallied_no = max(tallied_no, ?1)");
        covers.bind(covered.0).execute(&mut *transaction).await.map_err(refused)?;
        let settled = sqlx::query("delete from untallied where message_no <= ?1");
        settled.bind(covered.0).execute(&mut *transaction).await.map_err(refused)?;
        transaction.commit().await.map_err(refused)
    }

    #[tracing::instrument(name = "db.tallies.catch_up", level = "debug", skip_all)]
    async fn catch_up_tallies(&self) -> Result<(), StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        for statement in [ADD_UNTALLIED, COVER_ALL, FORGET_SWEPT] {
            sqlx::query(statement).execute(&mut *transaction).await.map_err(refused)?;
        }
        transaction.commit().await.map_err(refused)
    }
}

/// Reads the log by number: `not indexed` leaves the planner no other way than to begin behind what is covered.
const ADD_UNTALLIED: &str = "
    update agents
    set said = agents.said + t.said
    from (
        select author_no, count(*) as said
        from (
            select author_no
            from messages not indexed
            where message_no > (select tallied_no from hub)
            and conversation_no in (
                select conversation_no from conversations where kind = 'lobby'
                union all
                select conversation_no from rooms where visibility = 'public'
            )
            union all
            select author_no from untallied
        )
        group by author_no
    ) t
    where agents.agent_no = t.author_no";

const COVER_ALL: &str = "
    update hub
    set tallied_no = max(tallied_no, last_message_no, (select coalesce(max(message_no), 0) from messages))";

const FORGET_SWEPT: &str = "delete from untallied";

/// Agent and count of each as a JSON array of arrays, for `json_each`.
fn said_list(said: &[(AgentNo, u64)]) -> String {
    let said: Vec<_> = said.iter().map(|(agent, count)| format!("[{agent},{count}]")).collect();
    format!("[{}]", said.join(","))
}
