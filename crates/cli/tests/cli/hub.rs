//! Running the binary: a hub that ends with its test, and commands around it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio},
};

use tempfile::TempDir;

/// The binary, in an environment without settings.
pub(crate) fn tertulia() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tertulia"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TERTULIA_") {
            command.env_remove(name);
        }
    }
    command.env("COLUMNS", "100").stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    Ended(command.output().unwrap())
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended(pub(crate) Output);

impl Ended {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub(crate) fn said(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn complained(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// What was said by a command that must have succeeded.
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code(), 0, "{self:?}");
        self.said()
    }
}

/// A running hub. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Hub {
    child: Child,
    pub(crate) url: String,
    pub(crate) directory: PathBuf,
    stderr: Option<BufReader<ChildStderr>>,
}

impl Hub {
    /// Starts one in `directory` and waits for its first line.
    pub(crate) fn start(directory: &Path, args: &[&str]) -> Self {
        let mut command = tertulia();
        command.args(["serve", "--set", "limits.lobby_unverified=off"]).args(args).arg("--data-dir").arg(directory);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let stderr = child.stderr.take().map(BufReader::new);
        let mut hub = Self { child, url: String::new(), directory: directory.to_owned(), stderr };
        let url = first.strip_prefix("Tertulia listens on ").and_then(|line| line.strip_suffix('\n'));
        hub.url = url.unwrap_or_else(|| panic!("{first:?}: {}", hub.rest_of_log())).to_owned();
        hub
    }

    /// Starts one in a fresh directory, at any port.
    pub(crate) fn fresh() -> (TempDir, Self) {
        let place = tempfile::tempdir().unwrap();
        let hub = Self::start(&place.path().join("data"), &["--port", "0"]);
        (place, hub)
    }

    /// A command that speaks to this hub.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = tertulia();
        command.arg("--data-dir").arg(&self.directory).args(args);
        command
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Sends a request with an agent's key; what is answered with success.
    pub(crate) fn send(&self, request: &str, key: &str, body: &str) -> serde_json::Value {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port())).unwrap();
        let (port, length) = (self.port(), body.len());
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{request}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until the log says `words`.
    pub(crate) fn wait_for_log(&mut self, words: &str) {
        let log = self.stderr.as_mut().unwrap();
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the log ended without {words:?}");
        }
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.rest_of_log();
        self.child.wait().unwrap()
    }

    /// Stops it as an operator would.
    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        assert_eq!(self.wait().code(), Some(0));
    }

    fn rest_of_log(&mut self) -> String {
        let mut rest = String::new();
        if let Some(mut log) = self.stderr.take() {
            log.read_to_string(&mut rest).unwrap();
        }
        rest
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
