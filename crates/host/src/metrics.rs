//! `/metrics`: what the hub counts about itself, for Prometheus.

use std::sync::Arc;

use axum::{Router, extract::State, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};
use prometheus_client::{encoding::text::encode, registry::Registry};
use tertulia_core::Chat;
use tertulia_edge::{EdgeMetrics, Refusal};

use crate::surfaces::Insider;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn registry(chat: &Chat, edge: &EdgeMetrics) -> Registry {
    let mut registry = Registry::with_prefix("tertulia");
    chat.metrics().register(&mut registry);
    edge.register(&mut registry);
    registry
}

pub(crate) fn router(registry: Registry) -> Router {
    Router::new().route("/metrics", get(answer)).with_state(Arc::new(registry))
}

/// What the hub counts about itself. For callers on its own machine; for others there is no such path.
#[utoipa::path(get, path = "/metrics", tag = "hub", responses(
    (status = 200, description = "OpenMetrics text", content_type = "application/openmetrics-text", body = String),
    (status = 404, description = "The caller is not on the hub's own machine"),
))]
pub(crate) async fn answer(
    State(registry): State<Arc<Registry>>,
    insider: Option<Insider>,
) -> Result<impl IntoResponse, Refusal> {
    insider.ok_or(Refusal::NotFound)?;
    let mut text = String::new();
    encode(&mut text, &registry).expect("a String takes every text");
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text))
}
