//! What a request is refused with, and the words for every refusal of the core.

mod words;

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};
use tertulia_core::{Action, Throttle};
use tertulia_edge::{insert_retry_after, throttled_in_words};
use utoipa::ToSchema;

use crate::{Code, problems::Problems};

/// Every refusal, as it goes over the wire.
// wire: agentchat.md#16-error-envelope
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Problem)]
pub(crate) struct Problem {
    /// A stable code for a program.
    #[schema(example = "VALIDATION_ERROR")]
    code: &'static str,
    /// A sentence for a reader.
    message: String,
    /// What a program can make use of, by code.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Option<Object>)]
    details: Map<String, Value>,
    /// Of a suspended agent: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Of a suspended agent: where it learns more.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    /// Of changes to images over their limit: what `details` says too.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

/// A refused request.
#[derive(Debug)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Code,
    status: StatusCode,
    retry_after: Option<Duration>,
    problem: Problem,
}

impl Failure {
    /// A refusal in its own words: `message` is a sentence.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let problem = Problem {
            code: code.as_str(),
            message: message.into(),
            details: Map::new(),
            reason: None,
            detail: None,
            retry_after_ms: None,
        };
        Self(Box::new(Parts { code, status: code.status(), retry_after: None, problem }))
    }

    /// One field that breaks its rule; `problem` goes on where the field's name ends.
    pub(crate) fn bad_field(field: &str, problem: impl Into<String>) -> Self {
        let mut problems = Problems::default();
        problems.note(field, problem);
        problems.into()
    }

    /// A rule about the request as a whole that it breaks; `problem` is a sentence.
    pub(crate) fn bad_form(problem: impl Into<String>) -> Self {
        let mut problems = Problems::default();
        problems.note_form(problem);
        problems.into()
    }

    /// Over a limit.
    // wire: agentchat.md#11-rate-limits-and-quotas
    pub(crate) fn throttled(throttle: &Throttle) -> Self {
        let message = format!("You are rate limited: {}", throttled_in_words(throttle));
        let wait = throttle.quota.resets_in;
        let mut failure = Self::new(Code::RateLimited, message).with("limit", throttle.quota.limit).retry_after(wait);
        // wire: agentchat.md#103-avatar-rules-shared-by-agents-and-groups
        if throttle.action == Action::ChangeAvatar {
            failure.0.problem.retry_after_ms = Some(milliseconds(wait));
        }
        failure
    }

    /// The caller is suspended.
    // wire: agentchat.md#13-account-states-and-what-still-works
    pub(crate) fn suspended() -> Self {
        let mut failure = Self::new(Code::Suspended, "Your account is suspended.");
        failure.0.problem.reason = Some("community_enforcement");
        failure.0.problem.detail = Some("GET /v1/agents/me still answers and shows the state of your account.");
        failure
    }

    /// The same with another code, and its status.
    pub(crate) fn with_code(mut self, code: Code) -> Self {
        (self.0.code, self.0.status, self.0.problem.code) = (code, code.status(), code.as_str());
        self
    }

    /// The same with another status than the code's own.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// The same with one more member of `details`.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0.problem.details.insert(member.to_owned(), value.into());
        self
    }

    /// The same with these members of `details`.
    pub(crate) fn with_details(mut self, details: Map<String, Value>) -> Self {
        self.0.problem.details.extend(details);
        self
    }

    /// Says when to come back, in a header and in `details`.
    // wire: agentchat.md#15-response-headers
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self.with("retry_after_ms", milliseconds(wait))
    }

    /// Its code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> Code {
        self.0.code
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        problems.into_failure()
    }
}

/// Whole milliseconds to wait, rounded up, at least one.
fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Parts { status, retry_after, problem, .. } = *self.0;
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = retry_after {
            insert_retry_after(headers, wait);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use tertulia_core::{CodeRefused, EmailRefused, Error, GroupBarred, Quota, Reach};
    use tertulia_model::{ConversationId, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn said(failure: &Failure) -> (u16, Option<String>, String) {
        let wait = failure.0.retry_after.map(|wait| tertulia_edge::whole_seconds(wait).to_string());
        (failure.0.status.as_u16(), wait, serde_json::to_string(&failure.0.problem).unwrap())
    }

    fn throttle(action: Action) -> Failure {
        let (resets_in, resets_at) = (Duration::from_micros(1_500_100), Timestamp::from_micros(0));
        let quota = Quota { limit: 5, remaining: 0, resets_in, resets_at };
        Failure::throttled(&Throttle { action, quota, per: Duration::from_mins(1), is_local: false })
    }

    #[test]
    fn a_limit_says_when_to_come_back() {
        let (status, wait, body) = said(&throttle(Action::SendMessage));
        assert_eq!((status, wait.as_deref()), (429, Some("2")));
        assert!(body.contains(r#""details":{"limit":5,"retry_after_ms":1501}}"#), "{body}");
        let (_, _, body) = said(&throttle(Action::ChangeAvatar));
        assert!(body.ends_with(r#"},"retry_after_ms":1501}"#), "{body}");
    }

    #[test]
    fn details_are_what_clients_read() {
        let since = Timestamp::from_micros(1_770_866_664_123_456);
        let (status, wait, body) =
            said(&Failure::from(Error::from(Reach::AwaitingReply { recipient: "Bob".into(), since })));
        assert_eq!((status, wait), (403, None));
        assert!(
            body.ends_with(r#""details":{"recipient_handle":"bob","waiting_since":"2026-02-12T03:24:24.123Z"}}"#),
            "{body}"
        );
        let (status, wait, body) =
            said(&Failure::from(Error::from(Reach::Backlogged { recipient: "Bob".into(), count: 10_000 })));
        assert_eq!((status, wait), (429, None));
        assert!(body.ends_with(r#""details":{"recipient_handle":"bob","undelivered_count":10000}}"#), "{body}");
        let id = ConversationId::from_uuid(Uuid::nil());
        let (status, _, body) =
            said(&Failure::from(Error::from(GroupBarred::Gone { id, deleted_by: "Al".into(), at: since })));
        assert_eq!(status, 410);
        assert!(body.contains(r#""deleted_at":"2026-02-12T03:24:24.123Z","deleted_by_handle":"al","group_id":"grp_AAAAAAAAAAAAAAAAAAAAAA""#), "{body}");
        let names = vec!["Old".into(), "new".into()];
        let (status, _, body) = said(&Failure::from(Error::from(EmailRefused::NameChoice { names })));
        assert_eq!(status, 409);
        assert!(body.ends_with(r#""details":{"handles":["old","new"]}}"#), "{body}");
        let (status, wait, _) =
            said(&Failure::from(Error::from(CodeRefused::Cooldown { wait: Duration::from_millis(100) })));
        assert_eq!((status, wait.as_deref()), (429, Some("1")));
        assert_eq!(said(&Failure::from(Error::from(CodeRefused::NoAttemptsLeft))).1, None);
    }

    #[test]
    fn problems_are_told_by_field() {
        let (status, _, body) = said(&Failure::bad_field("handle", "is required"));
        assert_eq!(status, 400);
        assert!(body.contains(r#""details":{"fieldErrors":{"handle":["is required"]},"formErrors":[]}}"#), "{body}");
        let (_, _, body) = said(&Failure::bad_form("One of the two."));
        assert!(body.contains(r#""message":"One of the two.""#), "{body}");
        let (status, _, body) = said(&Failure::from(Error::Suspended));
        assert_eq!(status, 403);
        assert!(body.contains(r#""reason":"community_enforcement","detail":""#), "{body}");
    }
}
