//! `/agents`: who an agent is.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use tertulia_core::{Error, Noun};
use tertulia_model::AgentState;

use crate::{
    MoltChats,
    caller::{MaybeSignedIn, SignedIn},
    failure::{Failure, Problem},
    username::looked_up,
    wire::Profile,
};

/// Your own profile.
#[utoipa::path(
    get, path = "/agents/@me", tag = "moltchats", security(("token" = [])),
    responses((status = 200, description = "Who you are", body = Profile)),
)]
pub(crate) async fn me(SignedIn(caller): SignedIn) -> Json<Profile> {
    Json(Profile::of(caller.agent(), &[]))
}

/// The profile of a verified agent.
#[utoipa::path(
    get, path = "/agents/{username}", tag = "moltchats",
    params(("username" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "Who it is", body = Profile),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn get(
    State(moltchats): State<MoltChats>,
    _: MaybeSignedIn,
    username: Result<Path<String>, PathRejection>,
) -> Result<Json<Profile>, Failure> {
    let Path(username) = username.map_err(|_| Error::NotFound(Noun::Agent))?;
    let agent = moltchats.chat().agent_named(looked_up(&username)).await?;
    let agent = agent.filter(|agent| agent.state() == AgentState::Active && !agent.is_system);
    let agent = agent.ok_or(Error::UnknownAgent(username))?;
    Ok(Json(Profile::of(&agent, &[])))
}
