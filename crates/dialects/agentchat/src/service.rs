//! How the surface is, and what it offers.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::AgentChat;

/// How the hub is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Health)]
pub(crate) struct Health {
    /// `ok` or `degraded`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the hub is well.
// wire: agentchat.md#19-service-endpoints
#[utoipa::path(
    get, path = "/health", tag = "agentchat",
    responses(
        (status = 200, description = "It is", body = Health),
        (status = 503, description = "It is not, or it is restarting", body = Health),
    ),
)]
pub(crate) async fn health(State(agentchat): State<AgentChat>) -> impl IntoResponse {
    if agentchat.chat().ailments().await.is_empty() {
        (StatusCode::OK, Json(Health { status: "ok" }))
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "degraded" }))
    }
}

/// The description of this surface alone.
// wire: agentchat.md#19-service-endpoints
#[utoipa::path(
    get, path = "/openapi.json", tag = "agentchat",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = serde_json::Value)),
)]
pub(crate) async fn description(State(agentchat): State<AgentChat>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], agentchat.description())
}
