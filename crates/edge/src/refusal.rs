//! What edge refuses before, around or instead of a handler; each surface says it in its own words.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{
    HeaderValue, StatusCode, Version,
    header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use tertulia_core::Throttle;

use crate::{head::RequestHead, quota::insert_retry_after, ws::handshake};

/// Everything edge refuses. Closed on purpose: a renderer matches it without a `_` arm.
///
/// A handler or extractor may answer with one too; it is rendered by the surface of the request's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such path.
    NotFound,
    /// The path has other methods; edge adds `Allow`.
    MethodNotAllowed,
    /// The body is larger than `limit` bytes.
    BodyTooLarge {
        /// Most bytes a body may have here.
        limit: usize,
    },
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body ended early or was badly framed.
    BrokenBody,
    /// Over a limit per address; edge adds `Retry-After`.
    Throttled(Throttle),
    /// The `Host` is not this hub's.
    Misdirected,
    /// A page of an origin that may not call.
    ForeignOrigin,
    /// The path speaks over WebSockets of version 13, and the request asks for none; edge adds `Upgrade` and
    /// `Sec-WebSocket-Version`.
    UpgradeRequired,
    /// The request asks for a WebSocket wrongly: its key is none, or it has a body.
    BadHandshake,
    /// The hub is going down.
    ShuttingDown,
    /// The handler panicked, or edge was put together wrongly. The cause is in the log.
    Internal,
}

impl Refusal {
    /// The refusal that a response stands for, as long as it is not in its surface's words.
    #[must_use]
    pub fn of(response: &Response) -> Option<&Self> {
        response.extensions().get().map(|Refused(refusal)| refusal)
    }

    /// The status that says it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BrokenBody | Self::BadHandshake => StatusCode::BAD_REQUEST,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// One sentence for a reader of any kind.
    #[must_use]
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::NotFound => "There is nothing at this path.",
            Self::MethodNotAllowed => "This path does not take this method.",
            Self::BodyTooLarge { .. } => "The request body is too large.",
            Self::BodyTimeout => "The request body did not arrive in time.",
            Self::BrokenBody => "The request body could not be read.",
            Self::Throttled(_) => "Too many requests: over the rate limit; wait a moment.",
            Self::Misdirected => "This server does not answer for the host that was asked.",
            Self::ForeignOrigin => "Pages of this origin may not call this server.",
            Self::UpgradeRequired => "This path speaks over WebSockets: connect with a WebSocket client.",
            Self::BadHandshake => "The WebSocket handshake is not valid.",
            Self::ShuttingDown => "The server is shutting down; try again in a moment.",
            Self::Internal => "Something went wrong on the server.",
        }
    }
}

/// The marker by which edge finds a refusal in a response that the router made.
#[derive(Clone, Debug)]
pub(crate) struct Refused(pub(crate) Refusal);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Refused(self));
        response
    }
}

/// Says refusals in a surface's words: its envelope, its codes.
pub trait Renderer: Send + Sync + 'static {
    /// The whole answer. Edge adds `Allow`, `Retry-After` (unless given), `Upgrade`, `X-Request-Id` and CORS.
    fn render(&self, refusal: &Refusal, head: &RequestHead) -> Response;

    /// Adds what every answer of the surface carries, refusals included, before it leaves. Nothing by default.
    fn complete(&self, head: &RequestHead, response: &mut Response) {
        let _ = (head, response);
    }
}

impl<R: Renderer + ?Sized> Renderer for Arc<R> {
    fn render(&self, refusal: &Refusal, head: &RequestHead) -> Response {
        (**self).render(refusal, head)
    }

    fn complete(&self, head: &RequestHead, response: &mut Response) {
        (**self).complete(head, response);
    }
}

/// The refusal's sentence as plain text.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainRenderer;

impl Renderer for PlainRenderer {
    fn render(&self, refusal: &Refusal, _: &RequestHead) -> Response {
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        (refusal.status(), [(CONTENT_TYPE, text)], format!("{}\n", refusal.sentence())).into_response()
    }
}

/// Adds `Retry-After`.
pub(crate) fn add_retry_after(refusal: &Refusal, response: &mut Response) {
    let Refusal::Throttled(throttle) = refusal else { return };
    if !response.headers().contains_key(RETRY_AFTER) {
        insert_retry_after(response.headers_mut(), throttle.quota.resets_in);
    }
}

/// Adds what a client must ask for. `Upgrade` is HTTP/1.1's word; elsewhere the version alone is said.
pub(crate) fn add_upgrade(refusal: &Refusal, version: Version, response: &mut Response) {
    if *refusal != Refusal::UpgradeRequired {
        return;
    }
    let headers = response.headers_mut();
    headers.insert(SEC_WEBSOCKET_VERSION, handshake::VERSION);
    if version == Version::HTTP_11 {
        headers.insert(UPGRADE, handshake::WEBSOCKET);
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
}
