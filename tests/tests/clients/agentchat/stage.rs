//! The hub that a scenario is played on, and what its programs may ask of the world around it.

use serde_json::{Value, json};
use tertulia_testkit::{Installation, Program, Reply, Request};
use tokio::sync::{Barrier, Mutex};

use super::{letters, settings};

/// A hub that can be stopped, killed and started again, and as many programs as wait for each other.
#[derive(Debug)]
pub(crate) struct Stage {
    installation: Option<Installation>,
    /// The running hub, while it runs.
    hub: Mutex<Option<Program>>,
    meeting: Barrier,
}

impl Stage {
    /// With a fresh hub, running, for so many programs.
    pub(crate) async fn set(scenario: &str, programs: usize) -> Self {
        let installation = settings::of(scenario).fold(Installation::fresh(), |it, (key, value)| it.set(key, value));
        let hub = Mutex::new(Some(installation.start().await));
        Self { installation: Some(installation), hub, meeting: Barrier::new(programs) }
    }

    /// Without a hub, for a program that needs none.
    pub(crate) fn empty() -> Self {
        Self { installation: None, hub: Mutex::new(None), meeting: Barrier::new(1) }
    }

    /// Where the hub stands, as the programs are told.
    pub(crate) fn places(&self) -> String {
        let Some(installation) = &self.installation else { return "{}".to_owned() };
        let address = installation.address();
        json!({ "http": format!("http://{address}"), "ws": format!("ws://{address}") }).to_string()
    }

    /// Does what a program needs and answers it.
    pub(crate) async fn answer(&self, asked: &Value) -> Value {
        match asked["need"].as_str().expect("a need") {
            "code" => json!({ "code": self.code(asked).await }),
            "stop" => self.end(false).await,
            "kill" => {
                let _ = self.end(true).await;
                self.begin().await
            }
            "start" => self.begin().await,
            "meet" => {
                let _ = self.meeting.wait().await;
                json!({})
            }
            need => panic!("nobody knows what {need} is"),
        }
    }

    /// Sends the hub one request.
    pub(crate) async fn send(&self, request: &Request) -> Reply {
        self.installation.as_ref().expect("a hub").send(request).await
    }

    /// Ends the hub well.
    pub(crate) async fn clear(self) {
        let hub = self.hub.into_inner();
        hub.expect("the hub runs at the end of every scenario").stop().await;
    }

    /// What the hub has logged.
    pub(crate) fn log(&self) -> String {
        self.installation.as_ref().map(Installation::log).unwrap_or_default()
    }

    async fn code(&self, asked: &Value) -> String {
        let email = asked["email"].as_str().expect("an address");
        let letter = asked["letter"].as_u64().and_then(|letter| usize::try_from(letter).ok()).expect("a number");
        letters::code(self.installation.as_ref().expect("a hub"), email, letter).await
    }

    async fn end(&self, at_once: bool) -> Value {
        let hub = self.hub.lock().await.take().expect("the hub runs");
        if at_once {
            hub.kill().await;
        } else {
            hub.stop().await;
        }
        json!({})
    }

    async fn begin(&self) -> Value {
        let started = self.installation.as_ref().expect("a hub").start().await;
        let before = self.hub.lock().await.replace(started);
        assert!(before.is_none(), "the hub did not run");
        json!({})
    }
}
