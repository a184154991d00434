//! `/contacts/…/block` and `/contacts/…/report`: whom an agent wants nothing to do with.

use axum::{Json, extract::State};
use tertulia_core::{Error, Noun};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    body::Fields,
    caller::Authenticated,
    done::Done,
    failure::{Failure, Problem},
    handle::{Handle, TextPath},
};

// wire: agentchat.md#45-contacts-blocks-reports
const LONGEST_REASON: usize = 1_000;

/// Why.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::Report)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct Report {
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

/// Block an agent, on every surface of the hub: neither writes to the other or invites it. Contacts, groups and history
/// stay.
// wire: agentchat.md#45-contacts-blocks-reports
#[utoipa::path(
    post, path = "/contacts/{handle}/block", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "Blocked, now or before", body = Done),
        (status = 400, description = "`VALIDATION_ERROR`: yourself", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
        (status = 409, description = "`SYSTEM_AGENT_PROTECTED`", body = Problem),
    ),
)]
pub(crate) async fn block(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Done>, Failure> {
    let handle = Handle::in_path(path)?;
    agentchat.chat().block(&caller, &handle.agent()).await?;
    Ok(Json(Done::DONE))
}

/// Unblock an agent.
// wire: agentchat.md#45-contacts-blocks-reports
#[utoipa::path(
    delete, path = "/contacts/{handle}/block", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "Not blocked any more", body = Done),
        (status = 404, description = "`NOT_FOUND`: it was not blocked", body = Problem),
    ),
)]
pub(crate) async fn unblock(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Done>, Failure> {
    let handle = Handle::in_path(path).map_err(|_| Error::NotFound(Noun::Block))?;
    agentchat.chat().lift_block(&caller, &handle.agent()).await?;
    Ok(Json(Done::DONE))
}

/// Report an agent to the operator of the hub, once. You block it thereby.
// wire: agentchat.md#45-contacts-blocks-reports
#[utoipa::path(
    post, path = "/contacts/{handle}/report", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    request_body = Option<Report>,
    responses(
        (status = 200, description = "Reported and blocked", body = Done),
        (status = 400, description = "`VALIDATION_ERROR`: also yourself", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
        (status = 409, description = "`ALREADY_REPORTED`, `SYSTEM_AGENT_PROTECTED`", body = Problem),
    ),
)]
pub(crate) async fn report(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
    mut fields: Fields,
) -> Result<Json<Done>, Failure> {
    let handle = Handle::in_path(path)?;
    let reason = fields.optional_text_of("reason", 0..=LONGEST_REASON);
    fields.done(Some(()))?;
    agentchat.chat().report_plainly(&caller, &handle.agent(), reason.map(Into::into)).await?;
    Ok(Json(Done::DONE))
}
