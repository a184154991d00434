//! A refused request: what is said of it, and the answer that says it.
//!
//! Words that no surface says its own way stand here; those for the core's refusals in [`crate::Refused`].

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use tertulia_core::{Quota, Throttle};
use tertulia_model::{BadName, Timestamp};

use crate::{insert_quota, wire::Problem};

/// A refused request.
#[derive(Debug)]
pub struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    error: String,
    details: Option<Value>,
    quota: Option<Quota>,
    retry_after: Option<Duration>,
}

impl Failure {
    /// A refusal in its own words: `error` is a sentence that says what to do.
    pub fn new(status: StatusCode, code: &'static str, error: impl Into<String>) -> Self {
        let error = error.into();
        Self(Box::new(Parts { status, code, error, details: None, quota: None, retry_after: None }))
    }

    /// 400.
    pub fn bad_request(code: &'static str, error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, error)
    }

    /// 400: a field that breaks its rule; `problem` goes on where the field's name ends.
    #[must_use]
    pub fn bad_field(code: &'static str, field: &'static str, problem: &str) -> Self {
        let failure = Self::bad_request(code, format!("`{field}` {problem}."));
        failure.with_details(json!({ "field": field }))
    }

    /// 400: a body that is not the JSON it should be.
    #[must_use]
    pub fn bad_json(problem: &str) -> Self {
        Self::bad_request("INVALID_JSON", format!("{problem}."))
    }

    /// 415.
    pub(crate) fn unsupported_media_type() -> Self {
        let error = "The body must be JSON; send it with Content-Type: application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", error)
    }

    /// Says exactly what was wrong, for a program. What was said before is replaced.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.0.details = Some(details);
        self
    }

    /// Says when to come back.
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// 429: over a limit.
    pub(crate) fn throttled(throttle: &Throttle) -> Self {
        let hint = local_hint(throttle.is_local);
        let Quota { limit, resets_in, .. } = throttle.quota;
        let error = format!(
            "Rate limit reached: {} are limited to {limit} per {}; wait {} and try again.{hint}",
            throttle.action.in_words(),
            in_words(throttle.per),
            in_words(resets_in),
        );
        let mut failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", error);
        failure.0.quota = Some(throttle.quota);
        failure.retry_after(resets_in)
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// Its sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.error
    }

    /// An address has as many streams open as it may. There is no window after which one is free; the wait is a guess
    /// that keeps clients from hurrying.
    // wire: chatr.md#1-conventions
    #[must_use]
    pub fn too_many_streams(limit: u32, now: Timestamp, is_local: bool) -> Self {
        let wait = Duration::from_secs(10);
        let error = format!(
            "Rate limit reached: at most {limit} streams may be open from one address; close one, or wait {} and try \
             again.{}",
            in_words(wait),
            local_hint(is_local),
        );
        let mut failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_STREAMS", error);
        failure.0.quota = Some(Quota { limit, remaining: 0, resets_in: wait, resets_at: now + wait });
        failure.retry_after(wait)
    }

    /// An agent has as many connections open as it may.
    pub(crate) fn too_many_connections(limit: u32) -> Self {
        let wait = Duration::from_secs(10);
        let error = format!(
            "Rate limit reached: one agent may have at most {limit} connections open; close one, or wait {} and try \
             again.",
            in_words(wait),
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_STREAMS", error).retry_after(wait)
    }
}

/// What somebody who runs the hub for themselves may do about a limit per address.
fn local_hint(is_local: bool) -> &'static str {
    if is_local {
        " On a hub of your own, start it with --local-unlimited to lift limits per address on this machine."
    } else {
        ""
    }
}

/// A length of time as people say it. Always names a unit that clients look for.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_millis().div_ceil(1_000).max(1);
    let unit = |count: u128, unit: &str| match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    };
    match (seconds / 60, seconds % 60) {
        (0, seconds) => unit(seconds, "second"),
        (minutes, 0) => unit(minutes, "minute"),
        (minutes, seconds) => format!("{} {}", unit(minutes, "minute"), unit(seconds, "second")),
    }
}

impl From<BadName> for Failure {
    fn from(problem: BadName) -> Self {
        Self::bad_field("INVALID_NAME", "name", &format!("is not a name: {problem}"))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Parts { status, code, error, details, quota, retry_after } = *self.0;
        let problem = Problem { success: false, error, code, details };
        let mut response = (status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = retry_after {
            let seconds = u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(quota) = quota {
            insert_quota(headers, &quota);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
