//! Which pages of other origins may call, and what browsers are told about it.

use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};

use crate::hosts::{is_loopback, without_port};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-API-Key, X-Moltbook-Identity, X-Request-Id, \
     X-AgentChat-Client, X-AgentChat-Client-Version, User-Agent",
);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Backlog-Warning, \
     Idempotent-Replay, X-Request-Id, Location",
);
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// One rule for the whole hub. Credentials (cookies) are never allowed.
#[derive(Clone, Debug)]
pub enum CorsPolicy {
    /// Pages of any origin may call.
    AnyOrigin,
    /// Only pages of loopback origins and of these (`https://chat.example`); a request that names another origin is
    /// refused.
    LoopbackAnd(Vec<String>),
}

impl CorsPolicy {
    /// Whether a request with these headers may be answered.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        headers.get_all(ORIGIN).iter().all(|origin| self.allows(origin))
    }

    /// Adds what a browser must read before it lets the page at `origin` see the answer; nothing for a foreign one.
    pub(crate) fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        let loopback_only = matches!(self, Self::LoopbackAnd(_));
        if loopback_only {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        let Some(origin) = origin.filter(|origin| self.allows(origin)) else { return };
        let allowed = if loopback_only { origin.clone() } else { HeaderValue::from_static("*") };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::AnyOrigin => true,
            Self::LoopbackAnd(own) => origin.to_str().is_ok_and(|origin| is_own(own, origin)),
        }
    }
}

/// Whether this is a browser's question before the real request.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to it, but for what [`CorsPolicy::mark`] adds.
pub(crate) fn preflight<B: Default>() -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    response
}

fn is_own(own: &[String], origin: &str) -> bool {
    if own.iter().any(|own| own.eq_ignore_ascii_case(origin)) {
        return true;
    }
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| is_loopback(without_port(authority)))
}
