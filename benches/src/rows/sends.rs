//! Durable sends: each sender posts, waits for its 201 and posts again.

use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result};

use super::{Bench, joined};
use crate::exchange;
use crate::figures::{per_second, quotient};
use crate::http::Client;
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
    let mut posts = Posts::new(hub.address, &keys);
    let stage = Stage::new();
    let (outcome, window) = thread::scope(|scope| {
        let sending =
            scope.spawn(|| exchange::run(hub.address, senders, &mut posts, Pace::ClosedLoop, &stage, bench.clock));
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
    if let Some(size) = mean_batch(hub.address) {
        report.figure(row, "messages per commit", size, "");
    }
    if let Some(sentence) = outcome.faults.sentence() {
        report.fault(row, &sentence);
    }
    Ok(())
}

/// Messages of an average commit, if `/metrics` has a histogram of batches.
fn mean_batch(hub: SocketAddr) -> Option<f64> {
    let (status, text) = Client::connect(hub).ok()?.send("GET", "/metrics", None).ok()?;
    if status == 200 { mean_of(&text, "batch") } else { None }
}

/// The mean of the first histogram whose name contains `word`: its sum over its count.
fn mean_of(metrics: &str, word: &str) -> Option<f64> {
    let value = |ending: &str| -> Option<f64> {
        let mut samples = metrics.lines().filter_map(|line| line.rsplit_once(' '));
        let (_, value) = samples.find(|(name, _)| {
            let name = name.split('{').next().unwrap_or_default();
            name.contains(word) && name.ends_with(ending)
        })?;
        value.parse().ok()
    };
    let (sum, count) = (value("_sum")?, value("_count")?);
    (count > 0.0).then_some(sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_a_histograms_sum_over_its_count() {
        let metrics =
            "# TYPE commit_batch histogram\ncommit_batch_sum{node=\"a\"} 90\ncommit_batch_count{node=\"a\"} 6\n";
        assert_eq!(mean_of(metrics, "batch"), Some(15.0));
        assert_eq!(mean_of(metrics, "queue"), None);
    }
}
