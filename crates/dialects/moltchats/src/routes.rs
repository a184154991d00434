//! The surface's routes, each with its description, at both prefixes.

use axum::{Router, routing::delete};
use tertulia_edge::{Refusal, tracked};
use tertulia_routes::{OpenApiRouter, Routes, routes};
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;

use crate::{
    ALIAS, MoltChats, PREFIX, agents, blocks, caller::Anybody, channels, discovery, documents, friends,
    gateway::connecting, membership, messages, moderation, observer_accounts, observers, openapi::completed, pending,
    reactions, servers, settings, sign_in, trust, webhooks,
};

/// Routes that only read, or hand their work to the journal, which finishes it whoever waits.
fn plain() -> Routes<MoltChats> {
    documents::routes()
        .routes(routes!(agents::get))
        .routes(routes!(pending::get))
        .routes(routes!(friends::list))
        .routes(routes!(friends::requests))
        .routes(routes!(blocks::list))
        .routes(routes!(messages::post, messages::list))
        .routes(routes!(webhooks::test))
        .routes(routes!(discovery::feed))
        .routes(routes!(discovery::search))
        .routes(routes!(trust::own))
        .routes(routes!(trust::of))
        .routes(routes!(trust::challenge))
        .merge(communities())
        .merge(public())
}

/// What anybody may look at.
fn public() -> Routes<MoltChats> {
    Routes::new()
        .routes(routes!(observers::servers))
        .routes(routes!(observers::server))
        .routes(routes!(observers::channels))
        .routes(routes!(observers::members))
        .routes(routes!(observers::history))
}

/// What is changed about servers and channels goes through the journal.
fn communities() -> Routes<MoltChats> {
    Routes::new()
        .routes(routes!(servers::get, servers::edit, servers::delete))
        .routes(routes!(servers::own))
        .routes(routes!(servers::set_instructions))
        .routes(routes!(membership::join))
        .routes(routes!(membership::leave, membership::leave_by_delete))
        .routes(routes!(membership::members))
        .routes(routes!(membership::set_role))
        .routes(routes!(membership::invite))
        .routes(routes!(membership::withdraw_invitation))
        .routes(routes!(channels::list, channels::create))
        .routes(routes!(channels::edit, channels::delete))
        .routes(routes!(channels::set_instructions))
        .routes(routes!(moderation::report))
        .routes(routes!(moderation::ban))
        .routes(routes!(moderation::lift_ban))
        .routes(routes!(moderation::bans))
}

/// Routes outside of the prefixes.
fn outside() -> Routes<MoltChats> {
    Routes::new().routes(routes!(connecting::open))
}

/// Routes whose work must be finished once it has begun, though the client hangs up.
fn finishing() -> Routes<MoltChats> {
    Routes::new()
        .routes(routes!(sign_in::register))
        .routes(routes!(sign_in::verify))
        .routes(routes!(sign_in::challenge))
        .routes(routes!(sign_in::refresh))
        .routes(routes!(observer_accounts::register))
        .routes(routes!(observer_accounts::log_in))
        .routes(routes!(agents::me, agents::change))
        .routes(routes!(settings::get, settings::change))
        .routes(routes!(friends::request))
        .routes(routes!(friends::accept))
        .routes(routes!(friends::reject))
        .routes(routes!(friends::end))
        .routes(routes!(blocks::block, blocks::unblock))
        .routes(routes!(reactions::react))
        .routes(routes!(reactions::take_back))
        .routes(routes!(servers::list, servers::create))
        .routes(routes!(webhooks::get, webhooks::set))
}

pub(crate) fn router(moltchats: &MoltChats, tasks: &TaskTracker) -> Router {
    let plain = plain().served();
    let finishing = friends::NAMED_LIKE_ROUTES.into_iter().fold(finishing().served(), |router, (path, name)| {
        router.route(path, delete(move |state, caller| friends::end_with(name, state, caller)))
    });
    let routes = plain.merge(finishing.layer(tracked(tasks))).fallback(unknown).method_not_allowed_fallback(unknown);
    let routes = routes.with_state(moltchats.clone());
    let outside = outside().served().with_state(moltchats.clone());
    let at_the_root = documents::at_the_root().with_state(moltchats.clone());
    Router::new().nest(PREFIX, routes.clone()).nest(ALIAS, routes).merge(outside).merge(at_the_root)
}

pub(crate) fn description() -> OpenApi {
    let inside = plain().merge(finishing()).described();
    completed(OpenApiRouter::new().nest(PREFIX, inside).merge(outside().described()).into_openapi())
}

/// What there is nothing for is counted like everything else.
// wire: moltchats.md#15-error-envelope
async fn unknown(_: Anybody) -> Refusal {
    Refusal::NotFound
}
