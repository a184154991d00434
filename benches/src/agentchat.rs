//! AgentChat's side of a hub: agents who talk, groups, and letters as prepared bytes.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::exchange::{self, Outcome, Requests};
use crate::http::{Client, request};
use crate::pace::Pace;
use crate::senders::{CONTENT, STAMP_DIGITS, register, write_hexadecimal};
use crate::stage::Stage;

/// What a sender calls its message: unlike all others.
const KEY: &str = "n00000000";

/// What stands between the key and the text, and behind the text.
const BETWEEN: &str = r#"","content":{"text":""#;
const BEHIND: &str = r#""}}"#;

/// Members that are invited when a group is created, at the most.
const MOST_INVITED: usize = 255;

/// An agent with a key of this surface.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    /// Its handle.
    pub(crate) handle: String,
    /// Its key.
    pub(crate) key: String,
}

/// Registers `count` agents, and gives each a key of this surface.
pub(crate) fn agents(hub: SocketAddr, count: usize) -> Result<Vec<Agent>> {
    let keys = register(hub, count)?;
    let mut client = Client::connect(hub)?;
    let mut agents = Vec::with_capacity(count);
    for (number, key) in keys.iter().enumerate() {
        let issued = client.json_as(Some(key), "POST", "/api/me/credentials", Some(r#"{"kind":"ac_live"}"#), 201)?;
        agents.push(Agent { handle: format!("bench-{number:05}"), key: text(&issued["apiKey"])? });
    }
    Ok(agents)
}

/// Lets two agents have written to each other, and fetched it, so that either may write on.
pub(crate) fn acquaint(client: &mut Client, one: &Agent, other: &Agent) -> Result<()> {
    for (from, to) in [(one, other), (other, one)] {
        let body =
            json!({ "to": to.handle, "client_msg_id": format!("to {}", to.handle), "content": { "text": "hi" } });
        client.json_as(Some(&from.key), "POST", "/v1/messages", Some(&body.to_string()), 201)?;
    }
    for agent in [one, other] {
        take_all(client, agent)?;
    }
    Ok(())
}

/// Acknowledges everything that waits; how much that was.
pub(crate) fn take_all(client: &mut Client, agent: &Agent) -> Result<u64> {
    let mut taken = 0;
    loop {
        let page = client.json_as(Some(&agent.key), "GET", "/v1/messages/sync?limit=500", None, 200)?;
        let Some(last) = page.as_array().and_then(|rows| rows.last()) else { return Ok(taken) };
        let body = json!({ "last_delivery_id": last["delivery_id"] }).to_string();
        let acked = client.json_as(Some(&agent.key), "POST", "/v1/messages/sync/ack", Some(&body), 200)?;
        taken += acked["acked"].as_u64().context("an answer without `acked`")?;
    }
}

/// A group of all these, who are at most 256; its id.
pub(crate) fn group(hub: SocketAddr, agents: &[Agent]) -> Result<String> {
    let (creator, others) = agents.split_first().context("a group needs a creator")?;
    ensure!(others.len() <= MOST_INVITED, "a group of {} has too many members", agents.len());
    let mut client = Client::connect(hub)?;
    let handles: Vec<_> = others.iter().map(|agent| &*agent.handle).collect();
    let body = json!({ "name": "a group", "member_handles": handles }).to_string();
    let created = client.json_as(Some(&creator.key), "POST", "/v1/groups", Some(&body), 201)?;
    let invited = created["add_results"].as_array().context("a group without invitations")?;
    ensure!(invited.len() == others.len(), "{} of {} are invited", invited.len(), others.len());
    for (agent, invited) in others.iter().zip(invited) {
        let target = format!("/v1/groups/invites/{}/accept", text(&invited["invite_id"])?);
        client.json_as(Some(&agent.key), "POST", &target, Some("{}"), 200)?;
    }
    text(&created["group"]["id"])
}

/// To whom a letter goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum To<'a> {
    Agent(&'a Agent),
    Group(&'a str),
}

/// Letters: each agent writes to its recipient, one after the other, on whichever connection is free.
#[derive(Debug)]
pub(crate) struct Letters {
    requests: Vec<Vec<u8>>,
    number: usize,
}

impl Letters {
    /// Letters of these authors.
    pub(crate) fn new<'a>(hub: SocketAddr, routes: impl IntoIterator<Item = (&'a Agent, To<'a>)>) -> Self {
        let letter = |(from, to): (&Agent, To<'_>)| {
            let to = match to {
                To::Agent(agent) => format!(r#""to":"{}""#, agent.handle),
                To::Group(id) => format!(r#""conversation_id":"{id}""#),
            };
            let body = format!(r#"{{{to},"client_msg_id":"{KEY}{BETWEEN}{CONTENT}{BEHIND}"#);
            request(hub, "POST", "/v1/messages", Some(&from.key), Some(&body))
        };
        Self { requests: routes.into_iter().map(letter).collect(), number: 0 }
    }

    /// Sends `count` of them over `connections` connections as fast as they are accepted.
    ///
    /// # Errors
    ///
    /// As [`exchange::run`]; here a fault is an error too.
    pub(crate) fn fill(&mut self, hub: SocketAddr, connections: usize, count: u64, clock: Clock) -> Result<Outcome> {
        let outcome = exchange::run(hub, connections, self, Pace::Total(count), &Stage::counting(), clock)?;
        let sentence = outcome.faults.sentence();
        ensure!(sentence.is_none(), "while filling the hub: {}", sentence.unwrap_or_default());
        Ok(outcome)
    }
}

impl Requests for Letters {
    fn expected(&self) -> u16 {
        201
    }

    fn next(&mut self, _connection: usize, due: u64) -> &[u8] {
        let turn = self.number % self.requests.len();
        let request = &mut self.requests[turn];
        let content_at = request.len() - BEHIND.len() - CONTENT.len();
        let key_at = content_at - BETWEEN.len() - KEY.len();
        let number = u64::try_from(self.number).unwrap_or(u64::MAX);
        write_hexadecimal(&mut request[key_at + 1..key_at + KEY.len()], number);
        write_hexadecimal(&mut request[content_at..content_at + STAMP_DIGITS], due);
        self.number += 1;
        request
    }
}

/// A member of an answer that is a text.
fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("an answer lacks a text that it should hold")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::senders::stamp;

    #[test]
    fn every_letter_is_valid_json_with_a_key_of_its_own() {
        let hub = SocketAddr::from(([127, 0, 0, 1], 1));
        let [one, other] = ["one", "other"].map(|name| Agent { handle: name.to_owned(), key: format!("key {name}") });
        let mut letters = Letters::new(hub, [(&one, To::Agent(&other)), (&other, To::Group("grp_x"))]);
        let mut keys = HashSet::new();
        for number in 0..10 {
            let text = String::from_utf8(letters.next(0, 0xabc).to_vec()).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
            let body: Value = serde_json::from_str(body).unwrap();
            let (key, place) = if number % 2 == 0 {
                ("key one", ("to", "other"))
            } else {
                ("key other", ("conversation_id", "grp_x"))
            };
            assert!(head.contains(key) && body[place.0] == place.1, "{head} {body}");
            assert_eq!(stamp(body["content"]["text"].as_str().unwrap().as_bytes()), Some(0xabc));
            assert!(keys.insert(body["client_msg_id"].as_str().unwrap().to_owned()));
        }
    }
}
