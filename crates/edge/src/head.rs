//! What is known of a request besides its body: made once, before routing, and shared with handlers, renderers and the
//! log.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use axum::extract::FromRequestParts;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, header, request::Parts};
use tertulia_core::{Ids, Quota};
use tertulia_model::random_uuid;

use crate::{address::ClientAddress, link::Link, refusal::Refusal};

/// Carries the request id, in requests and in every response.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request in the log and in its answer: the client's own when it is `[A-Za-z0-9._:-]{1,128}`, else a UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Longest id taken from a client, in bytes.
    pub const MAX_BYTES: usize = 128;

    pub(crate) fn of(headers: &HeaderMap, ids: &dyn Ids) -> Self {
        match headers.get(X_REQUEST_ID) {
            Some(given) if is_acceptable(given.as_bytes()) => Self(given.clone()),
            _ => Self::new(ids),
        }
    }

    fn new(ids: &dyn Ids) -> Self {
        let mut random = [0; 16];
        ids.fill(&mut random);
        let mut text = [0; 36];
        let text = random_uuid(random).as_hyphenated().encode_lower(&mut text);
        Self(HeaderValue::from_str(text).expect("a UUID is visible ASCII"))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_acceptable(id: &[u8]) -> bool {
    let fits = (1..=RequestId::MAX_BYTES).contains(&id.len());
    fits && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(byte))
}

/// A request's head, its target normalised.
#[derive(Debug)]
pub struct RequestHead {
    pub(crate) method: Method,
    pub(crate) version: Version,
    pub(crate) uri: Uri,
    pub(crate) id: RequestId,
    pub(crate) client: ClientAddress,
    pub(crate) accept: Option<HeaderValue>,
    pub(crate) accept_language: Option<HeaderValue>,
    pub(crate) origin: Option<HeaderValue>,
    pub(crate) body_limit: usize,
    pub(crate) body_timeout: Duration,
    pub(crate) quota: Mutex<Option<Quota>>,
    pub(crate) caller: OnceLock<Arc<str>>,
    pub(crate) link: Arc<Link>,
}

impl RequestHead {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The target, with single slashes and none at its path's end.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The request's id.
    #[must_use]
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// Who asks.
    #[must_use]
    pub fn client(&self) -> ClientAddress {
        self.client
    }

    /// `Accept`, when it is text.
    #[must_use]
    pub fn accept(&self) -> Option<&str> {
        self.accept.as_ref()?.to_str().ok()
    }

    /// `Accept-Language`, when it is text.
    #[must_use]
    pub fn accept_language(&self) -> Option<&str> {
        self.accept_language.as_ref()?.to_str().ok()
    }

    /// What is left of the window in which the request was counted last, for surfaces that print it on every answer.
    /// Nothing where nothing was counted.
    #[must_use]
    pub fn quota(&self) -> Option<Quota> {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says in which window the request was counted: the surface's admission does, and whatever counts it later and
    /// more narrowly.
    pub fn note_quota(&self, quota: Quota) {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(quota);
    }

    /// Says who called, for the request log: the surface's extractor of callers does it, once for all its handlers.
    pub fn set_caller(&self, name: Arc<str>) {
        // A request has one caller; whoever came first has said it.
        let _ = self.caller.set(name);
    }

    /// Who called, if it was said.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.caller.get().map(|name| &**name)
    }

    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

/// Extractor of the shared [`RequestHead`].
#[derive(Clone, Debug)]
pub struct Head(pub Arc<RequestHead>);

impl Head {
    pub(crate) fn of(extensions: &Extensions) -> Result<Self, Refusal> {
        extensions.get::<Self>().cloned().ok_or(Refusal::Internal)
    }
}

impl<S: Sync> FromRequestParts<S> for Head {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Self::of(&parts.extensions)
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Head::of(&parts.extensions).map(|Head(head)| head.client)
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Head::of(&parts.extensions).map(|Head(head)| head.id.clone())
    }
}

pub(crate) fn copied(headers: &HeaderMap, name: header::HeaderName) -> Option<HeaderValue> {
    headers.get(name).cloned()
}
