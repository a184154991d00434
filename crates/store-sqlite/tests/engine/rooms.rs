//! Rooms in a file: brought to this version, copied and inspected between slices of a sweep, full.

use std::{num::NonZeroU64, path::Path};

use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tertulia_model::{MessageNo, Seq};
use tertulia_store::{Agents, Append, Hub, Messages, Rooms, Slice, StoreError, Tallies};
use tertulia_store_sqlite::{FILE_NAME, SCHEMA_VERSION, SqliteOptions, SqliteStore, inspect};

use crate::fixtures::{OVER, append, batch, open, options, room, said, seed};

/// A file of version 1 in which the hub has said three things in the lobby.
async fn make_version_1(file: &Path) {
    let mut connection: SqliteConnection =
        SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await.unwrap();
    for statements in [
        include_str!("../../migrations/0001_hub.sql"),
        "pragma user_version = 1",
        "pragma application_id = 0x54657274",
        "insert into hub (hub_no, hub_id, epoch, created_at) values (1, zeroblob(16), 1, 1)",
        "insert into conversations (conversation_id, kind, created_at) values (zeroblob(16), 'lobby', 1)",
        "insert into agents (agent_id, name, name_key, state, is_system, is_listed, revision, created_at)
         values (zeroblob(16), 'hub', 'hub', 'active', 1, 0, 1, 1)",
        "insert into profiles (agent_no, revision) values (1, 1)",
    ] {
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
    }
    for seq in 1..=3 {
        sqlx::query("insert into messages values (?1, randomblob(16), 1, ?1, 1, 1, ?1, 'text', null)")
            .bind(seq)
            .execute(&mut connection)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_file_of_version_1_is_brought_to_ours() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(FILE_NAME);
    make_version_1(&file).await;
    assert_eq!(inspect(&file).await.unwrap().schema_version, 1);

    let (store, hub) = open(&file).await;
    assert_eq!(store.last_number().await.unwrap(), MessageNo(3));
    assert_eq!(store.read(hub.lobby, Slice::Newest, 10).await.unwrap().len(), 3);
    store.catch_up_tallies().await.unwrap();
    assert_eq!(store.agents(&[hub.system_agent]).await.unwrap()[0].said, 3);
    let den = store.create_room(&room(hub.system_agent, 9)).await.unwrap();
    assert_eq!(store.room(den.id).await.unwrap(), Some(den));
    store.close().await;
    let found = inspect(&file).await.unwrap();
    assert_eq!((found.schema_version, found.findings), (SCHEMA_VERSION, vec![]));
}

#[tokio::test]
async fn numbers_of_swept_rooms_outlive_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let den = store.create_room(&room(hub.system_agent, 9)).await.unwrap().number;
    append(&store, &batch(den, hub.system_agent, 1, 5)).await.unwrap();
    assert_eq!(store.sweep_rooms(OVER, 500).await.unwrap().rooms, [den]);
    store.close().await;

    let (store, hub) = open(directory.path()).await;
    assert_eq!(store.last_number().await.unwrap(), MessageNo(5));
    assert!(store.create_room(&room(hub.system_agent, 9)).await.unwrap().number > den);
    store.catch_up_tallies().await.unwrap();
    assert_eq!(store.agents(&[hub.system_agent]).await.unwrap()[0].said, 5);
    store.close().await;
}

#[tokio::test]
async fn between_two_slices_a_database_and_its_copy_are_sound() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let den = store.create_room(&room(hub.system_agent, 9)).await.unwrap();
    append(&store, &batch(den.number, hub.system_agent, 1, 9)).await.unwrap();
    for slice in 0.. {
        let swept = store.sweep_rooms(OVER, 4).await.unwrap();
        let copy = directory.path().join(format!("copy-{slice}.db"));
        store.backup(&copy).await.unwrap();
        for file in [store.file(), &copy] {
            let found = inspect(file).await.unwrap();
            assert_eq!(found.findings, [""; 0]);
            assert_eq!(found.messages, 9_u64.saturating_sub(4 * (slice + 1)));
        }
        if swept.rows < 4 {
            assert_eq!((slice, swept.rooms), (3, vec![]));
            break;
        }
    }
    assert_eq!(store.room(den.id).await.unwrap(), None);
    store.close().await;
}

#[tokio::test]
async fn a_full_store_is_swept_and_heals() {
    let directory = tempfile::tempdir().unwrap();
    let small = SqliteOptions { max_bytes: NonZeroU64::new(1 << 20), ..options() };
    let store = SqliteStore::open(directory.path(), &small).await.unwrap();
    let hub = store.open_hub(&seed()).await.unwrap();
    let den = store.create_room(&room(hub.system_agent, 9)).await.unwrap();
    let mut place = 0;
    loop {
        let next: Vec<_> = (1..=10).map(|step| said(den.number, hub.system_agent, place + step, "short")).collect();
        match append(&store, &next).await {
            Ok(()) => place += 10,
            Err(error) => break assert!(matches!(error, StoreError::Full), "{error:?}"),
        }
        assert!(place < 10_000, "the bound does not hold");
    }
    while store.sweep_rooms(OVER, 500).await.unwrap().rows >= 500 {}
    assert_eq!(store.room(den.id).await.unwrap(), None);
    assert_eq!(store.last_number().await.unwrap(), MessageNo(place.try_into().unwrap()));
    store.catch_up_tallies().await.unwrap();
    assert_eq!(store.agents(&[hub.system_agent]).await.unwrap()[0].said, place);
    append(&store, &[Append { seq: Seq(1), ..said(hub.lobby, hub.system_agent, place + 1, "again") }]).await.unwrap();
    store.close().await;
    assert!(inspect(store.file()).await.unwrap().findings.is_empty());
}

/// However small the log is: the texts of a room that is over are not kept anywhere.
#[tokio::test]
async fn what_is_deleted_leaves_the_files_with_the_next_checkpoint() {
    const SECRET: &str = "what nobody is to find again";
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let den = store.create_room(&room(hub.system_agent, 9)).await.unwrap().number;
    append(&store, &[said(den, hub.system_agent, 1, SECRET)]).await.unwrap();
    let found = || {
        let files =
            std::fs::read_dir(directory.path()).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
        files.filter(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())).count()
    };
    assert!(found() > 0);
    assert_eq!(store.sweep_rooms(OVER, 100).await.unwrap().rooms, [den]);
    store.checkpoint().await.unwrap();
    assert_eq!(found(), 0);
    store.close().await;
}
