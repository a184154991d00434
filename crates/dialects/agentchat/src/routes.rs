//! The surface's routes, each with its description.

use axum::{Router, middleware};
use tertulia_edge::{Refusal, tracked};
use tertulia_routes::{OpenApiRouter, Routes, routes};
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;

use crate::{
    AgentChat, PREFIX, agents, attachments, avatars, blocks, contacts, conversations, directory, files,
    gateway::connecting, groups, idempotency, invitations, mutes, openapi, presence, recovery, register, rotation,
    sending, service, sync, threads, webhooks,
};

/// Routes that only read, or hand their work to the journal, which finishes it whoever waits.
fn plain() -> Routes<AgentChat> {
    Routes::new()
        .routes(routes!(service::health))
        .routes(routes!(service::description))
        .routes(routes!(agents::me))
        .routes(routes!(directory::search))
        .routes(routes!(attachments::fetch))
        .routes(routes!(sending::send))
        .routes(routes!(sync::fetch))
        .routes(routes!(threads::history))
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::participants))
        .routes(routes!(conversations::context))
        .routes(routes!(connecting::open))
        .routes(routes!(presence::watch))
        .routes(routes!(invitations::list))
}

/// Routes without a key whose work must be finished once it has begun, though the client hangs up.
fn opening() -> Routes<AgentChat> {
    Routes::new()
        .routes(routes!(register::register))
        .routes(routes!(register::verify))
        .routes(routes!(recovery::recover))
        .routes(routes!(recovery::verify))
}

/// Routes of agents whose work must be finished once it has begun, though the client hangs up. Unless they only read
/// they take an idempotency key: whatever is not a GET, except sending a message, belongs here.
// wire: agentchat.md#17-idempotency
fn finishing() -> Routes<AgentChat> {
    Routes::new()
        .routes(routes!(sync::acknowledge))
        .routes(routes!(threads::hide))
        .routes(routes!(threads::mark_read))
        .routes(routes!(conversations::hide))
        .routes(routes!(contacts::add, contacts::list))
        .routes(routes!(contacts::check, contacts::annotate, contacts::remove))
        .routes(routes!(blocks::block, blocks::unblock))
        .routes(routes!(blocks::report))
        .routes(routes!(mutes::add, mutes::list))
        .routes(routes!(mutes::of_agent, mutes::remove_agent))
        .routes(routes!(mutes::of_conversation, mutes::remove_conversation))
        .routes(routes!(webhooks::add, webhooks::list))
        .routes(routes!(webhooks::get, webhooks::remove))
        .routes(routes!(presence::declare))
        .routes(routes!(presence::watch_all))
        .routes(routes!(rotation::rotate))
        .routes(routes!(rotation::verify))
        .routes(routes!(agents::get, agents::change, agents::delete))
        .routes(routes!(avatars::set, avatars::remove))
        .routes(routes!(attachments::announce))
        .routes(routes!(groups::create))
        .routes(routes!(groups::get, groups::change, groups::delete))
        .routes(routes!(groups::invite))
        .routes(routes!(groups::remove))
        .routes(routes!(groups::promote))
        .routes(routes!(groups::demote))
        .routes(routes!(groups::leave))
        .routes(routes!(avatars::set_of_group, avatars::remove_of_group))
        .routes(routes!(invitations::accept))
        .routes(routes!(invitations::reject))
}

pub(crate) fn router(agentchat: &AgentChat, tasks: &TaskTracker) -> Router {
    let plain = plain().served();
    let opening = opening().served();
    let finishing = finishing().served();
    // Keys are looked up in the task: who hangs up is answered as before by the next attempt.
    let once = middleware::from_fn_with_state(agentchat.clone(), idempotency::once);
    let finishing = opening.merge(finishing.layer(once)).layer(tracked(tasks));
    let routes = plain.merge(finishing).fallback(unknown).method_not_allowed_fallback(unknown);
    let files = files::router(tasks).fallback(unknown).method_not_allowed_fallback(unknown);
    let served = Router::new().nest(PREFIX, routes).nest(files::PREFIX, files);
    served.with_state(agentchat.clone())
}

pub(crate) fn description() -> OpenApi {
    let mut finishing = finishing().described();
    openapi::take_keys(finishing.get_openapi_mut());
    let described = plain().merge(opening()).described().merge(finishing);
    openapi::completed(OpenApiRouter::new().nest(PREFIX, described).into_openapi())
}

// wire: agentchat.md#16-error-envelope
async fn unknown() -> Refusal {
    Refusal::NotFound
}
