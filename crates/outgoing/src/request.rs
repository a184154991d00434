//! What is asked.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};

use crate::Target;

/// Longest body of an answer when a request does not say otherwise, in bytes.
const DEFAULT_LIMIT: usize = 64 * 1024;

/// Whether a server may send us elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirects {
    /// A redirect is an answer like any other. The default.
    #[default]
    None,
    /// Followed up to this many times. Each hop is checked as the first one is; credentials stay behind when the
    /// origin changes.
    Follow(u8),
}

/// One request. Whatever in it is a credential is marked so ([`HeaderValue::set_sensitive`]) and then neither shown
/// nor sent to another origin.
#[derive(Clone)]
pub struct Request {
    pub(crate) target: Target,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    /// Longest body of the answer, in bytes; none: it is not read.
    pub(crate) limit: Option<usize>,
    pub(crate) redirects: Redirects,
}

impl Request {
    /// A request with this method, no body, at most 64 KiB of answer, no redirects.
    #[must_use]
    pub fn new(method: Method, target: Target) -> Self {
        let (headers, limit) = (HeaderMap::new(), Some(DEFAULT_LIMIT));
        Self { target, method, headers, body: None, limit, redirects: Redirects::None }
    }

    /// A `GET`.
    #[must_use]
    pub fn get(target: Target) -> Self {
        Self::new(Method::GET, target)
    }

    /// A `POST`.
    #[must_use]
    pub fn post(target: Target) -> Self {
        Self::new(Method::POST, target)
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the body and its `Content-Type`.
    #[must_use]
    pub fn body(mut self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self.header(CONTENT_TYPE, content_type)
    }

    /// Longest body of an answer, in bytes.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }

    /// Nothing of the answer's body is read: it is known by its head, and the connection is dropped.
    #[must_use]
    pub fn without_answer(mut self) -> Self {
        self.limit = None;
        self
    }

    /// Whether redirects are followed.
    #[must_use]
    pub fn redirects(mut self, redirects: Redirects) -> Self {
        self.redirects = redirects;
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}
