//! What a surface gives to the one loop that serves all WebSockets.

use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use tertulia_core::Limit;

use super::{
    closing::{CloseFrame, Closing},
    handle::Socket,
};

/// What all sockets of one kind share; made once by the surface.
#[derive(Clone, Debug)]
pub struct SocketClass {
    /// Most bytes of pushed frames that wait for one reader before it is closed as too slow; answers that a handler
    /// sends itself do not count. Default 4 MiB.
    pub queue_bytes: usize,
    /// Longest message of a client, in bytes, all its fragments together. Default 64 KiB.
    pub longest_message: usize,
    /// What is done with binary messages. Default: they are refused.
    pub binary: BinaryMessages,
    /// How often the client is pinged. Default 30 s.
    pub ping_every: Duration,
    /// How long a connection lasts on which no whole frame comes in, and none of what waits leaves, though it was pinged.
    /// Default 75 s.
    pub silent_after: Duration,
    /// How many frames a client may send, those that edge answers itself included.
    pub frames: FrameRate,
}

impl Default for SocketClass {
    fn default() -> Self {
        Self {
            queue_bytes: 4 * 1024 * 1024,
            longest_message: 64 * 1024,
            binary: BinaryMessages::Refuse,
            ping_every: Duration::from_secs(30),
            silent_after: Duration::from_secs(75),
            frames: FrameRate::default(),
        }
    }
}

/// What is done with binary messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryMessages {
    /// The connection is closed.
    Refuse,
    /// They are texts in another dress; what is not UTF-8 in them is replaced.
    TakeAsText,
    /// They are read and forgotten.
    Ignore,
}

/// A bound on frames: whoever sends more is closed. The window begins with its first frame. A bound against floods; what
/// a surface allows its clients, it counts and words itself.
#[derive(Clone, Copy, Debug)]
pub struct FrameRate {
    /// Most frames in one window, fragments and control frames among them. Default 1,200.
    pub most: u32,
    /// The window. Default 10 s.
    pub per: Duration,
}

impl Default for FrameRate {
    fn default() -> Self {
        Self { most: 1_200, per: Duration::from_secs(10) }
    }
}

impl FrameRate {
    /// The default, or twice what the surface itself lets through where that is more: so its own words come first.
    #[must_use]
    pub fn beyond(limit: Limit) -> Self {
        let usual = Self::default();
        let twice = match limit {
            Limit::Off => return Self { most: u32::MAX, ..usual },
            Limit::Rate { count, per } => Limit::Rate { count: count.saturating_mul(2), per },
        };
        match (Limit::Rate { count: usual.most, per: usual.per }).or_more(twice) {
            Limit::Rate { count, per } => Self { most: count, per },
            Limit::Off => usual,
        }
    }
}

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It does.
    GoOn,
    /// What was sent still leaves, then it is closed.
    Close(CloseFrame),
}

/// A surface's side of one WebSocket. Dropped when the connection has ended, never before: what it holds (a permit, a
/// subscription, a mark of presence) is held exactly as long.
///
/// Its futures are run by the connection's task, one at a time. A connection that must end gives a future that runs two
/// more seconds and then drops it at an `.await`; [`Socket::send`] answers at once from then on.
#[async_trait]
pub trait SocketHandler: Send + 'static {
    /// One whole text message. The next one is read only when this is done: messages are answered in the order in which
    /// they came, and a client that is faster than its answers waits in its own socket.
    async fn text(&mut self, text: &str, socket: &Socket) -> Next;

    /// How the connection is closed when the hub ends it; [`Closing::usual`] has words for all but the core's reasons.
    /// Whole frames put into `last` leave just before the close frame.
    fn closing(&mut self, why: Closing, last: &mut BytesMut) -> CloseFrame;

    /// When to call [`SocketHandler::woken`], by the clock's elapsed time. Asked before the first message and after each
    /// call; one that has passed is now.
    fn wake_at(&self) -> Option<Duration> {
        None
    }

    /// Whether it has more to send as soon as little enough waits for the reader: see [`SocketHandler::room`]. Asked again
    /// whenever something happens, and when the outlet is nudged.
    fn wants_room(&mut self) -> bool {
        false
    }

    /// Little enough waits for one more piece of any length. What the client sends goes first, so that a client which
    /// answers every piece is heard while it is served.
    async fn room(&mut self, socket: &Socket) -> Next {
        let _ = socket;
        Next::GoOn
    }

    /// The time has come: a client has not introduced itself, or has been idle for too long.
    async fn woken(&mut self, socket: &Socket) -> Next {
        let _ = socket;
        Next::GoOn
    }
}
