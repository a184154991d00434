//! The hub under load: a process of its own on a fresh directory, stopped when its handle goes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::clock::Clock;
use crate::http::Client;

/// The hub's configuration: every limit set high and none off, so that the limiters work under load too.
const CONFIGURATION: &str = r#"# Limits that no benchmark reaches. None is off: deciding them is part of the cost.
[limits]
requests_per_address = "1000000000 per 1m"
registrations_per_address = "1000000000 per 1h"
lobby_unverified = "1000000000 per 5m"
lobby_verified = "1000000000 per 1m"
streams_per_address = 1000000
sockets_per_address = 1000000
connections_per_agent = 1000000
rooms_per_agent = "1000000000 per 1h"
room_messages = "1000000000 per 1m"
[moltchats]
requests_per_agent = "1000000000 per 1m"
requests_per_address = "1000000000 per 1m"
sign_ins_per_address = "1000000000 per 1m"
channel_messages = "1000000000 per 1m"
connects_per_address = "1000000000 per 1m"
observers_per_address = 1000000
frames_per_connection = "1000000000 per 1m"
servers_per_agent = "1000000000 per 1d"
[agentchat]
sends_per_agent = "1000000000 per 1s"
sends_per_group = "1000000000 per 1s"
cold_conversations = "1000000000 per 1d"
group_invitations = "1000000000 per 1d"
connects_per_address = "1000000000 per 1m"
backlog_warning = 1000000
backlog_most = 1000000
"#;

/// The data directory, and the log, in a hub's directory.
const DATA: &str = "data";
const LOG: &str = "hub.log";

/// How long a hub may take until it answers.
const START_PATIENCE: Duration = Duration::from_secs(10);

/// How long a hub may take to stop after SIGTERM; then it is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// How hubs are started.
#[derive(Clone, Debug)]
pub(crate) struct Launcher {
    /// The program.
    pub(crate) program: PathBuf,
    /// Where their directories are made.
    pub(crate) directory: PathBuf,
    /// The benchmarks' clock.
    pub(crate) clock: Clock,
}

impl Launcher {
    /// Starts a hub on a fresh directory and waits until `/health` says 200.
    pub(crate) fn start(&self) -> Result<Hub> {
        self.start_in(tempfile::Builder::new().prefix("tertulia-bench-").tempdir_in(&self.directory)?)
    }

    /// Stops a hub and starts it again on what it has left behind.
    pub(crate) fn restart(&self, hub: Hub) -> Result<Hub> {
        self.restart_after(hub, |_| Ok(()))
    }

    /// Stops a hub, lets `meanwhile` change what is in its data directory, and starts it again.
    pub(crate) fn restart_after(&self, hub: Hub, meanwhile: impl FnOnce(&Path) -> Result<()>) -> Result<Hub> {
        let Hub { process, directory, .. } = hub;
        drop(process);
        meanwhile(&directory.path().join(DATA))?;
        self.start_in(directory)
    }

    fn start_in(&self, directory: TempDir) -> Result<Hub> {
        let configuration = directory.path().join("bench.toml");
        fs::write(&configuration, CONFIGURATION)?;
        let log = directory.path().join(LOG);
        let began = self.clock.now();
        let mut child = Command::new(&self.program)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(directory.path().join(DATA))
            .arg("--config")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let stdout = child.stdout.take().expect("standard output was asked for as a pipe");
        let process = Process(child);
        let address = listening_address(stdout).with_context(|| format!("the hub said:\n{}", last_lines(&log)))?;
        wait_for_health(address, self.clock)?;
        Ok(Hub { process, address, started_in_ns: self.clock.since(began), directory })
    }
}

/// A running hub. Dropping it stops the process and removes the directory, in this order.
#[derive(Debug)]
pub(crate) struct Hub {
    process: Process,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Nanoseconds from spawning it to its first 200 on `/health`.
    pub(crate) started_in_ns: u64,
    directory: TempDir,
}

impl Hub {
    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// Its last words, for error messages.
    pub(crate) fn last_words(&self) -> String {
        last_lines(&self.directory.path().join(LOG))
    }

    /// The first line of its log with `words` in it, if there is one yet.
    pub(crate) fn said(&self, words: &str) -> Result<Option<String>> {
        let log = fs::read_to_string(self.directory.path().join(LOG))?;
        Ok(log.lines().find(|line| line.contains(words)).map(str::to_owned))
    }
}

/// A hub's process. Dropping it stops it.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        // Both may fail only because the process has ended already, which is what is wanted.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let tick = Duration::from_millis(10);
        for _ in 0..STOP_PATIENCE.as_millis() / tick.as_millis() {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(tick);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The address in the first line that the hub prints. What follows is read and dropped by a thread that ends with the
/// hub, so that a full pipe never stops it.
fn listening_address(stdout: ChildStdout) -> Result<SocketAddr> {
    let mut lines = BufReader::new(stdout);
    let mut line = String::new();
    lines.read_line(&mut line).context("cannot read the hub's first line")?;
    let address = address_in(&line).with_context(|| format!("no http://ADDRESS:PORT in the first line {line:?}"))?;
    thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    Ok(address)
}

/// The address behind the first `http://` in `line`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = &line[line.find("http://")? + "http://".len()..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".:[]".contains(c))).unwrap_or(rest.len());
    rest[..end].trim_end_matches('.').replace("localhost", "127.0.0.1").parse().ok()
}

fn wait_for_health(hub: SocketAddr, clock: Clock) -> Result<()> {
    let began = clock.now();
    loop {
        let answer = Client::connect(hub).and_then(|mut client| client.send("GET", "/health", None));
        if matches!(answer, Ok((200, _))) {
            return Ok(());
        }
        if u128::from(clock.since(began)) > START_PATIENCE.as_nanos() {
            bail!("the hub is not healthy {} s after its start: {answer:?}", START_PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The last 4 KiB of a file.
fn last_lines(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(4096)))?;
        file.read_to_end(&mut bytes)
    });
    if read.is_ok() { String::from_utf8_lossy(&bytes).into_owned() } else { String::from("(nothing)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_stands_behind_http_in_the_first_line() {
        let expected = Some(SocketAddr::from(([127, 0, 0, 1], 7600)));
        for line in
            ["tertulia listens on http://127.0.0.1:7600\n", "http://localhost:7600/", "at http://127.0.0.1:7600."]
        {
            assert_eq!(address_in(line), expected, "{line}");
        }
        assert_eq!(address_in("tertulia is here"), None);
    }
}
