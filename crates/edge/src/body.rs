//! Reading a request's body: whole, bounded, in time.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use axum::{body::Body, extract::FromRequest};
use bytes::{Bytes, BytesMut};
use http::{Request, header::CONTENT_LENGTH};
use http_body::Body as _;
use http_body_util::BodyExt;

use crate::{head::Head, refusal::Refusal};

/// What is read and thrown away of a body that is too large, so that a client which sends before it listens hears the
/// refusal instead of a reset connection.
const MOST_DISCARDED: usize = 1024 * 1024;

/// A route's own limit instead of its surface's: `.layer(Extension(BodyLimit(1024)))`.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// The whole request body. Refused with 413 beyond the limit of the surface or route, however it is framed, with 408
/// when it does not arrive in time, with 400 when it breaks off.
#[derive(Clone, Debug)]
pub struct WholeBody(pub Bytes);

impl<S: Sync> FromRequest<S> for WholeBody {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Refusal> {
        let Head(head) = Head::of(request.extensions())?;
        let limit = request.extensions().get::<BodyLimit>().map_or(head.body_limit, |route| route.0);
        let announced = announced_length(&request);
        let body = request.into_body();
        if body.is_end_stream() {
            return Ok(Self(Bytes::new()));
        }
        let mut reading = pin!(read(body, limit, announced));
        let mut first = true;
        let mut patience = None;
        poll_fn(|cx| {
            if let Poll::Ready(read) = reading.as_mut().poll(cx) {
                return Poll::Ready(read.map(Self));
            }
            if std::mem::take(&mut first) {
                // Most bodies came with their head and never get here.
                patience = Some(head.link().streams().clock.sleep(head.body_timeout));
            }
            match patience.as_mut().map(|patience| patience.as_mut().poll(cx)) {
                Some(Poll::Ready(())) => Poll::Ready(Err(Refusal::BodyTimeout)),
                Some(Poll::Pending) | None => Poll::Pending,
            }
        })
        .await
    }
}

fn announced_length(request: &Request<Body>) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(mut body: Body, limit: usize, announced: Option<usize>) -> Result<Bytes, Refusal> {
    if announced.is_some_and(|length| length > limit) {
        return discard(body, limit, announced).await;
    }
    let mut whole = BytesMut::new();
    let mut only = Bytes::new();
    while let Some(frame) = body.frame().await {
        let Ok(part) = frame.map_err(|_| Refusal::BrokenBody)?.into_data() else { continue };
        if only.len() + whole.len() + part.len() > limit {
            return discard(body, limit, None).await;
        }
        // One part is the rule, and is not copied.
        if only.is_empty() && whole.is_empty() {
            only = part;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut only));
            whole.extend_from_slice(&part);
        }
    }
    Ok(if whole.is_empty() { only } else { whole.freeze() })
}

/// Refuses a body that is too large, after reading the rest of it if that is not too much.
async fn discard(mut body: Body, limit: usize, announced: Option<usize>) -> Result<Bytes, Refusal> {
    let mut left =
        if announced.unwrap_or(0) > limit.saturating_add(MOST_DISCARDED) { 0 } else { MOST_DISCARDED + limit };
    while left > 0 {
        match body.frame().await {
            Some(Ok(frame)) => left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len)),
            Some(Err(_)) | None => break,
        }
    }
    Err(Refusal::BodyTooLarge { limit })
}
