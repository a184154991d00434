//! Agents that post: their registration, and their posts as prepared bytes.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};

use crate::clock::Clock;
use crate::exchange::{self, Outcome, Requests};
use crate::http::{Client, request};
use crate::pace::Pace;
use crate::stage::Stage;

/// Content of every message: the variable part in front, each unlike all others, then words up to a usual length.
pub(crate) const CONTENT: &str = "0000000000000000 s0000 n00000000 the build is green, who takes the next one?";

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

/// The beginning of a request that posts into a room, up to the room's id.
const INTO_ROOM: &str = "POST /api/rooms/";

/// An id in the place of a room's.
const NO_ROOM: &str = "00000000-0000-0000-0000-000000000000";

/// Posts by some agents, a prepared request for each.
#[derive(Debug)]
pub(crate) struct Posts {
    requests: Vec<Vec<u8>>,
    content_at: Vec<usize>,
    number: usize,
    place: Place,
}

/// Where posts go, and by whom.
#[derive(Debug)]
enum Place {
    /// To one place, one agent a connection.
    One,
    /// To one room after the other, so many agents in each by turns.
    Rooms { ids: Vec<String>, members: usize },
    /// To one room after the other, each with its one author.
    Turns(Vec<(String, usize)>),
}

impl Posts {
    /// Posts to the lobby by the agents whose keys these are, one a connection.
    pub(crate) fn new(hub: SocketAddr, keys: &[String]) -> Self {
        Self::to(hub, keys, "/api/messages", Place::One)
    }

    /// Posts to a MoltChats channel by the agents whose tokens these are, one a connection.
    pub(crate) fn to_channel(hub: SocketAddr, tokens: &[String], channel: &str) -> Self {
        Self::to(hub, tokens, &format!("/api/v1/channels/{channel}/messages"), Place::One)
    }

    /// Posts to one of `rooms` after the other, on whichever connection. In each of them `members` of the agents whose
    /// keys these are take turns: after as many posts a room has them all, and from then on nobody joins.
    pub(crate) fn to_rooms(hub: SocketAddr, keys: &[String], rooms: &[String], members: usize) -> Self {
        let place = Place::Rooms { ids: rooms.to_vec(), members };
        Self::to(hub, keys, &format!("/api/rooms/{NO_ROOM}/messages"), place)
    }

    /// Posts to `rooms` that were filled by [`Posts::to_rooms`] with one member each, `at_once` of them at a time: each by
    /// its member, so that nobody joins, and each room `stride` further than the one before.
    pub(crate) fn by_first_members(
        hub: SocketAddr,
        keys: &[String],
        rooms: &[String],
        at_once: usize,
        stride: usize,
    ) -> Self {
        let turns = (0..rooms.len()).map(|place| place * stride % rooms.len());
        let turns = turns.map(|place| (rooms[place].clone(), place % at_once % keys.len())).collect();
        Self::to(hub, keys, &format!("/api/rooms/{NO_ROOM}/messages"), Place::Turns(turns))
    }

    fn to(hub: SocketAddr, keys: &[String], target: &str, place: Place) -> Self {
        let body = format!(r#"{{"content":"{CONTENT}"}}"#);
        let requests: Vec<_> = keys.iter().map(|key| request(hub, "POST", target, Some(key), Some(&body))).collect();
        let from_end = CONTENT.len() + r#""}"#.len();
        let content_at = requests.iter().map(|bytes| bytes.len() - from_end).collect();
        Self { requests, content_at, number: 0, place }
    }

    /// Posts `count` messages over `connections` connections as fast as they are accepted.
    ///
    /// # Errors
    ///
    /// As [`exchange::run`]; here a fault is an error too.
    pub(crate) fn fill(&mut self, hub: SocketAddr, connections: usize, count: u64, clock: Clock) -> Result<Outcome> {
        let outcome = exchange::run(hub, connections, self, Pace::Total(count), &Stage::counting(), clock)?;
        ensure!(
            outcome.faults.count() == 0,
            "while filling the hub: {}",
            outcome.faults.sentence().unwrap_or_default()
        );
        Ok(outcome)
    }

    /// The agent whose turn it is, its request made out to the place whose turn it is.
    fn author(&mut self, connection: usize) -> usize {
        let (room, author) = match &self.place {
            Place::One => return connection,
            Place::Rooms { ids, members } => {
                let (room, round) = (self.number % ids.len(), self.number / ids.len());
                (&ids[room], (room + round % members) % self.requests.len())
            }
            Place::Turns(turns) => {
                let (room, author) = &turns[self.number % turns.len()];
                (room, *author)
            }
        };
        self.requests[author][INTO_ROOM.len()..][..NO_ROOM.len()].copy_from_slice(room.as_bytes());
        author
    }
}

impl Requests for Posts {
    fn expected(&self) -> u16 {
        201
    }

    fn next(&mut self, connection: usize, due: u64) -> &[u8] {
        let author = self.author(connection);
        let request = &mut self.requests[author];
        let content = &mut request[self.content_at[author]..];
        write_hexadecimal(&mut content[..STAMP_DIGITS], due);
        write_hexadecimal(&mut content[SENDER], u64::try_from(author).unwrap_or(u64::MAX));
        write_hexadecimal(&mut content[NUMBER], u64::try_from(self.number).unwrap_or(u64::MAX));
        self.number += 1;
        request
    }
}

/// Writes the lowest digits of `value` over the whole of `digits`.
pub(crate) fn write_hexadecimal(digits: &mut [u8], mut value: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[usize::try_from(value & 15).expect("four bits fit into any usize")];
        value >>= 4;
    }
}

/// Posts `count` messages to the lobby as fast as they are accepted, by the agents whose keys these are.
///
/// # Errors
///
/// As [`Posts::fill`].
pub(crate) fn fill(hub: SocketAddr, keys: &[String], count: u64, clock: Clock) -> Result<Outcome> {
    Posts::new(hub, keys).fill(hub, keys.len(), count, clock)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    const KEYS: [&str; 3] = ["chatr_a", "chatr_b", "chatr_c"];

    fn hub() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 1))
    }

    fn keys() -> Vec<String> {
        KEYS.map(str::to_owned).to_vec()
    }

    #[test]
    fn every_post_is_valid_json_with_a_content_of_its_own() {
        let mut posts = Posts::new(hub(), &keys());
        let mut contents = HashSet::new();
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

    #[test]
    fn rooms_take_turns_and_in_each_its_members() {
        let rooms = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
        let rooms = rooms.map(str::to_owned);
        let mut posts = Posts::to_rooms(hub(), &keys(), &rooms, 2);
        let mut authors: HashMap<String, Vec<String>> = HashMap::new();
        for _ in 0..8 {
            let text = String::from_utf8(posts.next(0, 0).to_vec()).unwrap();
            let room = text.strip_prefix(INTO_ROOM).unwrap().split('/').next().unwrap().to_owned();
            let author = KEYS.into_iter().find(|key| text.contains(key)).unwrap();
            authors.entry(room).or_default().push(author.to_owned());
        }
        assert_eq!(authors[&rooms[0]], ["chatr_a", "chatr_b", "chatr_a", "chatr_b"]);
        assert_eq!(authors[&rooms[1]], ["chatr_b", "chatr_c", "chatr_b", "chatr_c"]);
    }
}
