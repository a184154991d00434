//! Where a run took place: without it no figure means anything.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread;

use anyhow::Result;
use serde::Serialize;

use crate::clock::Clock;
use crate::figures::{median, quotient};

/// Syncs of which the median is taken.
const SYNCS: usize = 50;

/// The machine, and how the run was asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Environment {
    /// Processors that this process may use.
    processors: usize,
    /// Release of the kernel.
    kernel: String,
    /// Type of the file system that the hub's directory is on.
    file_system: String,
    /// Median time of appending 4 KiB to a file there and syncing it, in microseconds.
    sync_us: f64,
    /// Seconds of a measured window.
    window_seconds: f64,
}

impl Environment {
    /// Looks at the machine, and measures how long a sync takes in `directory`.
    pub(crate) fn look(directory: &Path, window_seconds: f64, clock: Clock) -> Result<Self> {
        Ok(Self {
            processors: thread::available_parallelism().map_or(0, usize::from),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            file_system: file_system(directory).unwrap_or_else(|| String::from("unknown")),
            sync_us: sync_us(directory, clock)?,
            window_seconds,
        })
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processors, kernel, file_system, sync_us, window_seconds } = self;
        write!(f, "{processors} processors, Linux {kernel}, {file_system}, a sync takes {sync_us:.0} µs; ")?;
        write!(f, "windows of {window_seconds} s, load generator on the same machine")?;
        if file_system == "tmpfs" {
            write!(f, "\nnothing is durable on tmpfs: give --dir a directory on a disk")?;
        }
        Ok(())
    }
}

/// The type of the file system mounted closest above `directory`.
fn file_system(directory: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    let above = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (point, kind) = (fields.next()?, fields.next()?);
        directory.starts_with(point).then_some((point.len(), kind))
    });
    above.max_by_key(|(length, _)| *length).map(|(_, kind)| kind.to_owned())
}

fn sync_us(directory: &Path, clock: Clock) -> Result<f64> {
    let directory = tempfile::Builder::new().prefix("tertulia-bench-").tempdir_in(directory)?;
    let mut file = File::create(directory.path().join("sync"))?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let began = clock.now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(clock.since(began));
    }
    Ok(quotient(median(times), 1_000))
}
