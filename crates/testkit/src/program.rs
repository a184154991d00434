//! The hub's program as a process of its own: started, asked to stop, or killed.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
};

use crate::{Connection, Reply, Request, within};

/// Ports that the operating system gives nobody by itself, so that one is still free when a hub comes back to it.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// Limits that no test reaches. None is off, so that they are counted.
const HIGH: [(&str, &str); 15] = [
    ("limits.requests_per_address", "1000000000 per 1m"),
    ("limits.registrations_per_address", "1000000000 per 1h"),
    ("limits.lobby_unverified", "1000000000 per 5m"),
    ("limits.lobby_verified", "1000000000 per 1m"),
    ("limits.verification_attempts", "1000000000 per 1m"),
    ("limits.rooms_per_agent", "1000000000 per 1h"),
    ("limits.room_messages", "1000000000 per 1m"),
    ("limits.streams_per_address", "10000"),
    ("moltchats.channel_messages", "1000000000 per 1m"),
    ("moltchats.friend_requests", "1000000000 per 1h"),
    ("moltchats.requests_per_agent", "1000000000 per 1m"),
    ("moltchats.requests_per_address", "1000000000 per 1m"),
    ("moltchats.sign_ins_per_address", "1000000000 per 1m"),
    ("agentchat.sends_per_agent", "1000000000 per 1s"),
    ("agentchat.sends_per_group", "1000000000 per 1s"),
];

/// Nothing leaves this machine: nobody answers on the discard port.
const NOBODY: [(&str, &str); 2] =
    [("outgoing.private_addresses", "true"), ("moltbook.base_url", "http://127.0.0.1:9/api/v1")];

/// A data directory, a port and settings with which the program is started as often as a test likes. Limits are high
/// and the vouching service is nobody, unless set otherwise.
#[derive(Debug)]
pub struct Installation {
    binary: PathBuf,
    directory: TempDir,
    address: SocketAddr,
    settings: Vec<(String, String)>,
}

impl Installation {
    /// A fresh one.
    ///
    /// # Panics
    ///
    /// If the program has not been built.
    #[must_use]
    pub fn fresh() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let directory = tempfile::tempdir().expect("a fresh directory");
        let settings = HIGH.iter().chain(&NOBODY).chain(&[("log.level", "warn")]);
        let settings = settings.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self { binary: binary(), directory, address, settings }
    }

    /// With one more setting, such as `limits.streams_per_address`.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Where its hub listens, every time.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its hub listens, as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts the program and waits until it says that it listens.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub async fn start(&self) -> Program {
        let mut child = self.command().spawn().expect("the program can be started");
        let mut said = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let mut first = String::new();
        within("the program's first line", said.read_line(&mut first)).await.expect("text");
        assert!(first.contains(&self.url()), "the program said {first:?} and {}", self.log());
        Program { child, _said: said }
    }

    /// What it has logged, all its starts together.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Sends one request on a connection of its own.
    pub async fn send(&self, request: &Request) -> Reply {
        Connection::open(self.address).await.exchange(request).await
    }

    /// Where its hub keeps everything.
    pub(crate) fn data_directory(&self) -> PathBuf {
        self.directory.path().join("hub")
    }

    fn command(&self) -> Command {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_file()).expect("a log file");
        let mut command = Command::new(&self.binary);
        command.arg("--listen").arg(self.address.to_string());
        command.arg("--data-dir").arg(self.data_directory());
        for (key, value) in &self.settings {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        // Settings are read from the environment too, and that of a test is not meant for it.
        command.env_clear().current_dir(self.directory.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        command
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("log")
    }
}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// Kept open, so that what else it says has a reader.
    _said: BufReader<ChildStdout>,
}

impl Program {
    /// Ends it at this instant, as a power cut does (SIGKILL).
    ///
    /// # Panics
    ///
    /// If it had ended already.
    pub async fn kill(mut self) {
        assert_eq!(self.child.try_wait().expect("a child"), None, "it ended by itself");
        within("the program to be gone", self.child.kill()).await.expect("a child of ours can be killed");
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// # Panics
    ///
    /// If it does not end well.
    pub async fn stop(mut self) {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("it runs");
        kill_process(pid, Signal::TERM).expect("a child of ours can be asked");
        let status: ExitStatus = within("the program to end", self.child.wait()).await.expect("a child");
        assert!(status.success(), "it ended with {status}");
    }
}

/// The program that `cargo xtask test` has built, or else the one beside this test.
fn binary() -> PathBuf {
    let binary = match env::var_os("TERTULIA_TEST_BINARY") {
        Some(binary) => binary.into(),
        None => beside_this_test().expect("a test runs from cargo's build directory"),
    };
    assert!(binary.is_file(), "{} is not there; `cargo build -p tertulia` makes it", binary.display());
    binary
}

/// Tests are in `target/<profile>/deps`, programs one level up.
fn beside_this_test() -> Option<PathBuf> {
    let this = env::current_exe().ok()?;
    this.parent().and_then(Path::parent).map(|profile| profile.join("tertulia"))
}

/// A port that is free now and that nobody is given by chance. Test programs begin at different places.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    let begin = std::process::id().wrapping_mul(97) % u32::from(count);
    let begin = u16::try_from(begin).expect("less than the number of ports");
    let candidates = std::iter::repeat_with(|| (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % count + PORTS.start);
    let mut free = candidates.take(count.into()).filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.next().expect("a free port")
}
