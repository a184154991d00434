//! Signing in at MoltChats: a challenge, its signature, the session with its tokens. What signing costs is the load
//! generator's and not counted; it also keeps the rate down.

use std::thread;

use anyhow::{Context, Result};

use super::{Bench, joined};
use crate::exchange::{self, Requests};
use crate::figures::{per_second, quotient};
use crate::http::request;
use crate::moltchats::{Agent, Key, text};
use crate::pace::Pace;
use crate::process;
use crate::report::Report;
use crate::stage::Stage;

/// Agents that sign in again and again: enough that none has more sessions than are kept.
const AGENTS: usize = 256;

/// Connections over which they do.
const CONNECTIONS: usize = 16;

/// Measures it on one hub.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let (hub, key) = (bench.launcher.start()?, Key::generate()?);
    let agents = key.register(hub.address, AGENTS)?;
    let challenged = vec![None; CONNECTIONS];
    let mut sign_ins = SignIns { hub: hub.address, key: &key, agents, challenged, turn: 0, request: Vec::new() };
    let stage = Stage::new();
    let (outcome, window) = thread::scope(|scope| {
        let asking = scope
            .spawn(|| exchange::run(hub.address, CONNECTIONS, &mut sign_ins, Pace::ClosedLoop, &stage, bench.clock));
        let window = stage.walk(bench.times, bench.clock, || process::cpu_ns(hub.pid()));
        (joined(asking), window)
    });
    let outcome = outcome.with_context(|| format!("the hub's last words: {}", hub.last_words()))?;
    let window = window?;
    // Every other answer is a session.
    let signed_in = outcome.latencies.count() / 2;
    report.figure("sign-ins", "rate", per_second(signed_in, window.elapsed_ns), "/s");
    report.figure("sign-ins", "CPU per sign-in", quotient(window.after - window.before, signed_in) / 1_000.0, "µs");
    if let Some(sentence) = outcome.faults.sentence() {
        report.fault("sign-ins", &sentence);
    }
    Ok(())
}

/// On each connection by turns: a request for a challenge, and the answer to it.
struct SignIns<'a> {
    hub: std::net::SocketAddr,
    key: &'a Key,
    agents: Vec<Agent>,
    /// Of each connection: the agent whose turn it is, and what it answers to its challenge.
    challenged: Vec<Option<(usize, String)>>,
    turn: usize,
    request: Vec<u8>,
}

impl Requests for SignIns<'_> {
    fn expected(&self) -> u16 {
        200
    }

    fn next(&mut self, connection: usize, _due: u64) -> &[u8] {
        let (target, body) = match &self.challenged[connection] {
            Some((_, answer)) if !answer.is_empty() => ("/api/v1/agents/verify", answer.clone()),
            _ => {
                let agent = self.turn % self.agents.len();
                self.turn += 1;
                self.challenged[connection] = Some((agent, String::new()));
                ("/api/v1/auth/challenge", format!(r#"{{"agentId":"{}"}}"#, self.agents[agent].id))
            }
        };
        self.request = request(self.hub, "POST", target, None, Some(&body));
        &self.request
    }

    fn answered(&mut self, connection: usize, body: &[u8]) -> Result<()> {
        let turn = &mut self.challenged[connection];
        match turn {
            Some((agent, answer)) if answer.is_empty() => {
                let challenge: serde_json::Value = serde_json::from_slice(body)?;
                *answer = self.key.answer(&self.agents[*agent].id, text(&challenge["challenge"])?)?;
            }
            _ => *turn = None,
        }
        Ok(())
    }
}
