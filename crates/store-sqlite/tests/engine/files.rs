//! The file: made, found again, refused, full.

use std::{fs, num::NonZeroU64, path::Path};

use crate::fixtures::{agent, append, batch, open, options, room, said, seed};
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tertulia_model::{Epoch, Seq};
use tertulia_store::{Agents, Hub, Messages, Registration, Rooms, Slice, StoreError};
use tertulia_store_sqlite::{FILE_NAME, OpenError, SCHEMA_VERSION, SqliteOptions, SqliteStore, inspect, set_epoch};

async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await.unwrap()
}

#[tokio::test]
async fn a_reopened_store_holds_what_it_held() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let Registration::Registered { agent: ada, .. } = store.register_agent(&agent(9)).await.unwrap() else {
        panic!("free")
    };
    append(&store, &batch(hub.lobby, ada.number, 1, 20)).await.unwrap();
    let read = store.read(hub.lobby, Slice::Newest, 100).await.unwrap();
    store.close().await;
    drop(store);

    let (store, again) = open(directory.path()).await;
    assert_eq!(again, hub);
    assert_eq!(store.agent_by_name("agent-9").await.unwrap(), Some(ada));
    assert_eq!(store.read(hub.lobby, Slice::Newest, 100).await.unwrap(), read);
    store.close().await;
}

#[tokio::test]
async fn a_store_that_was_never_closed_holds_what_it_held() {
    let directory = tempfile::tempdir().unwrap();
    let (left_behind, hub) = open(directory.path()).await;
    append(&left_behind, &batch(hub.lobby, hub.system_agent, 1, 20)).await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            fs::copy(entry.path(), elsewhere.path().join(entry.file_name())).unwrap();
        }
    }
    let (store, again) = open(elsewhere.path()).await;
    assert_eq!(again, hub);
    assert_eq!(store.log_end(hub.lobby).await.unwrap().last_seq, Seq(20));
    store.close().await;
    left_behind.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = open(directory.path()).await;
    let backup = directory.path().join("copy.db");
    store.backup(&backup).await.unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["copy.db", "hub.db", "hub.db-shm", "hub.db-wal"]);
    store.close().await;
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("text");
    fs::write(&text, "not a database at all, whatever its name may be. ".repeat(100)).unwrap();
    let other = directory.path().join("other.db");
    sqlx::raw_sql("create table t (a)").execute(&mut connect(&other).await).await.unwrap();
    for file in [text, other] {
        let before = fs::read(&file).unwrap();
        let answer = SqliteStore::open(&file, &options()).await;
        assert!(matches!(answer, Err(OpenError::NotOurs { .. })), "{answer:?}");
        assert!(matches!(inspect(&file).await, Err(OpenError::NotOurs { .. })));
        assert_eq!(fs::read(&file).unwrap(), before);
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = open(directory.path()).await;
    store.close().await;
    sqlx::raw_sql("pragma user_version = 99").execute(&mut connect(store.file()).await).await.unwrap();
    let answer = SqliteStore::open(directory.path(), &options()).await;
    let Err(OpenError::Newer { found, known, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!((found, known), (99, SCHEMA_VERSION));
}

#[tokio::test]
async fn a_missing_directory_is_an_error_of_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let answer = SqliteStore::open(&directory.path().join("no/such"), &options()).await;
    assert!(matches!(answer, Err(OpenError::File { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_full_store_reads_on_and_heals_when_raised() {
    let directory = tempfile::tempdir().unwrap();
    let small = SqliteOptions { max_bytes: NonZeroU64::new(1 << 20), ..options() };
    let store = SqliteStore::open(directory.path(), &small).await.unwrap();
    let hub = store.open_hub(&seed()).await.unwrap();
    let long = "x".repeat(2_000);
    let mut place = 0;
    // Where ten messages find no place, there is some left for a single one.
    for at_once in [10, 1] {
        let refusal = loop {
            let next = (1..=at_once).map(|step| said(hub.lobby, hub.system_agent, place + step, &long));
            match append(&store, &next.collect::<Vec<_>>()).await {
                Ok(()) => place += at_once,
                Err(error) => break error,
            }
            assert!(place < 10_000, "the bound does not hold");
        };
        assert!(matches!(refusal, StoreError::Full), "{refusal:?}");
    }
    let mut number = 10;
    let refusal = loop {
        let answer = store.register_agent(&agent(number)).await;
        number += 1;
        if let Err(error) = answer {
            break error;
        }
        assert!(number < 250, "a transaction is bound too");
    };
    assert!(matches!(refusal, StoreError::Full), "{refusal:?}");
    assert_eq!(store.log_end(hub.lobby).await.unwrap().last_seq, Seq(place));
    assert_eq!(store.read(hub.lobby, Slice::Newest, 5).await.unwrap().len(), 5);
    assert!(matches!(
        append(&store, &[said(hub.lobby, hub.system_agent, place + 1, &long)]).await,
        Err(StoreError::Full)
    ));
    store.close().await;

    let (store, _) = open(directory.path()).await;
    append(&store, &batch(hub.lobby, hub.system_agent, place + 1, 100)).await.unwrap();
    assert_eq!(store.log_end(hub.lobby).await.unwrap().last_seq, Seq(place + 100));
    store.close().await;
    assert!(inspect(store.file()).await.unwrap().findings.is_empty());
}

#[tokio::test]
async fn a_backup_made_while_writing_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let copy = directory.path().join("copy.db");
    let write = async {
        for round in 0..60 {
            append(&store, &batch(hub.lobby, hub.system_agent, 1 + round * 50, 50)).await.unwrap();
        }
    };
    let (backup, ()) = tokio::join!(store.backup(&copy), write);
    backup.unwrap();
    store.close().await;

    let found = inspect(&copy).await.unwrap();
    assert!(found.findings.is_empty(), "{found:?}");
    assert_eq!((found.hub_id, found.epoch), (hub.hub_id, hub.epoch));
    assert_eq!(found.messages, found.lobby_last_seq);
    assert_eq!(found.messages % 50, 0, "whole batches");

    set_epoch(&copy, Epoch(7)).await.unwrap();
    let (restored, record) = open(&copy).await;
    assert_eq!((record.hub_id, record.epoch), (hub.hub_id, Epoch(7)));
    let next = batch(hub.lobby, hub.system_agent, found.lobby_last_seq + 1, 1);
    append(&restored, &next).await.unwrap();
    restored.close().await;
    assert_eq!(inspect(store.file()).await.unwrap().messages, 3_000);
}

#[tokio::test]
async fn an_inspection_finds_a_hole() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    append(&store, &batch(hub.lobby, hub.system_agent, 1, 9)).await.unwrap();
    store.close().await;
    let file = directory.path().join(FILE_NAME);
    sqlx::raw_sql("delete from messages where seq = 5").execute(&mut connect(&file).await).await.unwrap();
    let found = inspect(&file).await.unwrap();
    assert_eq!(found.findings, [format!("conversation {} lacks 1 messages", hub.lobby)]);
}

#[tokio::test]
async fn an_inspection_finds_half_a_room() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let whole = store.create_room(&room(hub.system_agent, 8)).await.unwrap();
    let half = store.create_room(&room(hub.system_agent, 9)).await.unwrap();
    assert!(whole.number < half.number);
    store.close().await;
    let file = directory.path().join(FILE_NAME);
    let cut = "delete from rooms where conversation_no = (select max(conversation_no) from rooms)";
    sqlx::raw_sql(cut).execute(&mut connect(&file).await).await.unwrap();
    let found = inspect(&file).await.unwrap();
    assert_eq!(found.findings, [format!("conversation {} is a room of which nothing else is known", half.number)]);
}

#[tokio::test]
async fn the_log_file_is_cut_back_at_its_bound() {
    let directory = tempfile::tempdir().unwrap();
    let tight = SqliteOptions { max_log_bytes: 5 << 20, ..options() };
    let store = SqliteStore::open(directory.path(), &tight).await.unwrap();
    let hub = store.open_hub(&seed()).await.unwrap();
    let log = directory.path().join(format!("{FILE_NAME}-wal"));
    let text = "x".repeat(1_000);
    let mut place = 0;
    while log.metadata().unwrap().len() <= tight.max_log_bytes {
        let next: Vec<_> = (1..=500).map(|step| said(hub.lobby, hub.system_agent, place + step, &text)).collect();
        append(&store, &next).await.unwrap();
        place += 500;
    }
    store.checkpoint().await.unwrap();
    assert_eq!(log.metadata().unwrap().len(), 0);
    append(&store, &batch(hub.lobby, hub.system_agent, place + 1, 1)).await.unwrap();
    assert_eq!(store.log_end(hub.lobby).await.unwrap().last_seq, Seq(place + 1));
    store.close().await;
}
