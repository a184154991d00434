//! What it costs the store to read everything that trust is computed from, and to write down what was computed, on this
//! machine.
//!
//! `cargo run --release -p tertulia-store-sqlite --example trust [agents] [relations]`: 10,000 and 1,000,000, unless asked
//! otherwise.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
#![expect(clippy::print_stdout, reason = "its result is a table")]

#[path = "crowd/fill.rs"]
mod fill;

use std::time::Instant;

use tertulia_model::{AgentId, CommunityId, ConversationId, Tier, Timestamp, random_uuid};
use tertulia_store::{Assessed, Hub, InteractionKind, NewStanding, Seed, StoreError, Trust, TrustRecord};
use tertulia_store_sqlite::{SqliteOptions, SqliteStore};

const START: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let agents: u32 = arguments.next().map_or(Ok(10_000), |count| count.parse())?;
    let relations: u32 = arguments.next().map_or(Ok(1_000_000), |count| count.parse())?;
    let directory = tempfile::tempdir()?;
    let store = SqliteStore::open(directory.path(), &SqliteOptions::default()).await?;
    store.open_hub(&seed()).await?;
    let began = Instant::now();
    fill::fill(store.file(), agents, relations).await?;
    println!("filled in {:?}", began.elapsed());

    let began = Instant::now();
    let society = assessed(&store).await?;
    println!("{} agents read in {:?}", society.len(), began.elapsed());
    let began = Instant::now();
    let mut slowest = began.elapsed();
    let mut read = 0;
    for kind in InteractionKind::ALL {
        let mut after = None;
        loop {
            let slice_began = Instant::now();
            let slice = store.interactions(kind, after, 5_000).await?;
            slowest = slowest.max(slice_began.elapsed());
            read += slice.interactions.len();
            after = slice.next;
            if after.is_none() {
                break;
            }
        }
    }
    println!("{read} interactions read in {:?}, the slowest slice in {slowest:?}", began.elapsed());
    save(&store, &society).await?;
    store.close().await;
    Ok(())
}

async fn assessed(store: &SqliteStore) -> Result<Vec<Assessed>, StoreError> {
    let mut all: Vec<Assessed> = Vec::new();
    loop {
        let page = store.assessed(all.last().map(|last| last.trust.agent), 1_000).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

async fn save(store: &SqliteStore, society: &[Assessed]) -> Result<(), StoreError> {
    let standing = |assessed: &Assessed| NewStanding {
        trust: TrustRecord { score: 0.123_456_789_012_345, earned: Tier::Untrusted, ..assessed.trust },
        next_trial_at: Some(START),
    };
    let standings: Vec<_> = society.iter().map(standing).collect();
    let began = Instant::now();
    let mut slowest = began.elapsed();
    for slice in standings.chunks(500) {
        let slice_began = Instant::now();
        store.save_standings(slice, START).await?;
        slowest = slowest.max(slice_began.elapsed());
    }
    println!("{} standings saved in {:?}, the slowest slice in {slowest:?}", standings.len(), began.elapsed());
    Ok(())
}

fn seed() -> Seed {
    Seed {
        hub_id: random_uuid([1; 16]),
        lobby: ConversationId::from_uuid(random_uuid([2; 16])),
        community: CommunityId::from_uuid(random_uuid([4; 16])),
        system_agent: AgentId::from_uuid(random_uuid([3; 16])),
        system_name: "hub".to_owned(),
        now: START,
    }
}
