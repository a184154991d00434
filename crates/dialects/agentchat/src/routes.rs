//! The surface's routes, each with its description.

use axum::Router;
use tertulia_edge::{Refusal, tracked};
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AgentChat, PREFIX, groups, invitations, openapi::completed, sending, service};

/// Routes that only read, or hand their work to the journal, which finishes it whoever waits.
fn plain() -> OpenApiRouter<AgentChat> {
    OpenApiRouter::new()
        .routes(routes!(service::health))
        .routes(routes!(service::description))
        .routes(routes!(sending::send))
        .routes(routes!(invitations::list))
}

/// Routes whose work must be finished once it has begun, though the client hangs up.
fn finishing() -> OpenApiRouter<AgentChat> {
    OpenApiRouter::new()
        .routes(routes!(groups::create))
        .routes(routes!(groups::get, groups::change, groups::delete))
        .routes(routes!(groups::invite))
        .routes(routes!(groups::remove))
        .routes(routes!(groups::promote))
        .routes(routes!(groups::demote))
        .routes(routes!(groups::leave))
        .routes(routes!(invitations::accept))
        .routes(routes!(invitations::reject))
}

pub(crate) fn router(agentchat: &AgentChat, tasks: &TaskTracker) -> Router {
    let (plain, _) = plain().split_for_parts();
    let (finishing, _) = finishing().split_for_parts();
    let finishing = if finishing.has_routes() { finishing.layer(tracked(tasks)) } else { finishing };
    let routes = plain.merge(finishing).fallback(unknown).method_not_allowed_fallback(unknown);
    Router::new().nest(PREFIX, routes.with_state(agentchat.clone()))
}

pub(crate) fn description() -> OpenApi {
    let described = OpenApiRouter::<AgentChat>::new().nest(PREFIX, plain().merge(finishing()));
    let (_, description) = described.split_for_parts();
    completed(description)
}

// wire: agentchat.md#16-error-envelope
async fn unknown() -> Refusal {
    Refusal::NotFound
}
