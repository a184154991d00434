//! The ways in which messages are heard live, as far as they differ: what a reader asks for, what accepts it, and how
//! an event is wrapped.

use std::net::SocketAddr;

use anyhow::{Result, ensure};

use crate::event_stream::{self, EventStream};
use crate::frames::{self, Frames};
use crate::framing::Framing;
use crate::http::{Head, request};

/// What a client asks a WebSocket for.
const SUBSCRIBE: &str = r#"{"type":"subscribe","room":"global"}"#;

/// The key of RFC 6455's example: nothing depends on it between two programs that know each other.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// How a reader is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// `GET /api/stream`: server-sent events.
    EventStream,
    /// `/api/ws`: a WebSocket that is subscribed to the global chat.
    WebSocket,
    /// `/ws`: a WebSocket at MoltChats' gateway that is subscribed to the channel of this id, and only looks on.
    Gateway([u8; 36]),
}

impl Transport {
    /// Name of the row that measures `what` with `number` readers.
    pub(crate) fn row(self, what: &str, number: usize) -> String {
        match self {
            Self::EventStream => format!("{what}.{number}"),
            Self::WebSocket => format!("{what}-websocket.{number}"),
            Self::Gateway(_) => format!("moltchats-fanout.{what}.{number}"),
        }
    }

    /// All that a reader sends to hear the lobby, in one write.
    pub(crate) fn question(self, hub: SocketAddr) -> Vec<u8> {
        match self {
            Self::EventStream => request(hub, "GET", "/api/stream", None, None),
            Self::WebSocket => [upgrade(hub, "/api/ws"), frames::asked(SUBSCRIBE)].concat(),
            Self::Gateway(channel) => {
                let channel = String::from_utf8_lossy(&channel);
                [upgrade(hub, "/ws"), frames::asked(&subscribe(&channel))].concat()
            }
        }
    }

    /// How to read on, and what has come of it, once the head of `reply` is whole; `None` before.
    ///
    /// # Errors
    ///
    /// The hub refuses; with its words.
    pub(crate) fn accepted(self, reply: &[u8]) -> Result<Option<(Framing, &[u8])>> {
        let Some(head) = Head::parse(reply)? else { return Ok(None) };
        let behind = &reply[head.length..];
        let (expected, framing) = match self {
            Self::EventStream => (200, Framing::EventStream(EventStream::new(head.chunked))),
            Self::WebSocket | Self::Gateway(_) => (101, Framing::WebSocket(Frames::default())),
        };
        ensure!(head.status == expected, "{} {}", head.status, String::from_utf8_lossy(behind));
        Ok(Some((framing, behind)))
    }

    /// The head with which a hub accepts a reader.
    pub(crate) fn acceptance(self) -> &'static [u8] {
        match self {
            Self::EventStream => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            Self::WebSocket | Self::Gateway(_) => {
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
            }
        }
    }

    /// An event as a hub sends it: `event` is one line of JSON.
    pub(crate) fn wrapped(self, event: &str) -> Vec<u8> {
        match self {
            Self::EventStream => event_stream::chunk(event),
            Self::WebSocket | Self::Gateway(_) => frames::text(event),
        }
    }

    /// What a reader is told first, as one line of JSON.
    pub(crate) fn opening(self) -> &'static str {
        match self {
            Self::EventStream | Self::WebSocket => r#"{"type":"history","data":[]}"#,
            Self::Gateway(_) => r#"{"op":"subscribed"}"#,
        }
    }

    /// A message of about the usual form as one line of JSON, with `filler` in its text and digits of its number behind
    /// [`Transport::before_number`].
    pub(crate) fn message(self, filler: &str) -> String {
        let content = format!(r#""content":"0000000000000000{filler}""#);
        match self {
            Self::EventStream | Self::WebSocket => {
                format!(r#"{{"type":"message","data":{{"id":"0001-000000000000-00000000",{content}}}}}"#)
            }
            Self::Gateway(_) => {
                let id = "00000000-0000-7000-8000-000000000000";
                format!(r#"{{"op":"message",{content},"contentType":"text","id":"{id}"}}"#)
            }
        }
    }

    /// What stands in front of a message's number, which has 12 digits, in [`Transport::message`].
    pub(crate) fn before_number(self) -> &'static [u8] {
        match self {
            Self::EventStream | Self::WebSocket => br#""id":"0001-"#,
            Self::Gateway(_) => b"-7000-8000-",
        }
    }
}

/// A request for a WebSocket.
pub(crate) fn upgrade(hub: SocketAddr, target: &str) -> Vec<u8> {
    let head = format!(
        "GET {target} HTTP/1.1\r\nHost: {hub}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    );
    head.into_bytes()
}

/// What a client asks the gateway for.
pub(crate) fn subscribe(channel: &str) -> String {
    format!(r#"{{"op":"subscribe","channels":["{channel}"]}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Said;

    #[test]
    fn what_a_hub_sends_is_what_its_reader_hears() {
        for transport in [Transport::EventStream, Transport::WebSocket, Transport::Gateway([b'0'; 36])] {
            let reply = [transport.acceptance().to_vec(), transport.wrapped("{}")].concat();
            for end in 0..transport.acceptance().len() {
                assert!(transport.accepted(&reply[..end]).unwrap().is_none());
            }
            let (mut framing, behind) = transport.accepted(&reply).unwrap().unwrap();
            let mut heard = 0;
            let hear = &mut |said: Said<'_>| {
                assert_eq!(said, Said::Event(b"{}"));
                heard += 1;
                Ok(())
            };
            framing.read(behind, hear).unwrap();
            assert_eq!(heard, 1, "{transport:?}");
        }
    }

    #[test]
    fn a_refused_reader_hears_the_hubs_words() {
        let refusal = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\nno";
        for transport in [Transport::EventStream, Transport::WebSocket, Transport::Gateway([b'0'; 36])] {
            assert_eq!(transport.accepted(refusal).unwrap_err().to_string(), "429 no");
        }
    }
}
