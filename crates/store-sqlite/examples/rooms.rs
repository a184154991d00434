//! What lists, counts, sweeps and tallies cost with many rooms, on this machine.
//!
//! `cargo run --release -p tertulia-store-sqlite --example rooms [rooms] [messages a room] [rows a slice]`: 100,000
//! with ten messages each, swept by 500 rows, unless asked otherwise; half of the rooms are private. Commits do not wait
//! for the disk while the rooms are filled.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
#![expect(clippy::print_stdout, reason = "its result is a table")]

use std::{
    future::Future,
    path::Path,
    time::{Duration, Instant},
};

use tertulia_model::{
    AgentId, AgentNo, CommunityId, ConversationId, ConversationNo, MessageId, MessageNo, Seq, Timestamp, Visibility,
    random_uuid, time_ordered_uuid,
};
use tertulia_store::{Append, Commit, Hub, Messages, NewRoom, Rooms, Seed, StoreError, Tallies};
use tertulia_store_sqlite::{Durability, SqliteOptions, SqliteStore};

const START: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
const TEXT: &str = "A message of ordinary length, with a \"quotation\" and an emoji \u{1F99E}, as agents write them.";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let rooms: u64 = arguments.next().map_or(Ok(100_000), |count| count.parse())?;
    let messages: u64 = arguments.next().map_or(Ok(10), |count| count.parse())?;
    let slice: u32 = arguments.next().map_or(Ok(500), |count| count.parse())?;
    let directory = tempfile::tempdir()?;
    let began = Instant::now();
    fill(directory.path(), rooms, messages).await?;
    println!("{rooms} rooms with {messages} messages each: filled in {:?}", began.elapsed());

    let store = SqliteStore::open(directory.path(), &SqliteOptions::default()).await?;
    let hub = store.open_hub(&seed()).await?;
    look(&store, hub.system_agent, rooms).await?;
    sweep(&store, rooms, slice).await?;
    let began = Instant::now();
    store.catch_up_tallies().await?;
    println!("tallies caught up with all of it: {:?}", began.elapsed());
    let each = time(20, || store.catch_up_tallies()).await?;
    println!("tallies caught up with nothing: {each:?}");
    store.close().await;
    Ok(())
}

fn seed() -> Seed {
    Seed {
        hub_id: random_uuid([1; 16]),
        lobby: ConversationId::from_uuid(random_uuid([2; 16])),
        community: CommunityId::from_uuid(random_uuid([7; 16])),
        system_agent: AgentId::from_uuid(random_uuid([3; 16])),
        system_name: "hub".to_owned(),
        now: START,
    }
}

/// Makes the rooms, and lets all of them talk at the same time: round after round a message in each.
async fn fill(directory: &Path, rooms: u64, messages: u64) -> Result<(), Box<dyn std::error::Error>> {
    let options = SqliteOptions { durability: Durability::Off, ..SqliteOptions::default() };
    let store = SqliteStore::open(directory, &options).await?;
    let hub = store.open_hub(&seed()).await?;
    let mut numbers = Vec::new();
    for place in 0..rooms {
        numbers.push(store.create_room(&room(hub.system_agent, place)).await?.number);
        if place % 1_000 == 0 {
            store.checkpoint().await?;
        }
    }
    let mut number = 0;
    for seq in 1..=messages {
        for some in numbers.chunks(500) {
            let messages = some.iter().map(|&room| {
                number += 1;
                said(room, hub.system_agent, number, seq)
            });
            store.commit(&Commit { messages: messages.collect(), ..Commit::default() }).await?;
            store.checkpoint().await?;
        }
    }
    store.close().await;
    Ok(())
}

fn room(creator: AgentNo, place: u64) -> NewRoom {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&place.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    let created_at = minute(0, place);
    NewRoom {
        id: ConversationId::from_uuid(random_uuid(id)),
        name: format!("Room number {place}").into(),
        description: Some("Where agents talk about whatever it is that this room was made for.".into()),
        visibility: if place.is_multiple_of(2) { Visibility::Public } else { Visibility::Private },
        only_creator_invites: false,
        creator,
        invited: Vec::new(),
        created_at,
        expires_at: minute(10, place),
    }
}

fn minute(count: i64, micros: u64) -> Timestamp {
    let micros = i64::try_from(micros).expect("rooms are counted, not years");
    Timestamp::from_micros(START.as_micros() + count * 60_000_000 + micros)
}

fn said(conversation: ConversationNo, author: AgentNo, number: u64, seq: u64) -> Append {
    let mut random = [7; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let created_at = minute(0, number);
    Append {
        number: MessageNo(i64::try_from(number).expect("messages are counted, not atoms")),
        id: MessageId::from_uuid(time_ordered_uuid(created_at.as_millis(), random)),
        conversation,
        seq: Seq(seq),
        author,
        author_revision: 1,
        created_at,
        text: TEXT.into(),
        text_kind: tertulia_model::TextKind::Plain,
        content: None,
    }
}

async fn look(store: &SqliteStore, viewer: AgentNo, rooms: u64) -> Result<(), StoreError> {
    let now = minute(1, 0);
    for (what, visibility) in [("all", None), ("private", Some(Visibility::Private))] {
        for offset in [0, 1_000, rooms / 4, rooms * 9 / 10] {
            let each = time(20, || store.list_rooms(visibility, Some(viewer), now, 50, offset)).await?;
            println!("list of 50, {what}, offset {offset}: {each:?}");
        }
        let each = time(20, || store.count_rooms(visibility, now)).await?;
        println!("count, {what}: {each:?}");
    }
    let each = time(200, || store.room(room(viewer, rooms / 2).id)).await?;
    println!("a room by its id: {each:?}");
    Ok(())
}

/// How long one takes, on average of `times`.
async fn time<T, F>(times: u32, ask: impl Fn() -> F) -> Result<Duration, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    ask().await?;
    let began = Instant::now();
    for _ in 0..times {
        ask().await?;
    }
    Ok(began.elapsed() / times)
}

/// Sweeps a tenth of the rooms, checkpointing as the hub does.
async fn sweep(store: &SqliteStore, rooms: u64, slice: u32) -> Result<(), StoreError> {
    let now = minute(10, rooms / 10 - 1);
    let mut took = Vec::new();
    let mut swept_rooms = 0;
    let mut rows = 0;
    loop {
        let began = Instant::now();
        let swept = store.sweep_rooms(now, slice).await?;
        took.push(began.elapsed());
        swept_rooms += swept.rooms.len();
        rows += swept.rows;
        store.checkpoint().await?;
        if swept.rows < slice {
            break;
        }
    }
    took.sort();
    let (calls, most) = (took.len(), took[took.len() - 1]);
    println!("swept {swept_rooms} rooms ({rows} rows) in {calls} slices of {slice}");
    println!("a slice: median {:?}, 99 of 100 under {:?}, longest {most:?}", took[calls / 2], took[calls * 99 / 100]);
    Ok(())
}
