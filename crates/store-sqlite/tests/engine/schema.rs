//! What holds for every table, also for those that come later.

use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tertulia_store::Hub;

use crate::fixtures;

/// Who wrote or created something, where nothing is looked up by it: an index would only make every write slower. Rows
/// of agents, directs, views and observers are never deleted.
const WITHOUT_INDEX: &[(&str, &str)] = &[
    ("messages", "author_no"),
    ("rooms", "creator_no"),
    ("untallied", "author_no"),
    ("communities", "owner_no"),
    ("community_invitations", "invited_by"),
    ("community_invitations", "agent_no"),
    ("community_bans", "agent_no"),
    ("reports", "reporter_no"),
    ("directs", "high_no"),
    ("direct_sides", "conversation_no"),
    ("friendships", "view_no"),
    ("friendships", "friend_no"),
    ("blocks", "blocked_no"),
    ("reactions", "agent_no"),
    ("reaction_counts", "author_no"),
    ("vouches", "vouchee_no"),
    ("challengers", "agent_no"),
];

pub(crate) async fn connect() -> (tempfile::TempDir, SqliteConnection) {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = fixtures::open(directory.path()).await;
    store.close().await;
    let connection = SqliteConnectOptions::new().filename(store.file()).connect().await.unwrap();
    (directory, connection)
}

async fn strings(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn tables(connection: &mut SqliteConnection) -> Vec<String> {
    strings(connection, "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'").await
}

#[tokio::test]
async fn every_table_is_strict() {
    let (_keep, mut connection) = connect().await;
    let lax = strings(
        &mut connection,
        "select name from pragma_table_list where schema = 'main' and strict = 0 and name not like 'sqlite_%'",
    )
    .await;
    assert!(lax.is_empty(), "not strict: {lax:?}");
    assert!(tables(&mut connection).await.len() >= 9);
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let (_keep, mut connection) = connect().await;
    let mut without = Vec::new();
    for table in tables(&mut connection).await {
        let keys = format!("select \"from\" from pragma_foreign_key_list('{table}')");
        for column in strings(&mut connection, &keys).await {
            if !leads_an_index(&mut connection, &table, &column).await {
                without.push((table.clone(), column));
            }
        }
    }
    let allowed: Vec<_> =
        WITHOUT_INDEX.iter().map(|(table, column)| ((*table).to_owned(), (*column).to_owned())).collect();
    assert_eq!(without, allowed);
}

/// Whether the column is the integer primary key, or first in an index that has all its rows that are not null.
async fn leads_an_index(connection: &mut SqliteConnection, table: &str, column: &str) -> bool {
    let first = format!(
        "select x.name
         from pragma_index_list('{table}') l
         join pragma_index_info(l.name) x on x.seqno = 0
         join sqlite_schema s on s.name = l.name
         where l.partial = 0 or s.sql like '%where {column} is not null'
         union all
         select name from pragma_table_info('{table}') where pk = 1"
    );
    strings(connection, &first).await.iter().any(|name| name == column)
}

#[tokio::test]
async fn the_log_has_two_indexes() {
    let (_keep, mut connection) = connect().await;
    let indexes = strings(&mut connection, "select name from pragma_index_list('messages')").await;
    assert_eq!(indexes.len(), 2, "each further one is paid at every append: {indexes:?}");
}
