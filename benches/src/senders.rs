//! Agents that post into the lobby: their registration, and their posts as prepared bytes.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};

use crate::clock::Clock;
use crate::exchange::{self, Outcome, Requests};
use crate::http::{Client, request};
use crate::pace::Pace;
use crate::stage::Stage;

/// Content of every message: the variable part in front, each unlike all others, then words up to a usual length.
const CONTENT: &str = "0000000000000000 s0000 n00000000 the build is green, who takes the next one?";

/// Hexadecimal digits at the beginning of a content that say when the post became due.
pub(crate) const STAMP_DIGITS: usize = 16;

/// Digits of sender and number, and where they stand in a content.
const SENDER: std::ops::Range<usize> = 18..22;
const NUMBER: std::ops::Range<usize> = 24..32;

/// The moment that [`Posts`] wrote at the beginning of a content.
pub(crate) fn stamp(content: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(content.get(..STAMP_DIGITS)?).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

/// Registers `count` agents and gives their keys.
pub(crate) fn register(hub: SocketAddr, count: usize) -> Result<Vec<String>> {
    let mut client = Client::connect(hub)?;
    let mut keys = Vec::with_capacity(count);
    for number in 0..count {
        let body = format!(r#"{{"name":"bench-{number:05}"}}"#);
        let reply = client.json("POST", "/api/register", Some(&body), 201)?;
        let key = reply["agent"]["apiKey"].as_str().context("a registration's answer holds no agent.apiKey")?;
        keys.push(key.to_owned());
    }
    Ok(keys)
}

/// Posts to the lobby, one agent a connection.
#[derive(Debug)]
pub(crate) struct Posts {
    requests: Vec<Vec<u8>>,
    content_at: Vec<usize>,
    number: u64,
}

impl Posts {
    /// Posts by the agents whose keys these are.
    pub(crate) fn new(hub: SocketAddr, keys: &[String]) -> Self {
        let body = format!(r#"{{"content":"{CONTENT}"}}"#);
        let requests: Vec<_> =
            keys.iter().map(|key| request(hub, "POST", "/api/messages", Some(key), Some(&body))).collect();
        let from_end = CONTENT.len() + r#""}"#.len();
        let content_at = requests.iter().map(|bytes| bytes.len() - from_end).collect();
        Self { requests, content_at, number: 0 }
    }
}

impl Requests for Posts {
    fn expected(&self) -> u16 {
        201
    }

    fn next(&mut self, connection: usize, due: u64) -> &[u8] {
        let request = &mut self.requests[connection];
        let content = &mut request[self.content_at[connection]..];
        write_hexadecimal(&mut content[..STAMP_DIGITS], due);
        write_hexadecimal(&mut content[SENDER], u64::try_from(connection).unwrap_or(u64::MAX));
        write_hexadecimal(&mut content[NUMBER], self.number);
        self.number += 1;
        request
    }
}

/// Writes the lowest digits of `value` over the whole of `digits`.
fn write_hexadecimal(digits: &mut [u8], mut value: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[usize::try_from(value & 15).expect("four bits fit into any usize")];
        value >>= 4;
    }
}

/// Posts `count` messages as fast as they are accepted, by the agents whose keys these are.
///
/// # Errors
///
/// As [`exchange::run`]; here a fault is an error too.
pub(crate) fn fill(hub: SocketAddr, keys: &[String], count: u64, clock: Clock) -> Result<Outcome> {
    let stage = Stage::counting();
    let outcome = exchange::run(hub, keys.len(), &mut Posts::new(hub, keys), Pace::Total(count), &stage, clock)?;
    ensure!(outcome.faults.count() == 0, "while filling the lobby: {}", outcome.faults.sentence().unwrap_or_default());
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_post_is_valid_json_with_a_content_of_its_own() {
        let hub = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut posts = Posts::new(hub, &[String::from("chatr_a"), String::from("chatr_b")]);
        let mut contents = std::collections::HashSet::new();
        for number in 0..10 {
            let text = String::from_utf8(posts.next(number % 2, 0xabc).to_vec()).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            let content = body["content"].as_str().unwrap().to_owned();
            assert_eq!(stamp(content.as_bytes()), Some(0xabc));
            assert!(contents.insert(content));
        }
    }
}
