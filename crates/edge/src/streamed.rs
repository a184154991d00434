//! Reading a request's body piece by piece: bounded, and in time.

use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll, time::Duration};

use axum::{body::Body, extract::FromRequest};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use http::{Request, header::EXPECT};
use http_body::Body as _;

use crate::{
    head::{Head, RequestHead},
    refusal::Refusal,
};

/// How much longer than a body that is read whole one may take that comes in pieces, as long as it comes.
const PATIENCE: u32 = 10;

/// What a client expects that asks before it sends.
const CONTINUE: &[u8] = b"100-continue";

/// A request body that is not in memory as a whole. Nothing of it is read before it is asked for.
///
/// A silence of the time that bodies have is refused with 408, and so is a body that takes ten times as long; one that
/// breaks off with 400; more bytes than asked for with 413.
#[derive(Debug)]
pub struct StreamedBody {
    body: Body,
    head: Arc<RequestHead>,
    began: Duration,
    read: u64,
    /// Whether the client sends nothing before it is told to.
    is_held_back: bool,
    /// Whether it broke off, or was waited for in vain.
    is_broken: bool,
}

impl<S: Sync> FromRequest<S> for StreamedBody {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Refusal> {
        let Head(head) = Head::of(request.extensions())?;
        let began = head.link().streams().clock.elapsed();
        let is_held_back = request.headers().get(EXPECT).is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(CONTINUE));
        Ok(Self { body: request.into_body(), head, began, read: 0, is_held_back, is_broken: false })
    }
}

impl StreamedBody {
    /// The next bytes, `None` at the end; at most `limit` of all together.
    ///
    /// # Errors
    ///
    /// [`Refusal::BodyTooLarge`], [`Refusal::BodyTimeout`], [`Refusal::BrokenBody`].
    pub async fn next(&mut self, limit: u64) -> Option<Result<Bytes, Refusal>> {
        loop {
            let frame = match self.frame().await? {
                Ok(frame) => frame,
                Err(refusal) => {
                    self.is_broken = true;
                    return Some(Err(refusal));
                }
            };
            let Ok(piece) = frame.into_data() else { continue };
            self.read = self.read.saturating_add(piece.len() as u64);
            if self.read > limit {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                return Some(Err(Refusal::BodyTooLarge { limit }));
            }
            return Some(Ok(piece));
        }
    }

    /// All of it as a stream, at most `limit` bytes.
    pub fn pieces(&mut self, limit: u64) -> impl Stream<Item = Result<Bytes, Refusal>> + Send + '_ {
        stream::unfold(self, move |body| async move { body.next(limit).await.map(|piece| (piece, body)) })
    }

    /// All of it, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn collect(&mut self, limit: u64) -> Result<Bytes, Refusal> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next(limit).await {
            whole.extend_from_slice(&piece?);
        }
        Ok(whole.freeze())
    }

    /// Reads the rest and throws it away, up to `most` bytes, so that a client which sends before it listens hears a
    /// refusal instead of a reset connection. A client that waits to be told to send is not told to.
    pub async fn discard(&mut self, most: u64) {
        if self.is_held_back || self.is_broken {
            return;
        }
        let limit = self.read.saturating_add(most);
        while let Some(Ok(_)) = self.next(limit).await {}
    }

    async fn frame(&mut self) -> Option<Result<http_body::Frame<Bytes>, Refusal>> {
        let Self { body, head, began, is_held_back, .. } = self;
        // Whoever asks for a body tells its client to send it.
        *is_held_back = false;
        let clock = &head.link().streams().clock;
        if clock.elapsed().saturating_sub(*began) > head.body_timeout * PATIENCE {
            return Some(Err(Refusal::BodyTimeout));
        }
        let mut silence = None;
        poll_fn(|cx| {
            if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx) {
                return Poll::Ready(frame.map(|frame| frame.map_err(|_| Refusal::BrokenBody)));
            }
            // Most pieces are there when they are asked for.
            let silence = silence.get_or_insert_with(|| clock.sleep(head.body_timeout));
            silence.as_mut().poll(cx).map(|()| Some(Err(Refusal::BodyTimeout)))
        })
        .await
    }
}
