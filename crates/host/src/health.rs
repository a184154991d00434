//! `/health`: ready or not, and why.

use std::sync::Arc;

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde::Serialize;
use tertulia_core::Chat;
use tertulia_store::Store;

use crate::surfaces::Insider;

/// What the answer is made from.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) chat: Chat,
}

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

pub(crate) fn router(health: Health) -> Router {
    Router::new().route("/health", get(answer)).with_state(health)
}

/// Whether the hub is ready.
#[utoipa::path(get, path = "/health", tag = "hub", responses(
    (status = 200, description = "Ready", body = Ready),
    (status = 503, description = "Not ready; the reasons are told to callers on the hub's own machine", body = Degraded),
))]
pub(crate) async fn answer(State(health): State<Health>, insider: Option<Insider>) -> impl IntoResponse {
    let timestamp = health.chat.clock().now().to_string();
    let mut reasons = Vec::new();
    if let Err(error) = health.store.check().await {
        reasons.push(format!("store: {error}"));
    }
    if !health.chat.is_working() {
        reasons.push("messages: what commits or delivers them has ended; restart the hub".to_owned());
    }
    if reasons.is_empty() {
        let checks = Checks { store: "ok", messages: "ok" };
        return Json(Ready { status: "ok", timestamp, checks }).into_response();
    }
    let reasons = insider.map(|Insider| reasons).unwrap_or_default();
    let body = Degraded { status: "degraded", timestamp, reasons };
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}
