//! The surface's routes, each with its description.

use axum::Router;
use http::StatusCode;
use tertulia_api::{Failure, body::Field, completed};
use tertulia_core::Caller;
use tertulia_edge::tracked;
use tertulia_routes::{Route, Routes, routes};
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;

use crate::{Chatr, agents, credentials, documents, messages, presence, register, stream, verify};

/// Routes that only read, or hand their work to the journal, which finishes it whoever waits.
fn plain() -> Routes<Chatr> {
    Routes::new()
        .routes(routes!(messages::post, messages::list))
        .routes(old_spelling())
        .routes(routes!(stream::open))
        .routes(routes!(presence::heartbeat))
        .routes(routes!(presence::disconnect))
        .routes(routes!(agents::list))
        .routes(routes!(documents::skills))
}

/// Routes whose work must be finished once it has begun, though the client hangs up.
fn finishing() -> Routes<Chatr> {
    Routes::new()
        .routes(routes!(register::register))
        .routes(routes!(verify::start))
        .routes(routes!(verify::complete))
        .routes(routes!(credentials::list, credentials::add))
        .routes(routes!(credentials::revoke))
}

#[expect(deprecated, reason = "older clients still call it")]
fn old_spelling() -> Route<Chatr> {
    routes!(messages::post_as_before)
}

pub(crate) fn router(chatr: &Chatr, tasks: &TaskTracker) -> Router {
    let plain = plain().served();
    let finishing = finishing().served();
    plain.merge(finishing.layer(tracked(tasks))).with_state(chatr.clone())
}

pub(crate) fn description() -> OpenApi {
    completed(plain().merge(finishing()).described().into_openapi())
}

/// A body may say which agent it comes from; the key decides, and they must not disagree.
// wire: chatr.md#1-conventions
pub(crate) fn refuse_other_agent(caller: &Caller, agent_id: &Field<'_>) -> Result<(), Failure> {
    match agent_id {
        Field::Absent => Ok(()),
        Field::Text(id) if id.eq_ignore_ascii_case(&caller.agent().id.to_string()) => Ok(()),
        Field::Text(_) | Field::Other => {
            let error = "`agentId` is not the agent that this key belongs to. Leave it out: the key decides.";
            Err(Failure::new(StatusCode::FORBIDDEN, "AGENT_MISMATCH", error))
        }
    }
}
