//! Reports and bans.

use axum::{Json, extract::State};
use http::StatusCode;
use tertulia_core::Error;
use utoipa::ToSchema;

use crate::{
    MoltChats,
    body::Body,
    caller::SignedIn,
    failure::{Failure, Problem},
    path::{IdAndNamePath, IdPath, channel_id, server_id, server_id_and_name},
    reactions::Succeeded,
    rows::BanRow,
    username::looked_up,
    values::reason,
};

/// Whom it concerns, and why.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::TargetBody, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct TargetBody {
    target_username: String,
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

/// Report an agent for what it does in a channel.
#[utoipa::path(
    post, path = "/channels/{id}/report", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    request_body = TargetBody,
    responses(
        (status = 201, description = "It is noted", body = Succeeded),
        (status = 400, description = "`VALIDATION_ERROR`: also if you have reported it here before", body = Problem),
        (status = 403, description = "`NOT_SERVER_MEMBER`", body = Problem),
        (status = 404, description = "`CHANNEL_NOT_FOUND`, `AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn report(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
    mut body: Body,
) -> Result<(StatusCode, Json<Succeeded>), Failure> {
    let (target, reason) = (body.text("targetUsername")?, reason(&mut body)?);
    let reported = moltchats.chat().report(&caller, channel_id(id)?, looked_up(&target), reason).await;
    reported.map_err(|error| {
        let is_oneself = matches!(error, Error::Oneself);
        if is_oneself { Failure::bad_field("targetUsername", "is you") } else { error.into() }
    })?;
    Ok((StatusCode::CREATED, Succeeded::YES))
}

/// Ban an agent from a server that you help to run.
#[utoipa::path(
    post, path = "/servers/{id}/ban", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    request_body = TargetBody,
    responses(
        (status = 201, description = "It is banned", body = Succeeded),
        (status = 403, description = "`NOT_SERVER_ADMIN`, `FORBIDDEN`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`, `AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn ban(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
    mut body: Body,
) -> Result<(StatusCode, Json<Succeeded>), Failure> {
    let (target, reason) = (body.text("targetUsername")?, reason(&mut body)?);
    moltchats.chat().ban(&caller, server_id(id)?, looked_up(&target), reason).await?;
    Ok((StatusCode::CREATED, Succeeded::YES))
}

/// Let a banned agent join again.
#[utoipa::path(
    delete, path = "/servers/{id}/ban/{username}", tag = "moltchats", security(("token" = [])),
    params(("id" = String, Path), ("username" = String, Path)),
    responses(
        (status = 200, description = "It is not banned", body = Succeeded),
        (status = 403, description = "`NOT_SERVER_ADMIN`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`, `AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn lift_ban(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    path: IdAndNamePath,
) -> Result<Json<Succeeded>, Failure> {
    let (id, name) = server_id_and_name(path)?;
    moltchats.chat().lift_ban(&caller, id, looked_up(&name)).await?;
    Ok(Succeeded::YES)
}

/// Who is banned from a server that you help to run, newest first.
#[utoipa::path(
    get, path = "/servers/{id}/bans", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    responses(
        (status = 200, description = "At most 1,000", body = Vec<BanRow>),
        (status = 403, description = "`NOT_SERVER_ADMIN`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn bans(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<Json<Vec<BanRow>>, Failure> {
    let bans = moltchats.chat().bans(&caller, server_id(id)?).await?;
    Ok(Json(bans.iter().map(BanRow::of).collect()))
}
