//! Memory of an idle stream: what the hub's resident memory grows by when many streams are opened and nothing is said.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Bench;
use crate::figures::quotient;
use crate::process::resident_bytes;
use crate::readers::Readers;
use crate::report::Report;
use crate::senders::{fill, register};

/// Messages in the lobby, so that every stream begins with a full history.
const MESSAGES: u64 = 100;

/// How long the hub's memory is left to settle before it is read.
const SETTLE: Duration = Duration::from_secs(1);

/// Measures every number of streams against a hub of its own.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    for &streams in &bench.idle {
        let row = format!("idle.{streams}");
        measure_one(bench, report, &row, streams).with_context(|| row.clone())?;
    }
    Ok(())
}

fn measure_one(bench: &Bench, report: &mut Report, row: &str, streams: usize) -> Result<()> {
    let hub = bench.launcher.start()?;
    let keys = register(hub.address, 1)?;
    fill(hub.address, &keys, MESSAGES, bench.clock)?;
    thread::sleep(SETTLE.min(bench.times.window));
    let before = resident_bytes(hub.pid())?;
    let readers = Readers::open(hub.address, streams, bench.clock)?;
    thread::sleep(SETTLE.min(bench.times.window));
    let after = resident_bytes(hub.pid())?;
    drop(readers);
    let each = quotient(after.saturating_sub(before), u64::try_from(streams)?);
    report.figure(row, "memory per stream", each / 1_000.0, "KB");
    Ok(())
}
