//! Posts and pages while the hub computes everybody's trust, beside the same when it does not, on the same hub.
//!
//! A hub computes trust when it starts, so it is started several times with a crowd in its store; the load begins with
//! its first answer. What comes until the hub says that it is done is one side of the comparison, what comes after it
//! the other.

use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::history::{Pages, walk_back};
use super::{Bench, joined};
use crate::exchange::{self, Outcome, Requests};
use crate::figures::{Latencies, quotient};
use crate::hub::Hub;
use crate::pace::Pace;
use crate::report::Report;
use crate::senders::{Posts, fill, register};
use crate::stage::{Stage, Times};

/// Agents and relations of the crowd.
const AGENTS: u32 = 10_000;
const RELATIONS: u32 = 1_000_000;

/// The same with `--quick`.
const FEW_RELATIONS: u32 = 100_000;

/// Starts of the hub, one computation each.
const ROUNDS: usize = 6;

/// Connections of each load.
const CONNECTIONS: usize = 16;

/// Posts a second, and as many pages.
const PER_SECOND: u64 = 500;

/// Messages in the lobby, so that there are pages to read.
const MESSAGES: u64 = 5_000;

/// What is not counted of a start, so that caches are filled and connections open.
const WARM_UP: Duration = Duration::from_millis(150);

/// What the hub says when it has computed, and what stands in front of what it was computed from.
const COMPUTED: &str = "computed trust";
const INTERACTIONS: &str = "interactions=";

/// How long a computation may take.
const PATIENCE_NS: u64 = 60_000_000_000;

/// Measures all rounds on one data directory.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let crowd = bench.crowd.as_ref().context("--crowd names no program that fills a hub")?;
    let relations = if bench.quick { FEW_RELATIONS } else { RELATIONS };
    let mut hub = bench.launcher.start()?;
    let keys = register(hub.address, CONNECTIONS)?;
    fill(hub.address, &keys, MESSAGES, bench.clock)?;
    let ids = walk_back(hub.address)?;
    hub = bench.launcher.restart_after(hub, |data| {
        let file = data.join("hub.db");
        let filled = Command::new(crowd).arg(file).args([AGENTS, relations].map(|count| count.to_string())).status()?;
        ensure!(filled.success(), "{} fails", crowd.display());
        Ok(())
    })?;
    let (mut during, mut beside, mut taken) = (Said::default(), Said::default(), 0);
    for round in 0..ROUNDS {
        if round > 0 {
            hub = bench.launcher.restart(hub)?;
        }
        let load = Load { bench, hub: &hub, keys: &keys, ids: &ids };
        let (said, ns) = load.until_computed()?;
        during.add(&said);
        taken += ns;
        beside.add(&load.say(bench.times)?);
    }
    let line = hub.said(COMPUTED)?.unwrap_or_default();
    let interactions = line.split_once(INTERACTIONS).and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    report.figure("trust", "interactions", quotient(interactions.unwrap_or(0), 1), "");
    let each = quotient(taken, u64::try_from(ROUNDS)?) / 1e9;
    report.figure("trust", "computation under load, but for its beginning", each, "s");
    report_both(report, &during, &beside);
    Ok(())
}

/// A hub and its load.
struct Load<'a> {
    bench: &'a Bench,
    hub: &'a Hub,
    keys: &'a [String],
    ids: &'a [String],
}

/// Latencies of one side.
#[derive(Debug)]
struct Said {
    posts: Latencies,
    pages: Latencies,
    fault: Option<String>,
}

impl Default for Said {
    fn default() -> Self {
        Self { posts: Latencies::new(), pages: Latencies::new(), fault: None }
    }
}

impl Said {
    fn of(posts: &Outcome, pages: &Outcome) -> Self {
        let fault = posts.faults.sentence().or_else(|| pages.faults.sentence());
        Self { posts: posts.latencies.clone(), pages: pages.latencies.clone(), fault }
    }

    fn add(&mut self, other: &Self) {
        self.posts.add(&other.posts);
        self.pages.add(&other.pages);
        self.fault = self.fault.take().or_else(|| other.fault.clone());
    }
}

impl Load<'_> {
    /// Until the hub says that it is done; with how long that took.
    fn until_computed(&self) -> Result<(Said, u64)> {
        let clock = self.bench.clock;
        let began = clock.now();
        self.run(|stage| {
            stage.walk_while(WARM_UP, clock, || {
                ensure!(clock.since(began) < PATIENCE_NS, "the hub computes no trust within a minute");
                Ok(self.hub.said(COMPUTED)?.is_none())
            })
        })
    }

    fn say(&self, times: Times) -> Result<Said> {
        let (said, _) = self.run(|stage| stage.walk(times, self.bench.clock, || Ok(())))?;
        Ok(said)
    }

    /// Posts and reads pages while `walk` goes through the stage.
    fn run<T>(&self, walk: impl FnOnce(&Stage) -> Result<T>) -> Result<(Said, T)> {
        let (hub, stage) = (self.hub.address, Stage::new());
        let (mut posts, mut pages) = (Posts::new(hub, self.keys), Pages::before(hub, self.ids)?);
        let run = |requests: &mut dyn Requests| {
            exchange::run(hub, CONNECTIONS, requests, Pace::PerSecond(PER_SECOND), &stage, self.bench.clock)
        };
        let (posts, pages, walked) = thread::scope(|scope| {
            let posting = scope.spawn(|| run(&mut posts));
            let reading = scope.spawn(|| run(&mut pages));
            let walked = walk(&stage);
            (joined(posting), joined(reading), walked)
        });
        let last_words = || format!("the hub's last words: {}", self.hub.last_words());
        Ok((Said::of(&posts.with_context(last_words)?, &pages.with_context(last_words)?), walked?))
    }
}

fn report_both(report: &mut Report, during: &Said, beside: &Said) {
    for (row, said) in [("trust.during", during), ("trust.beside", beside)] {
        for (what, latencies) in [("posts", &said.posts), ("pages", &said.pages)] {
            report.figure(row, &format!("{what} measured"), quotient(latencies.count(), 1), "");
            for (name, percent) in [("p50", 50.0), ("p99", 99.0), ("longest", 100.0)] {
                report.figure(row, &format!("{what} {name}"), latencies.percentile_ms(percent), "ms");
            }
        }
        if let Some(fault) = &said.fault {
            report.fault(row, fault);
        }
    }
    for (what, during, beside) in [("posts", &during.posts, &beside.posts), ("pages", &during.pages, &beside.pages)] {
        let ratio = during.percentile_ms(99.0) / beside.percentile_ms(99.0);
        report.figure("trust", &format!("{what} p99, during / beside"), ratio, "×");
    }
}
