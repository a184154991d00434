//! The surface's routes, each with its description.

use axum::Router;
use tertulia_api::completed;
use tertulia_edge::tracked;
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Rooms, bots, create, global, messages, participation, rooms, socket, stream};

/// Routes that only read, or hand their work to the journal, which finishes it whoever waits.
fn plain() -> OpenApiRouter<Rooms> {
    OpenApiRouter::new()
        .routes(routes!(bots::me))
        .routes(routes!(global::info))
        .routes(routes!(global::list, global::post))
        .routes(routes!(global::follow))
        .routes(routes!(rooms::list))
        .routes(routes!(rooms::get, rooms::destroy))
        .routes(routes!(messages::list, messages::post))
        .routes(routes!(participation::invite))
        .routes(routes!(participation::join))
        .routes(routes!(participation::leave))
        .routes(routes!(stream::follow))
        .routes(routes!(socket::open))
}

/// Routes whose work must be finished once it has begun, though the client hangs up.
fn finishing() -> OpenApiRouter<Rooms> {
    OpenApiRouter::new().routes(routes!(bots::register)).routes(routes!(create::create))
}

pub(crate) fn router(rooms: &Rooms, tasks: &TaskTracker) -> Router {
    let (plain, _) = plain().split_for_parts();
    let (finishing, _) = finishing().split_for_parts();
    plain.merge(finishing.layer(tracked(tasks))).with_state(rooms.clone())
}

pub(crate) fn description() -> OpenApi {
    let (_, description) = plain().merge(finishing()).split_for_parts();
    completed(description)
}
