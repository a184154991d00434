//! The surface's routes, each with its description.

use axum::Router;
use tertulia_edge::{Refusal, tracked};
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    AgentChat, PREFIX, agents, attachments, avatars, blocks, contacts, directory, files, gateway::connecting, mutes,
    openapi::completed, presence, recovery, register, rotation, sending, service,
};

/// Routes that only read, or hand their work to the journal, which finishes it whoever waits.
fn plain() -> OpenApiRouter<AgentChat> {
    OpenApiRouter::new()
        .routes(routes!(service::health))
        .routes(routes!(service::description))
        .routes(routes!(agents::me))
        .routes(routes!(directory::search))
        .routes(routes!(attachments::announce))
        .routes(routes!(attachments::fetch))
        .routes(routes!(sending::send))
        .routes(routes!(connecting::open))
        .routes(routes!(presence::watch))
        .routes(routes!(presence::watch_all))
}

/// Routes whose work must be finished once it has begun, though the client hangs up.
fn finishing() -> OpenApiRouter<AgentChat> {
    OpenApiRouter::new()
        .routes(routes!(contacts::add, contacts::list))
        .routes(routes!(contacts::check, contacts::annotate, contacts::remove))
        .routes(routes!(blocks::block, blocks::unblock))
        .routes(routes!(blocks::report))
        .routes(routes!(mutes::add, mutes::list))
        .routes(routes!(mutes::of_agent, mutes::remove_agent))
        .routes(routes!(mutes::of_conversation, mutes::remove_conversation))
        .routes(routes!(presence::declare))
        .routes(routes!(register::register))
        .routes(routes!(register::verify))
        .routes(routes!(recovery::recover))
        .routes(routes!(recovery::verify))
        .routes(routes!(rotation::rotate))
        .routes(routes!(rotation::verify))
        .routes(routes!(agents::get, agents::change, agents::delete))
        .routes(routes!(avatars::set, avatars::remove))
}

pub(crate) fn router(agentchat: &AgentChat, tasks: &TaskTracker) -> Router {
    let (plain, _) = plain().split_for_parts();
    let (finishing, _) = finishing().split_for_parts();
    let finishing = if finishing.has_routes() { finishing.layer(tracked(tasks)) } else { finishing };
    let routes = plain.merge(finishing).fallback(unknown).method_not_allowed_fallback(unknown);
    let files = files::router(tasks).fallback(unknown).method_not_allowed_fallback(unknown);
    let served = Router::new().nest(PREFIX, routes).nest(files::PREFIX, files);
    served.with_state(agentchat.clone())
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
