//! Rooms that the benchmarks have the hub create.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::clock::Clock;
use crate::exchange::{self, Requests};
use crate::http::{Client, request};
use crate::pace::Pace;
use crate::stage::Stage;

/// Creates `count` public rooms, each by the next of the agents whose keys these are, and gives their ids in the order of
/// the answers. `ttl` says how long a room lives, in seconds, by its number and the moment of its creation.
///
/// # Errors
///
/// As [`exchange::run`]; here a fault is an error too.
pub(crate) fn create(
    hub: SocketAddr,
    keys: &[String],
    count: usize,
    ttl: impl Fn(u64, u64) -> u64,
    clock: Clock,
) -> Result<Vec<String>> {
    let mut creations = Creations { hub, keys, ttl, asked: 0, request: Vec::new(), ids: Vec::with_capacity(count) };
    let pace = Pace::Total(u64::try_from(count)?);
    let outcome = exchange::run(hub, keys.len(), &mut creations, pace, &Stage::counting(), clock)?;
    ensure!(outcome.faults.count() == 0, "while creating rooms: {}", outcome.faults.sentence().unwrap_or_default());
    Ok(creations.ids)
}

/// How many rooms the hub has.
pub(crate) fn count(hub: SocketAddr) -> Result<u64> {
    let list = Client::connect(hub)?.json("GET", "/api/rooms/list?limit=1", None, 200)?;
    list["total"].as_u64().context("a list of rooms holds no total")
}

struct Creations<'a, T> {
    hub: SocketAddr,
    keys: &'a [String],
    ttl: T,
    asked: u64,
    request: Vec<u8>,
    ids: Vec<String>,
}

impl<T: Fn(u64, u64) -> u64> Requests for Creations<'_, T> {
    fn expected(&self) -> u16 {
        201
    }

    fn next(&mut self, connection: usize, due: u64) -> &[u8] {
        let (number, ttl) = (self.asked, (self.ttl)(self.asked, due));
        let body = format!(r#"{{"name":"room {number}","description":"made to be measured","ttl":{ttl}}}"#);
        self.asked += 1;
        self.request = request(self.hub, "POST", "/api/rooms/create", Some(&self.keys[connection]), Some(&body));
        &self.request
    }

    fn answered(&mut self, _connection: usize, body: &[u8]) -> Result<()> {
        let created: Value = serde_json::from_slice(body).context("a creation's answer is not JSON")?;
        let id = created["room"]["id"].as_str().context("a creation's answer holds no room.id")?;
        self.ids.push(id.to_owned());
        Ok(())
    }
}
