//! Durable sends: each sender posts, waits for its 201 and posts again.

use std::thread;

use anyhow::{Context, Result};

use super::{Bench, joined};
use crate::exchange;
use crate::figures::{per_second, quotient};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::pace::Pace;
use crate::process;
use crate::report::Report;
use crate::senders::{Posts, register};
use crate::stage::Stage;

/// Measures every number of senders against a hub of its own.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    for &senders in &bench.senders {
        let row = format!("sends.{senders}");
        measure_one(bench, report, &row, senders).with_context(|| row.clone())?;
    }
    Ok(())
}

fn measure_one(bench: &Bench, report: &mut Report, row: &str, senders: usize) -> Result<()> {
    let hub = bench.launcher.start()?;
    let keys = register(hub.address, senders)?;
    say(bench, report, row, &hub, &mut Posts::new(hub.address, &keys), senders)
}

/// Measures posts over `connections` connections of one hub.
pub(super) fn say(
    bench: &Bench,
    report: &mut Report,
    row: &str,
    hub: &Hub,
    posts: &mut Posts,
    connections: usize,
) -> Result<()> {
    let stage = Stage::new();
    let (outcome, window) = thread::scope(|scope| {
        let sending =
            scope.spawn(|| exchange::run(hub.address, connections, posts, Pace::ClosedLoop, &stage, bench.clock));
        let window = stage.walk(bench.times, bench.clock, || process::cpu_ns(hub.pid()));
        (joined(sending), window)
    });
    let outcome = outcome.with_context(|| format!("the hub's last words: {}", hub.last_words()))?;
    let window = window?;
    let sent = outcome.latencies.count();
    report.figure(row, "rate", per_second(sent, window.elapsed_ns), "/s");
    report.figure(row, "p50", outcome.latencies.percentile_ms(50.0), "ms");
    report.figure(row, "p99", outcome.latencies.percentile_ms(99.0), "ms");
    report.figure(row, "CPU per send", quotient(window.after - window.before, sent) / 1_000.0, "µs");
    let metrics = Metrics::read(hub.address);
    if let (Some(messages), Some(commit_ms)) = (metrics.messages_per_commit(), metrics.mean_commit_ms()) {
        report.figure(row, "messages per commit", messages, "");
        report.figure(row, "mean commit", commit_ms, "ms");
    }
    if let Some(sentence) = outcome.faults.sentence() {
        report.fault(row, &sentence);
    }
    Ok(())
}
