//! A route that speaks over a WebSocket, and a client that spells every frame by hand.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use tertulia_core::{Clock, Ended, Flow, Frames, Outlet};
use tertulia_edge::{CloseFrame, Closing, Head, Next, Socket, SocketHandler, SocketOpener, ws};

use crate::support::{self, Hub, Peer, Room};

/// The key of RFC 6455; its answer begins with `s3pPLMBi`.
pub(crate) const ASK: &str = "GET /api/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;
pub(crate) const TEXT: u8 = 0x81;

/// Opens a socket as its query says.
pub(crate) async fn open(State(room): State<Arc<Room>>, Head(head): Head, opener: SocketOpener) -> Response {
    let mut socket = opener.open(&room.socket);
    let ended = support::Ended(room.ended.clone());
    match head.uri().query() {
        Some("condemned") => {
            socket.keep(ended);
            socket.begin_with(ws::text("sorry"));
            socket.condemn(CloseFrame::new(4401, "who are you"))
        }
        Some("forgotten") => {
            socket.keep(ended);
            let _ = socket.serve(Talker { room, wake_at: None });
            "no socket after all".into_response()
        }
        _ => {
            room.outlets.lock().unwrap().push(socket.outlet());
            socket.keep(ended);
            socket.serve(Talker { room, wake_at: None })
        }
    }
}

/// Does what it is told.
struct Talker {
    room: Arc<Room>,
    wake_at: Option<Duration>,
}

#[async_trait]
impl SocketHandler for Talker {
    async fn text(&mut self, text: &str, socket: &Socket) -> Next {
        self.room.heard.lock().unwrap().push(text.to_owned());
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "say" => say(socket, rest).await,
            "many" => {
                let (count, size) = rest.split_once(' ').unwrap();
                let filler = "x".repeat(size.parse().unwrap());
                for number in 0..count.parse::<usize>().unwrap() {
                    if socket.send(&format!("{number} {filler}")).await.is_err() {
                        break;
                    }
                }
            }
            "wait" => {
                self.room.gate.notified().await;
                say(socket, "waited").await;
            }
            "wake" => self.wake_at = Some(self.room.clock.elapsed() + Duration::from_secs(rest.parse().unwrap())),
            "client" => say(socket, &socket.client().ip().to_string()).await,
            "close" => return Next::Close(CloseFrame::new(4000, "as asked")),
            "panic" => panic!("on purpose"),
            _ => {}
        }
        Next::GoOn
    }

    fn closing(&mut self, why: Closing, last: &mut BytesMut) -> CloseFrame {
        why.usual(|ended| match ended {
            Ended::CredentialEnded => CloseFrame::new(4401, "the key was replaced"),
            Ended::AgentSuspended => {
                ws::put_text(last, "suspended");
                CloseFrame::new(4403, "suspended")
            }
            Ended::AgentDeleted | Ended::AgentQuarantined => CloseFrame::new(4401, "deleted"),
            Ended::PlaceGone | Ended::NoLongerAllowed => CloseFrame::new(4404, "the room is gone"),
        })
    }

    fn wake_at(&self) -> Option<Duration> {
        self.wake_at
    }

    async fn woken(&mut self, socket: &Socket) -> Next {
        self.wake_at = None;
        say(socket, "woken").await;
        Next::Close(CloseFrame::new(4408, "too late"))
    }
}

/// A client that has gone is no failure here.
async fn say(socket: &Socket, text: &str) {
    let _ = socket.send(text).await;
}

impl Room {
    /// Pushes one text to everybody; answers each one's flow.
    pub(crate) fn push(&self, text: &str) -> Vec<Flow> {
        let frames = Frames::new(ws::text(text));
        self.outlets.lock().unwrap().iter().map(|outlet| outlet.push(&frames)).collect()
    }
}

/// A frame of a client, masked.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(short @ 0..=125) => frame.push(0x80 | u8::try_from(short).unwrap()),
        Ok(medium) => {
            frame.push(0xFE);
            frame.extend(medium.to_be_bytes());
        }
        Err(_) => {
            frame.push(0xFF);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    let mask = [0x37, 0xFA, 0x21, 0x3D];
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

pub(crate) fn said(text: &str) -> Vec<u8> {
    masked(TEXT, text.as_bytes())
}

/// The client's end of a WebSocket.
pub(crate) struct Caller(pub(crate) Peer);

impl Hub {
    /// A client whose handshake was accepted.
    pub(crate) async fn call(&self) -> Caller {
        self.call_with(b"").await
    }

    /// As [`Hub::call`], with bytes in the same write.
    pub(crate) async fn call_with(&self, early: &[u8]) -> Caller {
        let peer = self.connect().await;
        Caller::shake(peer, ASK, early).await
    }

    /// As [`Hub::call`]; its own receive buffer is as small as the system allows.
    pub(crate) async fn call_small(&self) -> Caller {
        let peer = self.connect_small().await;
        Caller::shake(peer, ASK, b"").await
    }
}

impl Caller {
    pub(crate) async fn shake(mut peer: Peer, ask: &str, early: &[u8]) -> Self {
        peer.send_bytes(&[ask.as_bytes(), early].concat()).await;
        let head = peer.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        Self(peer)
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.send_bytes(bytes).await;
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(&said(text)).await;
    }

    /// The next frame: its first byte and its payload.
    pub(crate) async fn frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.0.exactly(2).await;
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.0.exactly(2).await.try_into().unwrap())),
            127 => u64::from_be_bytes(self.0.exactly(8).await.try_into().unwrap()),
            short => {
                assert!(short < 126, "a mask");
                u64::from(short)
            }
        };
        (head[0], self.0.exactly(usize::try_from(length).unwrap()).await)
    }

    pub(crate) async fn text(&mut self) -> String {
        let (first, payload) = self.frame().await;
        assert_eq!(first, TEXT, "{payload:?}");
        String::from_utf8(payload).unwrap()
    }

    /// The close frame that comes next: its code and reason. It is answered.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        let closed = self.close_frame().await;
        self.send(&masked(CLOSE, &closed.0.to_be_bytes())).await;
        closed
    }

    /// As [`Caller::closed`], without an answer.
    pub(crate) async fn close_frame(&mut self) -> (u16, String) {
        let (first, payload) = self.frame().await;
        assert_eq!(first, CLOSE, "{:?}", String::from_utf8_lossy(&payload));
        let code = u16::from_be_bytes(payload[..2].try_into().unwrap());
        (code, String::from_utf8(payload[2..].to_vec()).unwrap())
    }

    /// The connection ends, and nothing comes before.
    pub(crate) async fn ends(&mut self) {
        assert_eq!(self.0.rest().await, b"");
    }
}

/// What is pushed as bytes.
pub(crate) fn frames(texts: &[&str]) -> Bytes {
    let mut out = BytesMut::new();
    for text in texts {
        ws::put_text(&mut out, text);
    }
    out.freeze()
}
