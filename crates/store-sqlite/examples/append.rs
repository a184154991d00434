//! How fast the log takes batches of several sizes, and what a page of 50 costs, on this machine.
//!
//! `cargo run --release -p tertulia-store-sqlite --example append [directory]`; the disk under the directory counts.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
#![expect(clippy::print_stdout, reason = "its result is a table")]

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tertulia_model::{
    AgentId, AgentNo, CommunityId, ConversationId, ConversationNo, MessageId, MessageNo, Seq, Timestamp, random_uuid,
    time_ordered_uuid,
};
use tertulia_store::{Append, Commit, Hub, Messages, Seed, Slice, StoreError};
use tertulia_store_sqlite::{SqliteOptions, SqliteStore};

const LASTS: Duration = Duration::from_secs(3);
const TEXT: &str = "A message of ordinary length, with a \"quotation\" and an emoji \u{1F99E}, as agents write them.";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place: Option<PathBuf> = std::env::args_os().nth(1).map(PathBuf::from);
    println!("{:>6} {:>12} {:>12} {:>12}", "batch", "commits/s", "rows/s", "MB on disk");
    for size in [1, 16, 64, 256] {
        let directory = match &place {
            Some(place) => tempfile::tempdir_in(place)?,
            None => tempfile::tempdir()?,
        };
        let store = Arc::new(SqliteStore::open(directory.path(), &SqliteOptions::default()).await?);
        let lobby = store.open_hub(&seed()).await?;
        let (commits, took) = append_for(&store, lobby.lobby, lobby.system_agent, size).await?;
        let megabytes = std::fs::metadata(store.file())?.len() >> 20;
        println!("{size:>6} {:>12.0} {:>12.0} {megabytes:>12}", rate(commits, took), rate(commits * size, took));
        if size == 256 {
            read_pages(&store, lobby.lobby).await?;
        }
        store.close().await;
    }
    Ok(())
}

fn seed() -> Seed {
    Seed {
        hub_id: random_uuid([1; 16]),
        lobby: ConversationId::from_uuid(random_uuid([2; 16])),
        community: CommunityId::from_uuid(random_uuid([7; 16])),
        system_agent: AgentId::from_uuid(random_uuid([3; 16])),
        system_name: "hub".to_owned(),
        now: Timestamp::from_micros(0),
    }
}

/// Appends batches for a while, with a checkpointer beside; how many, and how long it took.
async fn append_for(
    store: &Arc<SqliteStore>,
    conversation: ConversationNo,
    author: AgentNo,
    size: u64,
) -> Result<(u64, Duration), StoreError> {
    let is_over = AtomicBool::new(false);
    let begun = Instant::now();
    let write = async {
        let mut commits = 0;
        while begun.elapsed() < LASTS {
            let first = commits * size + 1;
            let messages = (first..first + size).map(|place| said(conversation, author, place)).collect();
            store.commit(&Commit { messages, ..Commit::default() }).await?;
            commits += 1;
        }
        is_over.store(true, Ordering::Relaxed);
        Ok::<_, StoreError>((commits, begun.elapsed()))
    };
    let checkpoint = async {
        while !is_over.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_secs(1)).await;
            store.checkpoint().await?;
        }
        Ok::<_, StoreError>(())
    };
    let (written, ()) = tokio::try_join!(write, checkpoint)?;
    Ok(written)
}

fn said(conversation: ConversationNo, author: AgentNo, place: u64) -> Append {
    let number = i64::try_from(place).expect("seconds of writing");
    let mut random = [7; 10];
    random[2..].copy_from_slice(&place.to_be_bytes());
    Append {
        number: MessageNo(number),
        id: MessageId::from_uuid(time_ordered_uuid(1_700_000_000_000 + number / 100, random)),
        conversation,
        seq: Seq(place),
        author,
        author_revision: 1,
        created_at: Timestamp::from_micros(1_700_000_000_000_000 + number),
        text: TEXT.into(),
        text_kind: tertulia_model::TextKind::Plain,
        content: None,
    }
}

async fn read_pages(store: &SqliteStore, lobby: ConversationNo) -> Result<(), StoreError> {
    let last = store.log_end(lobby).await?.last_seq.0;
    let pages = 5_000;
    let begun = Instant::now();
    let mut rows = 0;
    for page in 0..pages {
        rows += store.read(lobby, Slice::After(Seq((page * 7_919) % (last - 50))), 50).await?.len();
    }
    let each = begun.elapsed() / u32::try_from(pages).expect("5,000");
    println!("a page of 50: {each:?} ({rows} rows of {last})");
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}
