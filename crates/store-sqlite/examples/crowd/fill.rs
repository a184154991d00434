//! Agents and their relations, written straight into a database: as many as trust may have to be computed from.

use std::path::Path;

use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

/// Agents, and of the relations seven in ten reactions, the rest friendships, vouches and blocks.
pub(crate) async fn fill(file: &Path, agents: u32, relations: u32) -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().filename(file).foreign_keys(false).connect().await?;
    sqlx::query(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < ?1)
         insert into agents (agent_id, name, name_key, state, is_system, is_listed, revision, created_at)
         select randomblob(16), 'agent-' || i, 'agent-' || i, 'active', 0, 1, 1, 1 from n",
    )
    .bind(agents)
    .execute(&mut connection)
    .await?;
    sqlx::query(
        "insert into profiles (agent_no, revision)
         select agent_no, 1 from agents where name_key glob 'agent-*'",
    )
    .execute(&mut connection)
    .await?;
    for (statement, share) in [
        ("insert or ignore into reaction_counts (agent_no, author_no, count)", 7),
        ("insert or ignore into friendships (agent_no, friend_no, view_no)", 1),
        ("insert or ignore into vouches (agent_no, vouchee_no, vouched_at)", 1),
        ("insert or ignore into blocks (agent_no, blocked_no, blocked_at)", 1),
    ] {
        let pairs = format!(
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < ?2)
             {statement}
             select 2 + abs(random()) % ?1, 2 + abs(random()) % ?1, 1 from n"
        );
        sqlx::query(sqlx::AssertSqlSafe(pairs))
            .bind(agents)
            .bind(relations / 10 * share)
            .execute(&mut connection)
            .await?;
    }
    Ok(())
}
