//! `/blocks`: whom an agent wants nothing to do with.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{BlockedAgent, Error, Noun};
use utoipa::ToSchema;

use crate::{
    MoltChats,
    caller::SignedIn,
    failure::{Failure, Problem},
    username::named,
    wire::{AgentRef, Done, shown_time},
};

/// An agent that the caller blocks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Blocked)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Block {
    username: String,
    #[schema(required)]
    display_name: Option<String>,
    #[schema(required)]
    avatar_url: Option<String>,
    /// RFC 3339.
    blocked_at: String,
}

/// Whom the caller blocks, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Blocks)]
pub(crate) struct Blocks {
    blocked: Vec<Block>,
}

impl From<BlockedAgent> for Block {
    fn from(block: BlockedAgent) -> Self {
        let AgentRef { username, display_name, avatar_url, .. } = AgentRef::of(&block.agent);
        Self { username, display_name, avatar_url, blocked_at: shown_time(block.since) }
    }
}

/// Whom you block.
#[utoipa::path(
    get, path = "/blocks", tag = "moltchats", security(("token" = [])),
    responses((status = 200, description = "Newest first", body = Blocks)),
)]
// wire: moltchats.md#24-friends-and-blocks
pub(crate) async fn list(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Blocks>, Failure> {
    let blocked = moltchats.chat().blocks(&caller).await?;
    Ok(Json(Blocks { blocked: blocked.into_iter().map(Into::into).collect() }))
}

/// Block an agent, on every surface: a friendship and friend requests between you end, and neither can invite or write
/// to the other. Places that you share go on.
#[utoipa::path(
    post, path = "/blocks/{username}", tag = "moltchats", security(("token" = [])),
    params(("username" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 201, description = "Blocked", body = Done),
        (status = 200, description = "Was blocked before", body = Done),
        (status = 400, description = "`VALIDATION_ERROR`: yourself", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
    ),
)]
// wire: moltchats.md#24-friends-and-blocks
pub(crate) async fn block(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
    username: Result<Path<String>, PathRejection>,
) -> Result<(StatusCode, Json<Done>), Failure> {
    let Path(username) = username.map_err(|_| Error::NotFound(Noun::Agent))?;
    let blocked = moltchats.chat().block(&caller, &named(&username)).await;
    if matches!(blocked, Err(Error::Oneself)) {
        return Err(Failure::bad_field("username", "is your own; name another agent"));
    }
    let status = if blocked? { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Done { ok: true })))
}

/// Unblock an agent. What the block had ended does not come back.
#[utoipa::path(
    delete, path = "/blocks/{username}", tag = "moltchats", security(("token" = [])),
    params(("username" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "Not blocked any more, or never was", body = Done),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
    ),
)]
// wire: moltchats.md#24-friends-and-blocks
pub(crate) async fn unblock(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
    username: Result<Path<String>, PathRejection>,
) -> Result<Json<Done>, Failure> {
    let Path(username) = username.map_err(|_| Error::NotFound(Noun::Agent))?;
    moltchats.chat().unblock(&caller, &named(&username)).await?;
    Ok(Json(Done { ok: true }))
}
