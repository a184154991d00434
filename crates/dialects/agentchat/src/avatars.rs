//! `/agents/…/avatar` and `/groups/…/avatar`: pictures, made anew of what is sent.

mod gallery;

use axum::{Json, extract::State};
use serde::Serialize;
use tertulia_core::{AVATARS_AT, Caller};
use tertulia_edge::StreamedBody;
use utoipa::ToSchema;

use self::gallery::Folder;
use crate::{
    AgentChat,
    body::{MOST_DISCARDED, Unreadable},
    caller::Authenticated,
    done::Done,
    failure::{Failure, Problem},
    groups,
    handle::{Handle, TextPath},
};

/// A picture that the hub keeps.
// wire: agentchat.md#104-avatar-pipeline
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Avatar)]
pub(crate) struct Avatar {
    #[schema(example = "9f86d081884c7d65/60303ae22b998861bce3b28f33eec1be.webp")]
    avatar_key: String,
    avatar_url: String,
}

impl Avatar {
    fn under(key: String, agentchat: &AgentChat) -> Self {
        let avatar_url = format!("{}{AVATARS_AT}{key}", agentchat.options().public_url);
        Self { avatar_key: key, avatar_url }
    }
}

/// Set your picture: the bytes of a JPEG, PNG, WebP or GIF, whatever type they come with. What is kept is drawn anew.
// wire: agentchat.md#103-avatar-rules-shared-by-agents-and-groups
#[utoipa::path(
    put, path = "/agents/{handle}/avatar", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "Your own")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "Where it is", body = Avatar),
        (status = 400, body = Problem,
            description = "`EMPTY_BODY`, `UNSUPPORTED_FORMAT`, `DECODE_FAILED`, `IMAGE_TOO_SMALL`, `PROCESSING_FAILED`"),
        (status = 403, description = "`FORBIDDEN`: another agent's, `SUSPENDED`", body = Problem),
        (status = 413, description = "`PAYLOAD_TOO_LARGE`: over 5 MiB", body = Problem),
        (status = 429, description = "`RATE_LIMITED`", body = Problem),
        (status = 503, description = "`STORAGE_UNAVAILABLE`", body = Problem),
    ),
)]
pub(crate) async fn set(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
    mut body: StreamedBody,
) -> Result<Json<Avatar>, Unreadable> {
    let kept = take(&agentchat, &caller, path, &mut body).await;
    answered(kept, &mut body).await
}

/// Take your picture away.
// wire: agentchat.md#103-avatar-rules-shared-by-agents-and-groups
#[utoipa::path(
    delete, path = "/agents/{handle}/avatar", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "Your own")),
    responses(
        (status = 200, description = "You have none any more", body = Done),
        (status = 403, description = "`FORBIDDEN`: another agent's, `SUSPENDED`", body = Problem),
        (status = 404, description = "`NOT_FOUND`: you have none", body = Problem),
        (status = 429, description = "`RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn remove(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Done>, Failure> {
    Handle::in_path(path)?.must_be_of(caller.agent())?;
    let chat = agentchat.chat();
    chat.count_avatar_change(&caller)?;
    gallery::take_down(&agentchat, &Folder::of_agent(caller.agent().id), chat.remove_avatar(&caller)).await?;
    Ok(Json(Done::DONE))
}

/// Set the picture of a group: the bytes of a JPEG, PNG, WebP or GIF, whatever type they come with.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    put, path = "/groups/{id}/avatar", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "`grp_…`")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "Where it is", body = Avatar),
        (status = 400, body = Problem,
            description = "`EMPTY_BODY`, `UNSUPPORTED_FORMAT`, `DECODE_FAILED`, `IMAGE_TOO_SMALL`, `PROCESSING_FAILED`"),
        (status = 403, description = "`FORBIDDEN`: you are no admin", body = Problem),
        (status = 404, description = "`GROUP_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
        (status = 413, description = "`PAYLOAD_TOO_LARGE`: over 5 MiB", body = Problem),
        (status = 429, description = "`RATE_LIMITED`", body = Problem),
        (status = 503, description = "`STORAGE_UNAVAILABLE`", body = Problem),
    ),
)]
pub(crate) async fn set_of_group(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
    mut body: StreamedBody,
) -> Result<Json<Avatar>, Unreadable> {
    let kept = take_for_group(&agentchat, &caller, path, &mut body).await;
    answered(kept, &mut body).await
}

/// Take the picture of a group away.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    delete, path = "/groups/{id}/avatar", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "`grp_…`")),
    responses(
        (status = 200, description = "It has none any more", body = Done),
        (status = 403, description = "`FORBIDDEN`: you are no admin", body = Problem),
        (status = 404, description = "`GROUP_NOT_FOUND`; `NOT_FOUND`: it has none", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
        (status = 429, description = "`RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn remove_of_group(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Done>, Failure> {
    let (chat, id) = (agentchat.chat(), groups::in_path(path)?);
    chat.permit_group_avatar(&caller, id).await?;
    chat.count_avatar_change(&caller)?;
    gallery::take_down(&agentchat, &Folder::of_group(id), chat.set_group_avatar(&caller, id, None)).await?;
    Ok(Json(Done::DONE))
}

async fn take(
    agentchat: &AgentChat,
    caller: &Caller,
    path: TextPath,
    body: &mut StreamedBody,
) -> Result<Avatar, Unreadable> {
    Handle::in_path(path)?.must_be_of(caller.agent())?;
    let chat = agentchat.chat();
    chat.count_avatar_change(caller)?;
    let picture = gallery::drawn(agentchat, body).await?;
    let folder = Folder::of_agent(caller.agent().id);
    let key = folder.key_of(&picture);
    gallery::hang(agentchat, &folder, &key, picture, chat.set_avatar(caller, &key)).await?;
    Ok(Avatar::under(key, agentchat))
}

async fn take_for_group(
    agentchat: &AgentChat,
    caller: &Caller,
    path: TextPath,
    body: &mut StreamedBody,
) -> Result<Avatar, Unreadable> {
    let (chat, id) = (agentchat.chat(), groups::in_path(path)?);
    chat.permit_group_avatar(caller, id).await?;
    chat.count_avatar_change(caller)?;
    let picture = gallery::drawn(agentchat, body).await?;
    let folder = Folder::of_group(id);
    let key = folder.key_of(&picture);
    let shown = chat.set_group_avatar(caller, id, Some(key.as_str().into()));
    gallery::hang(agentchat, &folder, &key, picture, shown).await?;
    Ok(Avatar::under(key, agentchat))
}

/// What was kept, or why nothing was: then the rest of the body is read first.
async fn answered(kept: Result<Avatar, Unreadable>, body: &mut StreamedBody) -> Result<Json<Avatar>, Unreadable> {
    if kept.is_err() {
        body.discard(MOST_DISCARDED).await;
    }
    kept.map(Json)
}
