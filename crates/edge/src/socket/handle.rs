//! The socket as a surface's handler sees it.

use std::{
    any::Any,
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tertulia_core::Flow;

use crate::{address::ClientAddress, queue::SendQueue, ws};

/// An open WebSocket: what a handler sends on it and keeps with it.
pub struct Socket {
    queue: Arc<SendQueue>,
    client: ClientAddress,
    kept: Mutex<Vec<Box<dyn Any + Send>>>,
}

/// The connection takes nothing more: its reader has gone, or it is being closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketClosed;

impl Socket {
    pub(crate) fn new(queue: Arc<SendQueue>, client: ClientAddress, kept: Vec<Box<dyn Any + Send>>) -> Self {
        Self { queue, client, kept: Mutex::new(kept) }
    }

    /// Sends one text message, in order with everything pushed to the outlet.
    ///
    /// Waits until most of what waits already has left, and counts towards no bound: an answer of any length can be
    /// sent in steps, and a client that does not read waits for itself. Cancel safe: dropped while it waits, it has sent
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`SocketClosed`] when nothing more is taken. A handler stops; what becomes of the connection is not its business.
    pub async fn send(&self, text: &str) -> Result<(), SocketClosed> {
        self.send_frames(ws::text(text)).await
    }

    /// As [`Socket::send`], with whole frames (see [`ws::put_text`]) instead of a text.
    ///
    /// # Errors
    ///
    /// As [`Socket::send`].
    pub async fn send_frames(&self, frames: Bytes) -> Result<(), SocketClosed> {
        poll_fn(|cx| self.queue.poll_room(cx)).await.map_err(|()| SocketClosed)?;
        match self.queue.send_uncounted(&frames) {
            Flow::Open => Ok(()),
            Flow::Closed => Err(SocketClosed),
        }
    }

    /// The receiving end for subscriptions.
    #[must_use]
    pub fn outlet(&self) -> Arc<SendQueue> {
        Arc::clone(&self.queue)
    }

    /// Keeps `what` until the connection has ended.
    pub fn keep(&self, what: impl Send + 'static) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(what));
    }

    /// Who is at the other end.
    #[must_use]
    pub fn client(&self) -> ClientAddress {
        self.client
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("queue", &self.queue).finish_non_exhaustive()
    }
}
