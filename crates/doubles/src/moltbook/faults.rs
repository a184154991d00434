//! How the double misbehaves.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

/// How the double misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// It does not.
    #[default]
    None,
    /// Holds every request until the fault changes.
    Slow,
    /// 200 and JSON that means nothing.
    Nonsense,
    /// 200 and half of a JSON text.
    Torn,
    /// 404 and a page, as a proxy in front of a broken service answers.
    Html,
    /// 200 and 16 MiB of JSON.
    Huge,
    /// 429 with `Retry-After` in seconds.
    TooMany {
        /// The seconds.
        retry_after: u64,
    },
    /// Takes connections and drops them.
    Down,
    /// 500 with an error in JSON.
    Failing,
    /// 301 to another address of the same double, as the service does without `www.`.
    Redirect,
}

/// Bytes of a huge answer.
const HUGE: usize = 16 * 1024 * 1024;

impl Fault {
    /// What is answered instead of the truth; `None` when the truth is to be told.
    pub(super) fn answer(self) -> Option<Response> {
        let answer = match self {
            Self::None | Self::Slow | Self::Down => return None,
            Self::Nonsense => Json(json!({"success": true, "weather": ["rain", 7, null]})).into_response(),
            Self::Torn => {
                ([(header::CONTENT_TYPE, "application/json")], r#"{"success":true,"agent":{"#).into_response()
            }
            Self::Html => (StatusCode::NOT_FOUND, Html("<!doctype html><h1>404</h1>")).into_response(),
            Self::Huge => Json(json!({"success": true, "padding": "x".repeat(HUGE)})).into_response(),
            Self::TooMany { retry_after } => too_many(retry_after),
            Self::Failing => {
                let body = Json(json!({"success": false, "error": "Internal server error"}));
                (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
            }
            Self::Redirect => (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, "/api/v1/moved")]).into_response(),
        };
        Some(answer)
    }
}

fn too_many(retry_after: u64) -> Response {
    let body = Json(json!({"success": false, "error": "rate_limit_exceeded", "retry_after_seconds": retry_after}));
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, retry_after.to_string())], body).into_response()
}
