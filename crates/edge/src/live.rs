//! Opening a stream: a response whose body goes on after the handler has answered.
//!
//! A handler takes a [`StreamOpener`], opens a [`LiveStream`], hands [`LiveStream::outlet`] to the core, gives the
//! beginning, and answers with [`LiveStream::into_body`]. Over HTTP/1.1 the socket is then taken from hyper and all that
//! is left of the connection is the send queue and one small task; over HTTP/2 and HTTP/1.0 the same queue is read by an
//! ordinary body.

use std::{
    any::Any,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, extract::FromRequestParts};
use bytes::Bytes;
use http::{Version, request::Parts};
use http_body::Frame;
use tertulia_core::Clock;
use tokio_util::sync::CancellationToken;

use crate::{
    head::Head,
    link::{Link, Offer},
    metrics::EdgeMetrics,
    queue::Framing,
    queue::SendQueue,
    queue_body::QueueBody,
    queue_budget::QueueBudget,
    refusal::Refusal,
};

/// What all streams of one kind share; made once by the surface.
#[derive(Debug)]
pub struct StreamClass {
    /// Most bytes that wait for one reader before it is cut off; the beginning does not count.
    pub queue_bytes: usize,
    /// Longest silence on a stream.
    pub keep_alive_every: Duration,
    /// What breaks the silence, in the wire form's spelling (`: ping\n\n`).
    pub keep_alive: Bytes,
    /// The last events before the hub goes down; may be empty.
    pub farewell: Bytes,
}

impl StreamClass {
    /// A good [`StreamClass::queue_bytes`]: 4 MiB.
    pub const DEFAULT_QUEUE_BYTES: usize = 4 * 1024 * 1024;

    /// Default of [`StreamClass::keep_alive_every`]: 15 s.
    pub const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(15);
}

/// What streams need of the hub.
#[derive(Debug)]
pub(crate) struct Streams {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) budget: Arc<QueueBudget>,
    pub(crate) metrics: Arc<EdgeMetrics>,
}

/// Opens streams on the connection that a request came through. An extractor.
#[derive(Debug)]
pub struct StreamOpener {
    link: Arc<Link>,
    framing: Framing,
}

impl StreamOpener {
    /// Opens a stream of `class`. Its outlet takes events at once; they leave after the beginning.
    #[must_use]
    pub fn open(self, class: &Arc<StreamClass>) -> LiveStream {
        let streams = Arc::clone(self.link.streams());
        let queue = SendQueue::open(self.framing, class.queue_bytes, Arc::clone(&streams.budget));
        streams.metrics.live_streams.inc();
        let count = LiveCount(Arc::clone(&streams.metrics));
        let tail = StreamTail { queue, class: Arc::clone(class), streams, kept: Vec::new(), _count: count };
        LiveStream { link: self.link, framing: self.framing, beginning: Bytes::new(), tail }
    }
}

impl<S: Sync> FromRequestParts<S> for StreamOpener {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Head(head) = Head::of(&parts.extensions)?;
        let framing = if parts.version == Version::HTTP_11 { Framing::Chunked } else { Framing::Raw };
        Ok(Self { link: Arc::clone(head.link()), framing })
    }
}

/// A stream whose response has not been given yet. Dropping it ends the stream and closes its outlet.
#[derive(Debug)]
pub struct LiveStream {
    link: Arc<Link>,
    framing: Framing,
    beginning: Bytes,
    tail: StreamTail,
}

impl LiveStream {
    /// The receiving end for a subscription.
    #[must_use]
    pub fn outlet(&self) -> Arc<SendQueue> {
        Arc::clone(&self.tail.queue)
    }

    /// Bytes of any size that leave before everything pushed to the outlet. Not held to the queue's bound.
    pub fn begin_with(&mut self, beginning: impl Into<Bytes>) {
        self.beginning = beginning.into();
    }

    /// Keeps `what` until the stream has ended: a permit, a subscription, a mark of presence.
    pub fn keep(&mut self, what: impl Send + 'static) {
        self.tail.kept.push(Box::new(what));
    }

    /// The response's body. Its first poll is the sign that the head is on its way.
    pub fn into_body(self) -> Body {
        let Self { link, framing, beginning, tail } = self;
        if framing == Framing::Chunked {
            Body::new(Handover { stream: Some((beginning, tail)), link })
        } else {
            Body::new(QueueBody::new(&beginning, tail))
        }
    }
}

/// What is left of a stream once its head is out.
pub(crate) struct StreamTail {
    pub(crate) queue: Arc<SendQueue>,
    pub(crate) class: Arc<StreamClass>,
    pub(crate) streams: Arc<Streams>,
    kept: Vec<Box<dyn Any + Send>>,
    _count: LiveCount,
}

impl fmt::Debug for StreamTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamTail").field("queue", &self.queue).field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}

impl Drop for StreamTail {
    fn drop(&mut self) {
        self.queue.shut_down();
    }
}

#[derive(Debug)]
struct LiveCount(Arc<EdgeMetrics>);

impl Drop for LiveCount {
    fn drop(&mut self) {
        self.0.live_streams.dec();
    }
}

/// A body that never yields a byte: when hyper asks for the first one, the stream is offered to the connection, which
/// takes the socket as soon as the head is flushed.
struct Handover {
    stream: Option<(Bytes, StreamTail)>,
    link: Arc<Link>,
}

impl http_body::Body for Handover {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some((beginning, tail)) = self.stream.take() {
            self.link.offer(Offer::Stream(beginning, tail));
        }
        Poll::Pending
    }
}
