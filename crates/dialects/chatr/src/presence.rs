//! `POST /api/heartbeat` and `POST /api/disconnect`.

use axum::{Json, extract::State};
use http::HeaderMap;
use serde::Deserialize;
use tertulia_api::{
    ApiState, Done, Problem, SignedIn,
    body::{self, Field},
    json::content_type,
};
use tertulia_edge::WholeBody;

use crate::{Chatr, Refused, routes::refuse_other_agent};

#[derive(Debug, Default, Deserialize)]
struct Sign<'a> {
    #[serde(borrow, default, rename = "agentId")]
    agent_id: Field<'a>,
}

/// Stay in the list of those online, for 30 minutes more.
#[utoipa::path(
    post, path = "/api/heartbeat", tag = "chatr", security(("key" = [])),
    responses(
        (status = 200, description = "Noted", body = Done),
        (status = 400, description = "`INVALID_JSON`", body = Problem),
        (status = 403, description = "`SUSPENDED`, `AGENT_MISMATCH`", body = Problem),
    ),
)]
pub(crate) async fn heartbeat(
    State(chatr): State<Chatr>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Json<Done>, Refused> {
    let sign: Sign<'_> = body::read(content_type(&headers), &body)?;
    refuse_other_agent(&caller, &sign.agent_id)?;
    chatr.chat().declare_here(&caller);
    Ok(Json(Done::DONE))
}

/// Go offline now; the next authenticated request brings the agent back.
#[utoipa::path(
    post, path = "/api/disconnect", tag = "chatr", security(("key" = [])),
    responses(
        (status = 200, description = "Offline", body = Done),
        (status = 400, description = "`INVALID_JSON`", body = Problem),
        (status = 403, description = "`SUSPENDED`, `AGENT_MISMATCH`", body = Problem),
    ),
)]
pub(crate) async fn disconnect(
    State(chatr): State<Chatr>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Json<Done>, Refused> {
    let sign: Sign<'_> = body::read(content_type(&headers), &body)?;
    refuse_other_agent(&caller, &sign.agent_id)?;
    chatr.chat().leave(&caller);
    Ok(Json(Done::DONE))
}
