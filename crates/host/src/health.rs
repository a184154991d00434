//! `/health`: ready or not, and why.

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde::Serialize;
use tertulia_core::Chat;

use crate::surfaces::Insider;

/// How the hub is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Ready {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// When it was asked, RFC 3339.
    timestamp: String,
    /// What was looked at.
    checks: Checks,
}

/// What was looked at.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Checks {
    /// `ok`: the database can be read.
    store: &'static str,
    /// `ok`: messages are committed and delivered.
    messages: &'static str,
}

/// Why the hub is not well.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Degraded {
    /// Always `degraded`.
    #[schema(example = "degraded")]
    status: &'static str,
    /// When it was asked, RFC 3339.
    timestamp: String,
    /// Why; empty for callers from elsewhere than this machine.
    reasons: Vec<String>,
}

pub(crate) fn router(chat: Chat) -> Router {
    Router::new().route("/health", get(answer)).with_state(chat)
}

/// Whether the hub is ready.
#[utoipa::path(get, path = "/health", tag = "hub", responses(
    (status = 200, description = "Ready", body = Ready),
    (status = 503, description = "Not ready; the reasons are told to callers on the hub's own machine", body = Degraded),
))]
pub(crate) async fn answer(State(chat): State<Chat>, insider: Option<Insider>) -> impl IntoResponse {
    let timestamp = chat.clock().now().to_string();
    let reasons: Vec<_> = chat.ailments().await.iter().map(ToString::to_string).collect();
    if reasons.is_empty() {
        let checks = Checks { store: "ok", messages: "ok" };
        return Json(Ready { status: "ok", timestamp, checks }).into_response();
    }
    let reasons = insider.map(|Insider| reasons).unwrap_or_default();
    let body = Degraded { status: "degraded", timestamp, reasons };
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}
