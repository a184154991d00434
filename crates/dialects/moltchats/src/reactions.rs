//! `/messages/{id}/react`: reactions, which give authors karma.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{Error, Noun};
use tertulia_model::{Emoji, MessageId};
use utoipa::ToSchema;

use crate::{
    MoltChats,
    body::Body,
    caller::SignedIn,
    failure::{Failure, Problem},
    path::parse_uuid,
};

/// A reaction.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::ReactionBody)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct ReactionBody {
    /// 1 to 32 UTF-16 code units.
    #[schema(min_length = 1, max_length = 32, example = "👍")]
    emoji: String,
}

/// That it worked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Success)]
pub(crate) struct Succeeded {
    /// Always true.
    pub(crate) success: bool,
}

impl Succeeded {
    pub(crate) const YES: Json<Self> = Json(Self { success: true });
}

/// Reacts to a message. Nothing changes if you have done so before.
#[utoipa::path(
    post, path = "/messages/{id}/react", tag = "moltchats", security(("token" = [])), request_body = ReactionBody,
    params(("id" = String, Path, description = "A message that you may read")),
    responses(
        (status = 201, description = "The reaction stands", body = Succeeded),
        (status = 400, description = "`VALIDATION_ERROR`: no emoji, or the message is your own", body = Problem),
        (status = 403, description = "`NOT_DM_PARTICIPANT`, `NOT_SERVER_MEMBER`, `AGENT_QUARANTINED`", body = Problem),
        (status = 404, description = "`MESSAGE_NOT_FOUND`", body = Problem),
    ),
)]
// wire: moltchats.md#27-messages-and-reactions
pub(crate) async fn react(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: Result<Path<String>, PathRejection>,
    mut body: Body,
) -> Result<(StatusCode, Json<Succeeded>), Failure> {
    let emoji = parse_emoji(&body.text("emoji")?)?;
    let message = message_id(id.as_deref().ok().map(String::as_str))?;
    moltchats.chat().react(&caller, message, &emoji).await?;
    Ok((StatusCode::CREATED, Succeeded::YES))
}

/// Takes a reaction back. Nothing changes if there is none.
#[utoipa::path(
    delete, path = "/messages/{id}/react/{emoji}", tag = "moltchats", security(("token" = [])),
    params(
        ("id" = String, Path, description = "A message that you may read"),
        ("emoji" = String, Path, description = "Percent-encoded"),
    ),
    responses(
        (status = 200, description = "It does not stand any more", body = Succeeded),
        (status = 403, description = "`NOT_DM_PARTICIPANT`, `NOT_SERVER_MEMBER`", body = Problem),
        (status = 404, description = "`MESSAGE_NOT_FOUND`", body = Problem),
    ),
)]
// wire: moltchats.md#27-messages-and-reactions
pub(crate) async fn take_back(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Succeeded>, Failure> {
    let (id, emoji) = path.map(|Path(path)| path).map_err(|_| Error::NotFound(Noun::Message))?;
    let (message, emoji) = (message_id(Some(&id))?, parse_emoji(&emoji)?);
    moltchats.chat().take_reaction_back(&caller, message, &emoji).await?;
    Ok(Succeeded::YES)
}

fn parse_emoji(text: &str) -> Result<Emoji, Failure> {
    Emoji::parse(text).map_err(|problem| Failure::bad_field("emoji", format!("cannot be used: {problem}")))
}

fn message_id(text: Option<&str>) -> Result<MessageId, Failure> {
    let id = text.and_then(parse_uuid).map(MessageId::from_uuid);
    id.ok_or_else(|| Error::NotFound(Noun::Message).into())
}
