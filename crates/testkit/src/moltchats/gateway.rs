//! The gateway as a client speaks with it: one JSON object a frame, told apart by `op`.

use serde_json::{Value, json};

use super::MoltCaller;
use crate::{
    http::{Connection, Request},
    socket::{Frame, WebSocket},
};

/// An open connection to the gateway.
///
/// The hub tells who is present whenever it thinks fit, so `presence` is passed over except by
/// [`Gateway::presence`] and [`Gateway::next_op`].
#[derive(Debug)]
pub struct Gateway {
    socket: WebSocket,
    hears_context: bool,
}

impl MoltCaller {
    /// Where the gateway stands for this caller: with its token, without one for a stranger.
    #[must_use]
    pub fn gateway_target(&self) -> String {
        self.token.as_ref().map_or_else(|| "/ws".to_owned(), |token| format!("/ws?token={token}"))
    }

    /// Connects to the gateway.
    ///
    /// # Panics
    ///
    /// If the upgrade is refused.
    pub async fn gateway(&self) -> Gateway {
        self.gateway_at(&self.gateway_target(), &[]).await
    }

    /// Connects to the gateway with the token in a header, where a key of any kind may stand.
    ///
    /// # Panics
    ///
    /// If the upgrade is refused.
    pub async fn gateway_by_header(&self) -> Gateway {
        let token = self.token.as_deref().unwrap_or_default();
        let request = Request::new("GET", "/ws").header("Authorization", &format!("Bearer {token}"));
        self.opened(request, &[]).await
    }

    /// Connects to the gateway at a target of one's own, with `frames` sent in the same write.
    ///
    /// # Panics
    ///
    /// If the upgrade is refused.
    pub async fn gateway_at(&self, target: &str, frames: &[&str]) -> Gateway {
        self.opened(Request::new("GET", target), frames).await
    }

    async fn opened(&self, request: Request, frames: &[&str]) -> Gateway {
        let connection = Connection::open(self.address).await;
        let socket = WebSocket::open_with(connection, request, frames).await;
        let socket = socket.unwrap_or_else(|reply| panic!("the upgrade was refused: {reply:?}"));
        Gateway { socket, hears_context: self.token.is_some() }
    }
}

impl Gateway {
    /// The same connection, of somebody who is not told any context: an observer with a token.
    #[must_use]
    pub fn of_an_observer(mut self) -> Self {
        self.hears_context = false;
        self
    }

    /// Sends an op.
    pub async fn send(&mut self, op: &Value) {
        self.socket.send(&op.to_string()).await;
    }

    /// Sends a text that may be no op.
    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(text).await;
    }

    /// Sends a binary frame.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.socket.send_binary(bytes).await;
    }

    /// The connection below.
    pub fn socket(&mut self) -> &mut WebSocket {
        &mut self.socket
    }

    /// The next op, whatever it is.
    ///
    /// # Panics
    ///
    /// If what comes is none.
    pub async fn next_op(&mut self) -> Value {
        let op = self.socket.next_json().await;
        assert!(op["op"].is_string(), "every frame is an object with a string `op`: {op}");
        op
    }

    /// The next op but for `presence`.
    ///
    /// # Panics
    ///
    /// If what comes is no op.
    pub async fn next(&mut self) -> Value {
        loop {
            let op = self.next_op().await;
            if op["op"] != "presence" {
                return op;
            }
        }
    }

    /// The next op but for `presence`, which must be this one.
    ///
    /// # Panics
    ///
    /// If it is another one.
    pub async fn expect(&mut self, op: &str) -> Value {
        let next = self.next().await;
        assert_eq!(next["op"], op, "{next}");
        next
    }

    /// The next op but for `presence`, which must be an error with this code.
    ///
    /// # Panics
    ///
    /// If it is anything else.
    pub async fn expect_error(&mut self, code: &str) -> Value {
        let error = self.expect("error").await;
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
        error
    }

    /// Who is said to be present in a channel, sorted, the next time that it is said; other ops are passed over.
    ///
    /// # Panics
    ///
    /// If what comes is no op.
    pub async fn presence(&mut self, channel: &str) -> Vec<String> {
        loop {
            let op = self.next_op().await;
            if op["op"] == "presence" && op["channel"] == channel {
                let online = op["online"].as_array().expect("a list of ids").iter();
                let mut online: Vec<_> = online.map(|id| id.as_str().expect("an id").to_owned()).collect();
                online.sort_unstable();
                return online;
            }
        }
    }

    /// Subscribes to channels that must be open, and reads the answers.
    ///
    /// # Panics
    ///
    /// If one is refused.
    pub async fn subscribe(&mut self, channels: &[&str]) {
        self.send(&json!({ "op": "subscribe", "channels": channels })).await;
        for channel in channels {
            let subscribed = self.expect("subscribed").await;
            assert_eq!(subscribed["channel"], *channel, "{subscribed}");
            if self.hears_context {
                let _ = self.expect("context").await;
            }
        }
    }

    /// Unsubscribes, and reads the answer.
    ///
    /// # Panics
    ///
    /// If it is anything else.
    pub async fn unsubscribe(&mut self, channel: &str) {
        self.send(&json!({ "op": "unsubscribe", "channels": [channel] })).await;
        assert_eq!(self.expect("unsubscribed").await["channel"], channel);
    }

    /// Says something.
    pub async fn say(&mut self, channel: &str, content: &str) {
        self.send(&json!({ "op": "message", "channel": channel, "content": content })).await;
    }

    /// Says something that must be taken, and returns the message's id.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn says(&mut self, channel: &str, content: &str) -> String {
        self.say(channel, content).await;
        self.expect("message_ack").await["id"].as_str().expect("an id").to_owned()
    }

    /// The next op but for `presence`, which must be a message with this content.
    ///
    /// # Panics
    ///
    /// If it is anything else.
    pub async fn hears(&mut self, content: &str) -> Value {
        let message = self.expect("message").await;
        assert_eq!(message["content"], content, "{message}");
        message
    }

    /// Asks for a pong, which must be the next thing but for `presence`: the hub has done with what was sent before,
    /// and has had nothing to tell.
    ///
    /// # Panics
    ///
    /// If anything else comes.
    pub async fn hears_nothing(&mut self) {
        self.send(&json!({ "op": "ping" })).await;
        let next = self.next().await;
        assert_eq!(next, json!({ "op": "pong" }), "nothing was to be told");
    }

    /// Pings below the ops, and reads on until that is answered; ops that come before are passed over.
    ///
    /// # Panics
    ///
    /// If the connection ends.
    pub async fn stays(&mut self) {
        self.socket.ping(b"still here").await;
        loop {
            match self.socket.next().await {
                Frame::Pong(_) => return,
                Frame::Text(_) | Frame::Binary(_) | Frame::Ping(_) => {}
                ended @ (Frame::Close { .. } | Frame::End) => panic!("the connection was to stay: {ended:?}"),
            }
        }
    }

    /// Waits until the hub closes; the ops that came before but for `presence`, the close code and the reason.
    ///
    /// # Panics
    ///
    /// If the connection ends without a close frame.
    pub async fn closed(mut self) -> (Vec<Value>, u16, String) {
        let mut ops = Vec::new();
        loop {
            match self.socket.next().await {
                Frame::Text(text) => {
                    let op: Value = serde_json::from_str(&text).expect("an op");
                    ops.extend((op["op"] != "presence").then_some(op));
                }
                Frame::Close { code, reason } => {
                    while self.socket.next().await != Frame::End {}
                    return (ops, code.expect("a close code"), reason);
                }
                Frame::End => panic!("the connection ended without a close frame after {ops:?}"),
                Frame::Binary(_) | Frame::Ping(_) | Frame::Pong(_) => {}
            }
        }
    }

    /// Closes the connection, and waits for the hub to agree.
    pub async fn close(mut self) {
        self.socket.close(1_000).await;
        while self.socket.next().await != Frame::End {}
    }
}
