//! What edge reads of a request's head before anybody is trusted.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue};
use tertulia_edge::{forwarded_for, weight_of, x_forwarded_for};

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
