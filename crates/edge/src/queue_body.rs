//! A send queue read as an ordinary response body: HTTP/2, HTTP/1.0.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::{keep_alive::KeepAlive, live::StreamTail};

/// Same bounds, keep-alive and farewell as on a taken socket. Dropping it, which hyper does when the peer has gone, ends
/// the stream.
pub(crate) struct QueueBody {
    tail: StreamTail,
    keep_alive: KeepAlive,
    shutdown: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl QueueBody {
    pub(crate) fn new(beginning: &Bytes, tail: StreamTail) -> Self {
        tail.queue.attach_body(beginning.clone());
        let keep_alive = KeepAlive::new(Arc::clone(&tail.streams.clock), tail.class.keep_alive_every);
        let shutdown = Some(Box::pin(tail.streams.shutdown.clone().cancelled_owned()));
        Self { tail, keep_alive, shutdown }
    }
}

impl Body for QueueBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        if this.shutdown.as_mut().is_some_and(|shutdown| shutdown.as_mut().poll(cx).is_ready()) {
            this.shutdown = None;
            this.tail.queue.end(&this.tail.class.farewell);
        }
        while this.keep_alive.poll_due(cx, &this.tail.queue).is_ready() {
            let _ = this.tail.queue.send(&this.tail.class.keep_alive);
        }
        this.tail.queue.poll_next(cx).map(|next| next.map(|bytes| Ok(Frame::data(bytes))))
    }
}
