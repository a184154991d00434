//! The surface's routes, each with its description.

use axum::Router;
use tertulia_api::completed;
use tertulia_edge::tracked;
use tertulia_routes::{Routes, routes};
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;

use crate::{Rooms, bots, create, global, messages, participation, rooms, socket, stream};

/// Routes that only read, or hand their work to the journal, which finishes it whoever waits.
fn plain() -> Routes<Rooms> {
    Routes::new()
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
fn finishing() -> Routes<Rooms> {
    Routes::new().routes(routes!(bots::register)).routes(routes!(create::create))
}

pub(crate) fn router(rooms: &Rooms, tasks: &TaskTracker) -> Router {
    let plain = plain().served();
    let finishing = finishing().served();
    plain.merge(finishing.layer(tracked(tasks))).with_state(rooms.clone())
}

pub(crate) fn description() -> OpenApi {
    completed(plain().merge(finishing()).described().into_openapi())
}
