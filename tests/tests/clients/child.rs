//! Somebody else's program, and what it prints.

use std::process::Stdio;

use tertulia_testkit::within;
use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStdout, Command},
};

/// A running client. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Client {
    _child: Child,
    stdout: ChildStdout,
    bytes: Vec<u8>,
}

impl Client {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the client can be started");
        let stdout = child.stdout.take().expect("standard output is a pipe");
        Self { _child: child, stdout, bytes: Vec::new() }
    }

    /// Waits until it has printed `text`.
    pub(crate) async fn prints(&mut self, text: &str) {
        while !self.printed().contains(text) {
            let read = self.stdout.read_buf(&mut self.bytes);
            let count = within(&format!("the client to print {text:?}"), read).await.expect("a pipe can be read");
            assert!(count > 0, "the client ended before it printed {text:?}, after {}", self.printed());
        }
    }

    /// What it has printed so far, as far as it was waited for.
    pub(crate) fn printed(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}
