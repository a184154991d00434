//! Conversations: what posts, pages and lists cost among a few rooms, and among 100,000 of which memory holds few.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::history::{Pages, ids_of_page};
use super::{Bench, joined};
use crate::exchange::{self, Requests};
use crate::figures::{Latencies, quotient};
use crate::http::Client;
use crate::hub::Hub;
use crate::pace::Pace;
use crate::process;
use crate::report::{Report, progress};
use crate::rooms;
use crate::senders::{Posts, fill, register};
use crate::stage::Stage;

/// Rooms, and messages in them and in the lobby together.
const FEW: Size = Size { rooms: 10, messages: 1_000 };
const MANY: Size = Size { rooms: 100_000, messages: 1_000_000 };

/// The many with `--quick`.
const QUICKLY_MANY: Size = Size { rooms: 10_000, messages: 50_000 };

/// Seconds that the rooms live: longer than the benchmark.
const TTL: u64 = 86_400;

/// Rooms that are filled at the same time.
const FILLED_AT_ONCE: usize = 1_000;

/// One message in so many is said in the lobby.
const LOBBY_SHARE: u64 = 10;

/// A prime, greater than any number of rooms has in common with it: rooms so far apart are no neighbours anywhere.
const STRIDE: usize = 7_919;

/// Agents, and connections over which they call.
const AGENTS: usize = 64;
const CONNECTIONS: usize = 16;

/// Posts and pages a second, and lists.
const PER_SECOND: u64 = 1_000;
const LISTS_PER_SECOND: u64 = 50;

/// How long a hub is left alone before its memory is read.
const SETTLE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
struct Size {
    rooms: usize,
    messages: u64,
}

/// Measures both sizes on one hub.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let many = if bench.quick { QUICKLY_MANY } else { MANY };
    let hub = bench.launcher.start()?;
    let keys = register(hub.address, AGENTS)?;
    let ids = grow(bench, &hub, &keys, FEW)?;
    let hub = start_again(bench, hub, report, "conversations.few")?;
    let few = Field { bench, hub: &hub, keys: &keys, rooms: &ids }.cost(report, "conversations.few")?;
    let ids = grow(bench, &hub, &keys, many)?;
    let hub = start_again(bench, hub, report, "conversations.many")?;
    let many = Field { bench, hub: &hub, keys: &keys, rooms: &ids }.cost(report, "conversations.many")?;
    for (what, many, few) in [
        ("CPU per post, many / few", many.post, few.post),
        ("CPU per post in the lobby, many / few", many.post_in_lobby, few.post_in_lobby),
        ("CPU per page, many / few", many.page, few.page),
    ] {
        report.figure("conversations", what, many / few, "×");
    }
    Ok(())
}

/// Creates rooms and fills them and the lobby; the rooms' ids.
fn grow(bench: &Bench, hub: &Hub, keys: &[String], size: Size) -> Result<Vec<String>> {
    let ids = rooms::create(hub.address, keys, size.rooms, |_, _| TTL, bench.clock)?;
    progress(&format!("conversations: {} more rooms are there", ids.len()));
    let in_lobby = size.messages / LOBBY_SHARE;
    fill(hub.address, keys, in_lobby, bench.clock)?;
    let in_each = (size.messages - in_lobby) / size.rooms as u64;
    for some in ids.chunks(FILLED_AT_ONCE) {
        let count = in_each * some.len() as u64;
        Posts::to_rooms(hub.address, keys, some, 1).fill(hub.address, keys.len(), count, bench.clock)?;
    }
    progress(&format!("conversations: {} more messages are said", size.messages));
    Ok(ids)
}

/// How soon a hub with all of it answers, and what it holds in memory by then: no messages of rooms, so that pages are read
/// from the store whether the rooms are few or many.
fn start_again(bench: &Bench, hub: Hub, report: &mut Report, row: &str) -> Result<Hub> {
    let hub = bench.launcher.restart(hub)?;
    report.figure(row, "start", quotient(hub.started_in_ns, 1_000_000), "ms");
    thread::sleep(SETTLE);
    let memory = process::resident_bytes(hub.pid())?;
    report.figure(row, "memory after the start", quotient(memory, 1_000_000), "MB");
    Ok(hub)
}

/// A hub with rooms, which are asked for in an order that is none.
struct Field<'a> {
    bench: &'a Bench,
    hub: &'a Hub,
    keys: &'a [String],
    rooms: &'a [String],
}

/// CPU time of the hub, in microseconds each.
struct Cost {
    post: f64,
    post_in_lobby: f64,
    page: f64,
}

impl Field<'_> {
    fn cost(&self, report: &mut Report, row: &str) -> Result<Cost> {
        let hub = self.hub.address;
        let anywhere = (0..self.rooms.len()).map(|place| &self.rooms[place * STRIDE % self.rooms.len()]);
        let newest = anywhere.map(|id| format!("/api/rooms/{id}/messages?limit=50"));
        let page = self.load(report, row, "page", &mut Pages::at(hub, newest), PER_SECOND)?;
        let mut older = Pages::before(hub, &self.places_in_lobby()?)?;
        self.load(report, row, "page of the lobby", &mut older, PER_SECOND)?;
        let lists = (0..20).map(|page| format!("/api/rooms/list?limit=50&offset={}", page * self.rooms.len() / 20));
        self.load(report, row, "list", &mut Pages::at(hub, lists), LISTS_PER_SECOND)?;
        // Whoever posts first in a room joins it, so the same agent comes as when it was filled.
        let mut posts = Posts::by_first_members(hub, self.keys, self.rooms, FILLED_AT_ONCE, STRIDE);
        let post = self.load(report, row, "post", &mut posts, PER_SECOND)?;
        let post_in_lobby = self.load(report, row, "post in the lobby", &mut Posts::new(hub, self.keys), PER_SECOND)?;
        let memory = process::resident_bytes(self.hub.pid())?;
        report.figure(row, "memory", quotient(memory, 1_000_000), "MB");
        Ok(Cost { post, post_in_lobby, page })
    }

    /// The CPU time of one request of a load, in microseconds.
    fn load(
        &self,
        report: &mut Report,
        row: &str,
        what: &str,
        requests: &mut (dyn Requests + Send),
        per_second: u64,
    ) -> Result<f64> {
        let Self { bench, hub, .. } = *self;
        let (stage, pace) = (Stage::new(), Pace::PerSecond(per_second));
        let (outcome, window) = thread::scope(|scope| {
            let running = scope.spawn(|| exchange::run(hub.address, CONNECTIONS, requests, pace, &stage, bench.clock));
            let window = stage.walk(bench.times, bench.clock, || process::cpu_ns(hub.pid()));
            (joined(running), window)
        });
        let (outcome, window) = (outcome?, window?);
        let latencies: &Latencies = &outcome.latencies;
        let each = quotient(window.after - window.before, latencies.count()) / 1_000.0;
        report.figure(row, &format!("{what} p50"), latencies.percentile_ms(50.0), "ms");
        report.figure(row, &format!("{what} p99"), latencies.percentile_ms(99.0), "ms");
        report.figure(row, &format!("CPU per {what}"), each, "µs");
        if let Some(sentence) = outcome.faults.sentence() {
            report.fault(row, &sentence);
        }
        Ok(each)
    }

    /// Ids of messages all over the lobby.
    fn places_in_lobby(&self) -> Result<Vec<String>> {
        places_in_lobby(self.hub.address)
    }
}

/// Every tenth id of the lobby's newest 10,000 messages, from page to page.
fn places_in_lobby(hub: SocketAddr) -> Result<Vec<String>> {
    let mut client = Client::connect(hub)?;
    let mut places: Vec<String> = Vec::new();
    let mut before = String::new();
    for _ in 0..100 {
        let page = ids_of_page(&mut client, &format!("/api/messages?limit=100{before}"))?;
        let Some(oldest) = page.first() else { break };
        before = format!("&before={oldest}");
        places.extend(page.into_iter().step_by(10));
    }
    Ok(places)
}
