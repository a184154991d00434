//! What is measured, a module a row. Every row starts hubs of its own, so that none pays for another's load.

mod delivery;
mod growth;
mod history;
mod idle;
mod sends;
mod start;

use std::fmt;
use std::thread::ScopedJoinHandle;

use anyhow::{Result, anyhow};
use clap::ValueEnum;

use crate::clock::Clock;
use crate::hub::Launcher;
use crate::report::Report;
use crate::stage::Times;

/// What all rows are given.
#[derive(Debug)]
pub(crate) struct Bench {
    /// Starts hubs.
    pub(crate) launcher: Launcher,
    /// Length of warm-up and window.
    pub(crate) times: Times,
    /// The clock of all moments.
    pub(crate) clock: Clock,
    /// Numbers of senders to measure.
    pub(crate) senders: Vec<usize>,
    /// Numbers of readers to measure.
    pub(crate) readers: Vec<usize>,
    /// Numbers of idle streams to measure.
    pub(crate) idle: Vec<usize>,
    /// Whether a rough look is enough.
    pub(crate) quick: bool,
}

/// A row, or a group of rows that differ in a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Row {
    /// Cold start, idle memory, size of the binary
    Start,
    /// Durable sends by several numbers of senders
    Sends,
    /// Delivery to stream readers at a steady pace
    Paced,
    /// Delivery to stream readers as fast as posts are accepted
    Burst,
    /// Memory per idle stream
    Idle,
    /// Pages of history while messages are written
    History,
    /// Cost of sends and pages in a small and in a grown lobby
    Growth,
}

impl Row {
    /// The rows to measure: those named, or all but the long one.
    pub(crate) fn chosen(named: &[Self]) -> Vec<Self> {
        let chosen = |row: &Self| if named.is_empty() { *row != Self::Growth } else { named.contains(row) };
        Self::value_variants().iter().copied().filter(chosen).collect()
    }

    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Sends => "sends",
            Self::Paced => "paced",
            Self::Burst => "burst",
            Self::Idle => "idle",
            Self::History => "history",
            Self::Growth => "growth",
        }
    }

    /// Measures it and adds its figures and faults to the report.
    ///
    /// # Errors
    ///
    /// The hub does not start, hangs up or stops answering.
    pub(crate) fn measure(self, bench: &Bench, report: &mut Report) -> Result<()> {
        match self {
            Self::Start => start::measure(bench, report),
            Self::Sends => sends::measure(bench, report),
            Self::Paced => delivery::paced(bench, report),
            Self::Burst => delivery::burst(bench, report),
            Self::Idle => idle::measure(bench, report),
            Self::History => history::measure(bench, report),
            Self::Growth => growth::measure(bench, report),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a thread of a measurement gave; its panic becomes an error.
pub(crate) fn joined<T>(handle: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    handle.join().map_err(|_| anyhow!("a thread of the load generator panicked"))?
}
