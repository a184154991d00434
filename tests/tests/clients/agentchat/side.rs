//! A program that plays a scenario, spoken with in lines of JSON.
//!
//! It prints `{"fact": …}` to tell and `{"need": …}` to ask; an answer is one line. What it complains of goes to a
//! file and is shown when it ends badly.

use std::{
    fs::File,
    io::{Read, Seek},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::stage::Stage;

/// How long a scenario may take. Only a failing one takes nearly as long.
const LENGTH: Duration = Duration::from_mins(2);

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Side {
    child: Child,
    answers: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    complaints: File,
}

impl Side {
    /// Starts `command` with the scenario and where the hub stands.
    pub(crate) fn start(mut command: Command, scenario: &str, stage: &Stage) -> Self {
        let complaints = tempfile::tempfile().expect("a file for complaints");
        let stderr = complaints.try_clone().expect("a file has a second handle");
        command.arg(scenario).arg(stage.places());
        // Clients of the network look for a way around it.
        command.env("NO_PROXY", "127.0.0.1").env("PYTHONDONTWRITEBYTECODE", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true);
        let mut child = command.spawn().expect("the program can be started");
        let answers = child.stdin.take().expect("standard input is a pipe");
        let lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
        Self { child, answers, lines, complaints }
    }

    /// Gives the program what it asks for until it ends well; what it has told.
    #[expect(clippy::disallowed_methods, reason = "bounds a failing test in real time; nothing is measured with it")]
    pub(crate) async fn converse(mut self, stage: &Stage) -> Vec<Value> {
        let mut facts = Vec::new();
        let Ok(()) = tokio::time::timeout(LENGTH, self.listen(stage, &mut facts)).await else {
            panic!("not over after {LENGTH:?}; it told {facts:?}\n{}\n{}", self.complaints(), stage.log());
        };
        let status = self.child.wait().await.expect("a child");
        assert!(status.success(), "{status}; it told {facts:?}\n{}\n{}", self.complaints(), stage.log());
        facts
    }

    async fn listen(&mut self, stage: &Stage, facts: &mut Vec<Value>) {
        while let Some(line) = self.lines.next_line().await.expect("text") {
            let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("a line of JSON, not {line}"));
            if said["need"].is_null() {
                facts.push(said);
                continue;
            }
            let answer = format!("{}\n", stage.answer(&said).await);
            // A program that has ended meanwhile says why below.
            let _ = self.answers.write_all(answer.as_bytes()).await;
        }
    }

    fn complaints(&mut self) -> String {
        let mut text = String::new();
        let read = self.complaints.rewind().and_then(|()| self.complaints.read_to_string(&mut text));
        read.map_or_else(|error| error.to_string(), |_| text)
    }
}
