//! Memory of an idle connection: what the hub's resident memory grows by when many are opened that hear the lobby, and
//! nothing is said.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Bench;
use crate::figures::quotient;
use crate::process::resident_bytes;
use crate::readers::Readers;
use crate::report::Report;
use crate::senders::{fill, register};
use crate::transport::Transport;

/// Messages in the lobby, so that every connection begins with a full history.
const MESSAGES: u64 = 100;

/// How long the hub's memory is left to settle before it is read.
const SETTLE: Duration = Duration::from_secs(1);

/// Measures every number of connections against a hub of its own.
pub(super) fn measure(bench: &Bench, transport: Transport, report: &mut Report) -> Result<()> {
    for &connections in &bench.idle {
        let row = transport.row("idle", connections);
        measure_one(bench, transport, report, &row, connections).with_context(|| row.clone())?;
    }
    Ok(())
}

fn measure_one(bench: &Bench, transport: Transport, report: &mut Report, row: &str, connections: usize) -> Result<()> {
    let hub = bench.launcher.start()?;
    let keys = register(hub.address, 1)?;
    fill(hub.address, &keys, MESSAGES, bench.clock)?;
    thread::sleep(SETTLE.min(bench.times.window));
    let before = resident_bytes(hub.pid())?;
    let readers = Readers::open(hub.address, transport, connections, bench.clock)?;
    thread::sleep(SETTLE.min(bench.times.window));
    let after = resident_bytes(hub.pid())?;
    drop(readers);
    let each = quotient(after.saturating_sub(before), u64::try_from(connections)?);
    let figure = match transport {
        Transport::EventStream => "memory per stream",
        Transport::WebSocket | Transport::Gateway(_) => "memory per socket",
    };
    report.figure(row, figure, each / 1_000.0, "KB");
    Ok(())
}
