//! What edge reads before anybody is trusted: of a request's head, and of a WebSocket.

use std::{net::IpAddr, slice::from_ref};

use http::{HeaderMap, HeaderValue};
use tertulia_edge::{
    forwarded_for, weight_of,
    ws::{Fault, FrameReader, Received},
    x_forwarded_for,
};

/// Forwarding headers: every element is an address or nothing, and an address that is printed is read again.
///
/// # Panics
///
/// When a property is broken.
pub fn forwarding(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for hop in forwarded_for(text).into_iter().chain(x_forwarded_for(text)).flatten() {
        assert_eq!(x_forwarded_for(&hop.to_string()), [Some(hop)]);
        let quoted = match hop {
            IpAddr::V4(address) => format!("for={address}"),
            IpAddr::V6(address) => format!("for=\"[{address}]\""),
        };
        assert_eq!(forwarded_for(&quoted), [Some(hop)]);
    }
}

/// Lists of preferences: a weight is never outside 0 to 1.
///
/// # Panics
///
/// When a property is broken.
pub fn preferences(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(http::header::ACCEPT, value);
    let Some(Ok(list)) = headers.get(http::header::ACCEPT).map(HeaderValue::to_str) else { return };
    for meant in ["text/html", "zh", "*"] {
        let weight = weight_of(list, |range| range.eq_ignore_ascii_case(meant));
        assert!((0.0..=1.0).contains(&weight), "{weight}");
    }
}

/// Longest message that is taken here.
const LONGEST: usize = 1_000;

/// Frames of a WebSocket: it makes no difference in which pieces they come, and no message is longer than it may be.
///
/// # Panics
///
/// When a property is broken.
pub fn frames(data: &[u8]) {
    let whole = read(&[data]);
    let bytes: Vec<&[u8]> = data.iter().map(from_ref).collect();
    assert_eq!(read(&bytes), whole);
    for received in &whole.0 {
        let length = match received {
            Received::Text(text) => text.len(),
            Received::Binary(bytes) => bytes.len(),
            Received::Ping(payload) => payload.len() + LONGEST - 125,
            Received::Part | Received::Pong | Received::Close(_) => 0,
        };
        assert!(length <= LONGEST, "{length}");
    }
}

/// Everything up to the first fault.
fn read(pieces: &[&[u8]]) -> (Vec<Received>, Option<Fault>) {
    let mut reader = FrameReader::new(LONGEST, Vec::new().into());
    let mut all = Vec::new();
    for piece in pieces {
        reader.feed(piece);
        loop {
            match reader.next() {
                Ok(Some(received)) => all.push(received),
                Ok(None) => break,
                Err(fault) => return (all, Some(fault)),
            }
        }
    }
    (all, None)
}
