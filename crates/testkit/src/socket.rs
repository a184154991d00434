//! Speaking over a WebSocket as a client does. Frames are read and written by somebody else's engine, so that a mistake
//! of the hub's own is not made twice.

use std::io::{self, Read, Write};

use serde_json::Value;
use tungstenite::{
    Error, Message,
    protocol::{CloseFrame, Role, WebSocketContext},
};

use crate::{
    http::{Connection, Request},
    reply::Reply,
};

/// A key, and what answers it: those of RFC 6455.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// What comes next on a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping; it has been answered.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// The hub closes, or answers our close frame; it has been answered.
    Close {
        /// The code, if there is one.
        code: Option<u16>,
        /// The reason.
        reason: String,
    },
    /// The connection has ended.
    End,
}

/// An open WebSocket. A test that stops the hub reads it to its end before, or drops it: the hub waits a little for the
/// answer to its close frame.
#[derive(Debug)]
pub struct WebSocket {
    connection: Connection,
    headers: Vec<(String, String)>,
    engine: WebSocketContext,
    pipe: Pipe,
    received: Vec<u8>,
    is_mute: bool,
}

impl WebSocket {
    /// Asks for the socket with `request`, to which the headers of the handshake are added.
    ///
    /// # Errors
    ///
    /// The answer, if it does not accept.
    ///
    /// # Panics
    ///
    /// If the handshake is answered wrongly.
    pub async fn open(connection: Connection, request: Request) -> Result<Self, Reply> {
        Self::open_with(connection, request, &[]).await
    }

    /// As [`WebSocket::open`], with `texts` sent in the same write as the handshake.
    ///
    /// # Errors
    ///
    /// The answer, if it does not accept.
    ///
    /// # Panics
    ///
    /// If the handshake is answered wrongly.
    pub async fn open_with(mut connection: Connection, request: Request, texts: &[&str]) -> Result<Self, Reply> {
        let (mut engine, mut pipe) = (WebSocketContext::new(Role::Client, None), Pipe::default());
        for text in texts {
            engine.write(&mut pipe, Message::text(*text)).expect("a message that can be sent");
        }
        engine.flush(&mut pipe).expect("a message that can be sent");
        connection.send_with(&upgrading(request), &std::mem::take(&mut pipe.outbound)).await;
        let (status, headers) = connection.read_head().await;
        if status != 101 {
            return Err(connection.read_body(status, headers).await);
        }
        let socket = Self { connection, headers, engine, pipe, received: Vec::new(), is_mute: false };
        for (name, value) in [("upgrade", "websocket"), ("connection", "upgrade"), ("sec-websocket-accept", ACCEPT)] {
            assert_eq!(socket.header(name), Some(value), "{name}");
        }
        assert_eq!(socket.header("sec-websocket-extensions"), None, "nothing was offered");
        Ok(socket)
    }

    /// A header of the answer.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// From now on neither pings nor close frames are answered.
    pub fn keep_mute(&mut self) {
        self.is_mute = true;
    }

    /// Sends a text message.
    pub async fn send(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    /// Sends a ping.
    pub async fn ping(&mut self, payload: &[u8]) {
        self.send_message(Message::Ping(payload.to_vec().into())).await;
    }

    /// Sends a binary message.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.send_message(Message::binary(bytes.to_vec())).await;
    }

    /// Sends bytes as they are, whatever they mean.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        self.connection.send_bytes(bytes).await;
    }

    /// Sends a close frame.
    pub async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.send_message(Message::Close(Some(frame))).await;
    }

    /// What comes next.
    ///
    /// # Panics
    ///
    /// If it is against the protocol.
    pub async fn next(&mut self) -> Frame {
        loop {
            let read = self.engine.read(&mut self.pipe);
            self.answer().await;
            match read {
                Ok(message) => return message.into(),
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    let Some(bytes) = self.connection.read_some().await else { return Frame::End };
                    self.received.extend_from_slice(&bytes);
                    self.pipe.inbound.extend_from_slice(&bytes);
                }
                Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Frame::End,
                Err(error) => panic!("the hub broke the protocol: {error}"),
            }
        }
    }

    /// The next text message; pings and pongs are passed over.
    ///
    /// # Panics
    ///
    /// If anything else comes.
    pub async fn next_text(&mut self) -> String {
        loop {
            match self.next().await {
                Frame::Text(text) => return text,
                Frame::Ping(_) | Frame::Pong(_) => {}
                other @ (Frame::Binary(_) | Frame::Close { .. } | Frame::End) => {
                    panic!("{other:?} came instead of a text")
                }
            }
        }
    }

    /// The next text message as JSON.
    ///
    /// # Panics
    ///
    /// If anything else comes.
    pub async fn next_json(&mut self) -> Value {
        let text = self.next_text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text} is not JSON: {error}"))
    }

    /// The next text message whose JSON has this `type`; others are passed over.
    ///
    /// # Panics
    ///
    /// If anything but texts comes before.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let json = self.next_json().await;
            if json["type"] == kind {
                return json;
            }
        }
    }

    /// Waits until the hub closes and the connection has ended; the code and the reason. Messages that still come are
    /// passed over.
    ///
    /// # Panics
    ///
    /// If the connection ends without a close frame.
    pub async fn closed(mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Frame::Close { code, reason } => {
                    while self.next().await != Frame::End {}
                    return (code.expect("a close code"), reason);
                }
                Frame::End => panic!("the connection ended without a close frame"),
                Frame::Text(_) | Frame::Binary(_) | Frame::Ping(_) | Frame::Pong(_) => {}
            }
        }
    }

    /// All bytes received since the handshake.
    #[must_use]
    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// Reads nothing more, and keeps the connection.
    #[must_use]
    pub fn stop_reading(self) -> Connection {
        self.connection
    }

    async fn send_message(&mut self, message: Message) {
        self.engine.write(&mut self.pipe, message).expect("a message that can be sent");
        self.engine.flush(&mut self.pipe).expect("a message that can be sent");
        let out = std::mem::take(&mut self.pipe.outbound);
        self.connection.send_bytes(&out).await;
    }

    /// Sends what the engine answers by itself.
    async fn answer(&mut self) {
        // It fails when the connection is over, which reading says better.
        let _ = self.engine.flush(&mut self.pipe);
        let out = std::mem::take(&mut self.pipe.outbound);
        if !self.is_mute {
            self.connection.try_send_bytes(&out).await;
        }
    }
}

impl From<Message> for Frame {
    fn from(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.to_string()),
            Message::Binary(bytes) => Self::Binary(bytes.to_vec()),
            Message::Ping(payload) => Self::Ping(payload.to_vec()),
            Message::Pong(payload) => Self::Pong(payload.to_vec()),
            Message::Close(None) => Self::Close { code: None, reason: String::new() },
            Message::Close(Some(frame)) => {
                Self::Close { code: Some(frame.code.into()), reason: frame.reason.to_string() }
            }
            Message::Frame(_) => unreachable!("the engine reads whole messages"),
        }
    }
}

fn upgrading(request: Request) -> Request {
    request
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", KEY)
}

/// What the engine takes for a socket.
#[derive(Debug, Default)]
struct Pipe {
    inbound: Vec<u8>,
    outbound: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.inbound.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = self.inbound.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.inbound[..length]);
        self.inbound.drain(..length);
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outbound.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
