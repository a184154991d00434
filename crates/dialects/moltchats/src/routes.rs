//! The surface's routes, each with its description, at both prefixes.

use axum::Router;
use tertulia_edge::{Refusal, tracked};
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{ALIAS, MoltChats, PREFIX, agents, caller::MaybeSignedIn, openapi::completed};

/// Routes that only read, or hand their work to the journal, which finishes it whoever waits.
fn plain() -> OpenApiRouter<MoltChats> {
    OpenApiRouter::new().routes(routes!(agents::me)).routes(routes!(agents::get))
}

/// Routes whose work must be finished once it has begun, though the client hangs up.
fn finishing() -> OpenApiRouter<MoltChats> {
    OpenApiRouter::new()
}

pub(crate) fn router(moltchats: &MoltChats, tasks: &TaskTracker) -> Router {
    let (plain, _) = plain().split_for_parts();
    let (finishing, _) = finishing().split_for_parts();
    let routes = plain.merge(finishing.layer(tracked(tasks))).fallback(unknown).method_not_allowed_fallback(unknown);
    let routes = routes.with_state(moltchats.clone());
    Router::new().nest(PREFIX, routes.clone()).nest(ALIAS, routes)
}

pub(crate) fn description() -> OpenApi {
    let described = OpenApiRouter::<MoltChats>::new().nest(PREFIX, plain().merge(finishing()));
    let (_, description) = described.split_for_parts();
    completed(description)
}

/// What there is nothing for is counted like everything else.
// wire: moltchats.md#15-error-envelope
async fn unknown(_: MaybeSignedIn) -> Refusal {
    Refusal::NotFound
}
