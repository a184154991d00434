//! Durable sends into rooms: many senders in one room, and in many rooms at once.

use anyhow::{Context, Result};

use super::{Bench, sends};
use crate::report::Report;
use crate::rooms;
use crate::senders::{Posts, register};

/// Agents, and connections over which they post.
const SENDERS: usize = 64;

/// Members of each of many rooms; one room alone has all senders.
const MEMBERS: usize = 8;

/// Seconds that the rooms live: longer than the benchmark.
const TTL: u64 = 3_600;

/// Measures every number of rooms against a hub of its own.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    for &rooms in &bench.rooms {
        let row = format!("rooms.{rooms}");
        measure_one(bench, report, &row, rooms).with_context(|| row.clone())?;
    }
    Ok(())
}

fn measure_one(bench: &Bench, report: &mut Report, row: &str, count: usize) -> Result<()> {
    let hub = bench.launcher.start()?;
    let keys = register(hub.address, SENDERS)?;
    let rooms = rooms::create(hub.address, &keys, count, |_, _| TTL, bench.clock)?;
    let members = if count == 1 { SENDERS } else { MEMBERS };
    let mut posts = Posts::to_rooms(hub.address, &keys, &rooms, members);
    // Joining is not measured.
    posts.fill(hub.address, SENDERS, u64::try_from(count * members)?, bench.clock)?;
    sends::say(bench, report, row, &hub, &mut posts, SENDERS)
}
