//! Growth: the cost of a send and of a page in a small lobby and in the same lobby grown a thousandfold.

use std::net::SocketAddr;
use std::thread;

use anyhow::Result;

use super::history::{Pages, ids_of_page};
use super::{Bench, joined};
use crate::exchange;
use crate::figures::{Latencies, quotient};
use crate::http::Client;
use crate::hub::Hub;
use crate::pace::Pace;
use crate::process;
use crate::report::{Report, progress};
use crate::senders::{fill, register};
use crate::stage::Stage;

/// Messages of the small lobby.
const SMALL: u64 = 1_000;

/// Messages of the grown one.
const GROWN: u64 = 1_000_000;

/// Messages of the grown one with `--quick`.
const QUICKLY_GROWN: u64 = 50_000;

/// The lobby is filled in so many parts, and a page is read at each border.
const PARTS: u64 = 100;

/// Messages whose cost is measured.
const MEASURED: u64 = 10_000;

/// Pages read a second.
const PAGES_PER_SECOND: u64 = 500;

/// Agents that fill the lobby.
const SENDERS: usize = 64;

/// Connections that read pages.
const CONNECTIONS: usize = 8;

/// Measures both sizes on one hub.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let hub = bench.launcher.start()?;
    let keys = register(hub.address, SENDERS)?;
    let ids = grow(bench, hub.address, &keys, SMALL)?;
    let small = cost(bench, &hub, &keys, &ids)?;
    let grown_by = if bench.quick { QUICKLY_GROWN } else { GROWN };
    let ids = grow(bench, hub.address, &keys, grown_by)?;
    let grown = cost(bench, &hub, &keys, &ids)?;
    for (size, cost) in [(SMALL, &small), (grown_by, &grown)] {
        report.figure("growth", &format!("CPU per send at {size}"), cost.cpu_per_send_us, "µs");
        report.figure("growth", &format!("history p99 at {size}"), cost.pages.percentile_ms(99.0), "ms");
    }
    let ratio = grown.cpu_per_send_us / small.cpu_per_send_us;
    report.figure("growth", "CPU per send, grown / small", ratio, "×");
    let ratio = grown.pages.percentile_ms(99.0) / small.pages.percentile_ms(99.0);
    report.figure("growth", "history p99, grown / small", ratio, "×");
    Ok(())
}

/// Adds `count` messages and gives an id from each border between two parts.
fn grow(bench: &Bench, hub: SocketAddr, keys: &[String], count: u64) -> Result<Vec<String>> {
    let mut client = Client::connect(hub)?;
    let mut ids = Vec::new();
    for part in 0..PARTS {
        fill(hub, keys, count / PARTS, bench.clock)?;
        ids.append(&mut ids_of_page(&mut client, "/api/messages?limit=1")?);
        if part % 10 == 9 && count > QUICKLY_GROWN {
            progress(&format!("growth: {} of {count} messages", (part + 1) * (count / PARTS)));
        }
    }
    Ok(ids)
}

#[derive(Debug)]
struct Cost {
    cpu_per_send_us: f64,
    pages: Latencies,
}

/// Pages are read first and alone, so that the small lobby is still small.
fn cost(bench: &Bench, hub: &Hub, keys: &[String], ids: &[String]) -> Result<Cost> {
    let mut pages = Pages::before(hub.address, ids)?;
    let (stage, pace) = (Stage::new(), Pace::PerSecond(PAGES_PER_SECOND));
    let pages = thread::scope(|scope| {
        let reading = scope.spawn(|| exchange::run(hub.address, CONNECTIONS, &mut pages, pace, &stage, bench.clock));
        stage.walk(bench.times, bench.clock, || Ok(()))?;
        joined(reading)
    })?;
    anyhow::ensure!(pages.faults.count() == 0, "{}", pages.faults.sentence().unwrap_or_default());
    let before = process::cpu_ns(hub.pid())?;
    fill(hub.address, keys, MEASURED, bench.clock)?;
    let cpu_ns = process::cpu_ns(hub.pid())? - before;
    Ok(Cost { cpu_per_send_us: quotient(cpu_ns, MEASURED) / 1_000.0, pages: pages.latencies })
}
