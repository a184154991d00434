//! A hub without load: how soon it answers, what it holds in memory, how large its program is.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::Bench;
use crate::figures::{median, quotient};
use crate::process::resident_bytes;
use crate::report::Report;

/// Starts of which the median is taken, each on an empty directory.
const STARTS: usize = 5;

/// How long a hub is left alone before its memory is read.
const SETTLE: Duration = Duration::from_secs(1);

/// Measures cold start, idle memory and the program's size.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        starts.push(bench.launcher.start()?.started_in_ns);
    }
    report.figure("start", "cold start", quotient(median(starts), 1_000_000), "ms");
    let hub = bench.launcher.start()?;
    thread::sleep(SETTLE.min(bench.times.window));
    report.figure("start", "idle memory", quotient(resident_bytes(hub.pid())?, 1_000_000), "MB");
    let program = bench.launcher.program.metadata()?.len();
    report.figure("start", "binary", quotient(program, 1_000_000), "MB");
    Ok(())
}
