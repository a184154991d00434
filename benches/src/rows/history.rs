//! Pages of history while messages are written: the newest page, and pages somewhere before it.

use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result, ensure};

use super::{Bench, joined};
use crate::exchange::{self, Outcome, Requests};
use crate::figures::per_second;
use crate::http::{Client, request};
use crate::pace::Pace;
use crate::report::Report;
use crate::senders::{Posts, fill, register};
use crate::stage::Stage;

/// Messages in the lobby before the measurement begins.
const MESSAGES: u64 = 5_000;

/// Pages a second, of each kind.
const PAGES_PER_SECOND: u64 = 1_000;

/// Messages written a second meanwhile.
const WRITES_PER_SECOND: u64 = 1_000;

/// Connections of each of the three loads.
const CONNECTIONS: usize = 16;

/// Measures both kinds of page at once, half the pace each.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let hub = bench.launcher.start()?;
    let keys = register(hub.address, CONNECTIONS)?;
    fill(hub.address, &keys, MESSAGES, bench.clock)?;
    let mut newest = Pages::newest(hub.address);
    let mut older = Pages::before(hub.address, &walk_back(hub.address)?)?;
    let mut posts = Posts::new(hub.address, &keys);
    let stage = Stage::new();
    let run = |requests: &mut dyn Requests, pace: u64| {
        exchange::run(hub.address, CONNECTIONS, requests, Pace::PerSecond(pace), &stage, bench.clock)
    };
    let (writes, newest, older, window) = thread::scope(|scope| {
        let writes = scope.spawn(|| run(&mut posts, WRITES_PER_SECOND));
        let newest = scope.spawn(|| run(&mut newest, PAGES_PER_SECOND));
        let older = scope.spawn(|| run(&mut older, PAGES_PER_SECOND));
        let window = stage.walk(bench.times, bench.clock, || Ok(()));
        (joined(writes), joined(newest), joined(older), window)
    });
    let elapsed = window?.elapsed_ns;
    for (row, outcome) in [("history.newest", newest?), ("history.older", older?), ("history.writes", writes?)] {
        report_one(report, row, &outcome, elapsed);
    }
    Ok(())
}

fn report_one(report: &mut Report, row: &str, outcome: &Outcome, elapsed_ns: u64) {
    report.figure(row, "rate", per_second(outcome.latencies.count(), elapsed_ns), "/s");
    report.figure(row, "p50", outcome.latencies.percentile_ms(50.0), "ms");
    report.figure(row, "p99", outcome.latencies.percentile_ms(99.0), "ms");
    if let Some(sentence) = outcome.faults.sentence() {
        report.fault(row, &sentence);
    }
}

/// Requests for pages of 50, one after the other from a ring.
#[derive(Debug)]
pub(super) struct Pages {
    ring: Vec<Vec<u8>>,
    turn: usize,
}

impl Pages {
    /// The newest page, again and again.
    fn newest(hub: SocketAddr) -> Self {
        Self { ring: vec![request(hub, "GET", "/api/messages?limit=50", None, None)], turn: 0 }
    }

    /// Pages before each of the messages with these ids.
    pub(super) fn before(hub: SocketAddr, ids: &[String]) -> Result<Self> {
        ensure!(!ids.is_empty(), "there is no message to read a page before");
        let page = |id: &String| format!("/api/messages?limit=50&before={id}");
        Ok(Self::at(hub, ids.iter().map(page)))
    }

    /// Whatever is at these targets.
    pub(super) fn at(hub: SocketAddr, targets: impl Iterator<Item = String>) -> Self {
        Self { ring: targets.map(|target| request(hub, "GET", &target, None, None)).collect(), turn: 0 }
    }
}

impl Requests for Pages {
    fn expected(&self) -> u16 {
        200
    }

    fn next(&mut self, _connection: usize, _due: u64) -> &[u8] {
        self.turn = (self.turn + 1) % self.ring.len();
        &self.ring[self.turn]
    }
}

/// The ids of all messages but the oldest page's, newest first. Every 37th of them, so that pages begin anywhere and
/// neighbours in the ring are no neighbours in the lobby.
pub(super) fn walk_back(hub: SocketAddr) -> Result<Vec<String>> {
    let mut client = Client::connect(hub)?;
    let mut ids = Vec::new();
    loop {
        let before = ids.last().map_or_else(String::new, |id| format!("&before={id}"));
        let mut page = ids_of_page(&mut client, &format!("/api/messages?limit=100{before}"))?;
        if page.len() < 100 {
            return Ok(ids.into_iter().step_by(37).collect());
        }
        page.reverse();
        ids.append(&mut page);
    }
}

/// The ids of a page, oldest first.
pub(super) fn ids_of_page(client: &mut Client, target: &str) -> Result<Vec<String>> {
    let page = client.json("GET", target, None, 200)?;
    let messages = page["messages"].as_array().context("a page holds no messages")?;
    let id = |message: &serde_json::Value| message["id"].as_str().map(str::to_owned);
    messages.iter().map(id).collect::<Option<_>>().context("a message has no id")
}
