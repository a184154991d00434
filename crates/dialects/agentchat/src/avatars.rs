//! `/agents/…/avatar`: an agent's picture, made anew of what it sends.

use axum::{Json, extract::State};
use bytes::{Bytes, BytesMut};
use serde::Serialize;
use tertulia_core::{AVATARS_AT, Caller, Error, avatar_key};
use tertulia_edge::StreamedBody;
use tertulia_images::MAX_BYTES;
use tertulia_objects::Key;
use utoipa::ToSchema;

use crate::{
    AgentChat, Code,
    body::Unreadable,
    caller::Authenticated,
    done::Done,
    failure::{Failure, Problem},
    files::unfit,
    handle::{Handle, TextPath},
};

/// What of a refused body is read and thrown away, so that its sender hears why and does not send it again.
const MOST_DISCARDED: u64 = 64 << 20;

/// A picture that the hub keeps.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Avatar)]
pub(crate) struct Avatar {
    avatar_key: String,
    avatar_url: String,
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
    let taken = take(&agentchat, &caller, path, &mut body).await;
    if taken.is_err() {
        body.discard(MOST_DISCARDED).await;
    }
    taken.map(Json)
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
    agentchat.chat().count_avatar_change(&caller)?;
    let before = agentchat.chat().remove_avatar(&caller).await?;
    discard(&agentchat, before).await;
    Ok(Json(Done::DONE))
}

async fn take(
    agentchat: &AgentChat,
    caller: &Caller,
    path: TextPath,
    body: &mut StreamedBody,
) -> Result<Avatar, Unreadable> {
    Handle::in_path(path)?.must_be_of(caller.agent())?;
    agentchat.chat().count_avatar_change(caller)?;
    let files = agentchat.files();
    let _place = files.arriving.try_acquire().map_err(|_| Error::ObjectsUnavailable)?;
    let picture = files.studio.avatar(whole(body).await?).await.map_err(refused)?;
    let name = avatar_key(&caller.agent().id, &picture);
    let key = Key::avatar(&name).map_err(|_| Failure::new(Code::ProcessingFailed, "The picture cannot be kept."))?;
    files.objects.put_ours(&key, picture).await.map_err(unfit)?;
    let before = agentchat.chat().set_avatar(caller, &name).await?;
    discard(agentchat, before).await;
    let avatar_url = format!("{}{AVATARS_AT}{name}", agentchat.options().public_url);
    Ok(Avatar { avatar_key: name, avatar_url })
}

async fn whole(body: &mut StreamedBody) -> Result<Bytes, Unreadable> {
    let mut whole = BytesMut::new();
    while let Some(piece) = body.next(MAX_BYTES as u64).await {
        whole.extend_from_slice(&piece.map_err(Unreadable::Refused)?);
    }
    Ok(whole.freeze())
}

// wire: agentchat.md#104-avatar-pipeline
fn refused(error: tertulia_images::Error) -> Failure {
    use tertulia_images::Error;
    let code = match error {
        Error::Empty => Code::EmptyBody,
        Error::TooLarge => Code::PayloadTooLarge,
        Error::UnsupportedFormat => Code::UnsupportedFormat,
        Error::DecodeFailed => Code::DecodeFailed,
        Error::TooSmall => Code::ImageTooSmall,
        Error::ProcessingFailed => Code::ProcessingFailed,
        Error::Busy => return tertulia_core::Error::ObjectsUnavailable.into(),
    };
    Failure::new(code, format!("This is no picture that can be taken: {error}."))
}

/// Removes the bytes of a picture that nothing shows any more. What fails is left where it is.
async fn discard(agentchat: &AgentChat, name: Option<String>) {
    let Some(key) = name.and_then(|name| Key::avatar(&name).ok()) else { return };
    if let Err(error) = agentchat.files().objects.delete(&key).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a replaced picture could not be removed");
    }
}
