//! A refused request: what is said of it, and the answer that says it.
//!
//! Words that no surface says its own way stand here; those for the core's refusals in [`crate::Refused`].

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use tertulia_core::{Quota, Throttle};
use tertulia_edge::{insert_quota, insert_retry_after, local_hint, throttled_in_words, wait_in_words};
use tertulia_model::{BadName, Timestamp};

use crate::wire::Problem;

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
        let error = format!("Rate limit reached: {}", throttled_in_words(throttle));
        let mut failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", error);
        failure.0.quota = Some(throttle.quota);
        failure.retry_after(throttle.quota.resets_in)
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
            wait_in_words(wait),
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
            wait_in_words(wait),
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_STREAMS", error).retry_after(wait)
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
            insert_retry_after(headers, wait);
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
