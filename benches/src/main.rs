//! Benchmarks of a running hub, from outside: `cargo xtask bench`.
//!
//! Starts the given `tertulia` on a fresh directory with every limit set high, loads it over loopback with a generator
//! of its own, and prints figures beside the goals of ARCHITECTURE.md. Count and time of every load are bounded. It
//! fails when a message was lost, doubled or out of order or an answer was not the expected one, never for a goal.

mod agentchat;
mod budgets;
mod chunks;
mod clock;
mod environment;
mod event_stream;
mod events;
mod exchange;
mod faults;
mod figures;
mod frames;
mod framing;
mod http;
mod hub;
mod inboxes;
mod metrics;
mod moltchats;
mod pace;
mod process;
mod readers;
mod report;
mod rooms;
mod rows;
mod senders;
mod speakers;
mod stage;
mod transport;
mod yardstick;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::clock::Clock;
use crate::environment::Environment;
use crate::hub::Launcher;
use crate::report::{Report, progress};
use crate::rows::{Bench, Row};
use crate::stage::Times;

/// Seconds of a measured window.
const SECONDS: f64 = 5.0;

/// Seconds of a measured window with `--quick`.
const QUICK_SECONDS: f64 = 1.5;

/// Loads a hub and prints figures beside goals.
#[derive(Debug, Parser)]
#[command(after_help = "Example: tertulia-benches --hub target/release/tertulia --only sends burst --quick")]
struct Arguments {
    /// The `tertulia` to measure, built in release
    #[arg(long, value_name = "PATH")]
    hub: PathBuf,
    /// Measure these alone; `growth`, `conversations`, `expiry` and `trust` are measured only when named here
    #[arg(long, value_enum, num_args = 1.., value_name = "NAME")]
    only: Vec<Row>,
    /// Short windows, a small `growth` and few `conversations`: for a look, not for a comparison
    #[arg(long)]
    quick: bool,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Length of each measured window, up to 60 [default: 5, with --quick 1.5]
    #[arg(long, value_name = "N")]
    seconds: Option<f64>,
    /// Numbers of senders
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256", value_name = "N,…")]
    senders: Vec<usize>,
    /// Numbers of readers
    #[arg(long, value_delimiter = ',', default_value = "100,1000,5000", value_name = "N,…")]
    readers: Vec<usize>,
    /// Numbers of idle connections
    #[arg(long, value_delimiter = ',', default_value = "1000,5000", value_name = "N,…")]
    idle: Vec<usize>,
    /// Numbers of rooms that the posts of 64 senders are spread over
    #[arg(long, value_delimiter = ',', default_value = "1,1000", value_name = "N,…", value_parser = at_least_one)]
    rooms: Vec<usize>,
    /// Rooms that expire in `expiry`
    #[arg(long, default_value = "10000", value_name = "N", value_parser = at_least_one)]
    expiring: usize,
    /// Seconds that those live at least, and in which they all expire, up to 60; a hub takes no less than 60
    #[arg(long, default_value = "60", value_name = "N", value_parser = clap::value_parser!(u64).range(1..=60))]
    lifetime: u64,
    /// The example `crowd` of the store, built in release; `trust` needs it
    #[arg(long, value_name = "PATH")]
    crowd: Option<PathBuf>,
    /// Where the hubs' fresh directories are made; on a disk, or nothing is durable
    #[arg(long, value_name = "PATH", default_value_os_t = std::env::temp_dir())]
    dir: PathBuf,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let seconds = arguments.seconds.unwrap_or(if arguments.quick { QUICK_SECONDS } else { SECONDS });
    ensure!((0.05..=60.0).contains(&seconds), "--seconds takes 0.05 to 60");
    raise_file_limit(&arguments)?;
    let clock = Clock::start();
    let program = arguments.hub.canonicalize().with_context(|| format!("no hub at {}", arguments.hub.display()))?;
    let mut report = Report::new(Environment::look(&arguments.dir, seconds, clock)?);
    let bench = Bench {
        launcher: Launcher { program, directory: arguments.dir, clock },
        times: Times::of(Duration::from_secs_f64(seconds)),
        clock,
        senders: arguments.senders,
        readers: arguments.readers,
        idle: arguments.idle,
        rooms: arguments.rooms,
        expiring: arguments.expiring,
        lifetime: Duration::from_secs(arguments.lifetime),
        crowd: arguments.crowd,
        quick: arguments.quick,
    };
    for row in Row::chosen(&arguments.only) {
        progress(&format!("measuring {row} …"));
        if let Err(error) = row.measure(&bench, &mut report) {
            report.fault(row.name(), &format!("{error:#}"));
        }
    }
    report.print(arguments.json)?;
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn at_least_one(text: &str) -> Result<usize> {
    let number = text.parse()?;
    ensure!(number > 0, "at least 1");
    Ok(number)
}

/// Raises the soft limit of open files to the hard one, for this process and the hubs it starts, and checks that it
/// suffices.
fn raise_file_limit(arguments: &Arguments) -> Result<()> {
    let limit = rlimit::increase_nofile_limit(u64::MAX).context("cannot raise the limit of open files")?;
    let most = arguments.readers.iter().chain(&arguments.idle).chain(&arguments.senders).max().copied().unwrap_or(0);
    let needed = u64::try_from(most)? + 500;
    // The yardstick holds both ends of every connection in this process.
    let needed = needed * 2;
    ensure!(limit >= needed, "{needed} open files are needed and {limit} allowed: raise the hard limit (ulimit -Hn)");
    Ok(())
}
