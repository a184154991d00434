//! Opening a WebSocket: the answer that accepts it, and what takes the connection's socket afterwards.

use std::{
    any::Any,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, request::Parts};

use super::{
    closing::CloseFrame,
    handler::{SocketClass, SocketHandler},
};
use crate::{
    address::ClientAddress,
    head::Head,
    link::Link,
    live::Streams,
    metrics::EdgeMetrics,
    queue::{Framing, SendQueue},
    refusal::Refusal,
    ws::handshake,
};

/// Opens a WebSocket on the connection that a request came through. An extractor: it refuses a request that asks for
/// none, in the words of the path's surface.
#[derive(Debug)]
pub struct SocketOpener {
    link: Arc<Link>,
    client: ClientAddress,
    accept: HeaderValue,
}

impl SocketOpener {
    /// Who asks for it.
    #[must_use]
    pub fn client(&self) -> ClientAddress {
        self.client
    }

    /// Opens a socket of `class`. Its outlet takes frames at once; they leave after the handshake.
    #[must_use]
    pub fn open(self, class: &Arc<SocketClass>) -> OpeningSocket {
        let streams = Arc::clone(self.link.streams());
        let queue = SendQueue::open(Framing::WebSocket, class.queue_bytes, Arc::clone(&streams.budget));
        streams.metrics.open_sockets.inc();
        let open = OpenSocket { queue: Arc::clone(&queue), metrics: Arc::clone(&streams.metrics) };
        let tail = SocketTail {
            queue,
            class: Arc::clone(class),
            streams,
            client: self.client,
            beginning: Bytes::new(),
            kept: Vec::new(),
            role: Role::Unanswered,
            open,
        };
        OpeningSocket { accept: self.accept, tail }
    }
}

impl<S: Sync> FromRequestParts<S> for SocketOpener {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Head(head) = Head::of(&parts.extensions)?;
        let accept = handshake::accept(parts)?;
        Ok(Self { link: Arc::clone(head.link()), client: head.client(), accept })
    }
}

/// A WebSocket whose handshake has not been answered yet. Dropping it opens none.
#[derive(Debug)]
pub struct OpeningSocket {
    accept: HeaderValue,
    tail: SocketTail,
}

impl OpeningSocket {
    /// The receiving end for subscriptions.
    #[must_use]
    pub fn outlet(&self) -> Arc<SendQueue> {
        Arc::clone(&self.tail.queue)
    }

    /// Whole frames (see [`crate::ws::put_text`]) that leave before everything else. Not held to the queue's bound.
    pub fn begin_with(&mut self, frames: impl Into<Bytes>) {
        self.tail.beginning = frames.into();
    }

    /// Keeps `what` until the connection has ended.
    pub fn keep(&mut self, what: impl Send + 'static) {
        self.tail.kept.push(Box::new(what));
    }

    /// Accepts the handshake; `handler` answers what the client sends.
    #[must_use]
    pub fn serve(mut self, handler: impl SocketHandler) -> Response {
        self.tail.role = Role::Served(Box::new(handler));
        self.accepted()
    }

    /// Accepts the handshake and closes the connection at once, for clients that understand a close code better than a
    /// status. What the client sends is not read.
    #[must_use]
    pub fn condemn(mut self, close: CloseFrame) -> Response {
        self.tail.role = Role::Condemned(close);
        self.accepted()
    }

    fn accepted(self) -> Response {
        let mut response = (StatusCode::SWITCHING_PROTOCOLS, handshake::accepting(self.accept)).into_response();
        response.extensions_mut().insert(Takeover(Arc::new(Mutex::new(Some(self.tail)))));
        response
    }
}

/// Goes with the response that accepts, for as long as it may still be replaced by another. Clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Takeover(Arc<Mutex<Option<SocketTail>>>);

impl Takeover {
    /// The socket to open, if `response` opens one.
    pub(crate) fn of(response: &mut Response) -> Option<SocketTail> {
        let Self(tail) = response.extensions_mut().remove()?;
        let tail = tail.lock().unwrap_or_else(PoisonError::into_inner).take();
        tail.filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS)
    }
}

/// What is left of a WebSocket's opening once the handshake is out.
pub(crate) struct SocketTail {
    pub(crate) queue: Arc<SendQueue>,
    pub(crate) class: Arc<SocketClass>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) client: ClientAddress,
    pub(crate) beginning: Bytes,
    pub(crate) kept: Vec<Box<dyn Any + Send>>,
    pub(crate) role: Role,
    pub(crate) open: OpenSocket,
}

/// What the connection is there for.
pub(crate) enum Role {
    /// Nothing yet.
    Unanswered,
    /// To be served.
    Served(Box<dyn SocketHandler>),
    /// To be closed.
    Condemned(CloseFrame),
}

impl fmt::Debug for SocketTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketTail").field("queue", &self.queue).field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}

/// A socket that counts as open, and takes frames, until this is dropped.
pub(crate) struct OpenSocket {
    queue: Arc<SendQueue>,
    metrics: Arc<EdgeMetrics>,
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.queue.shut_down();
        self.metrics.open_sockets.dec();
    }
}
