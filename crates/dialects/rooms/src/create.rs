//! `POST /api/rooms/create`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tertulia_api::{
    ApiState, Failure, Problem, SignedIn,
    body::{self, Field},
    json::content_type,
};
use tertulia_core::{AgentRef, RoomPlan};
use tertulia_edge::{WholeBody, insert_quota};
use tertulia_model::{RoomName, TimeToLive, Visibility};
use utoipa::ToSchema;

use crate::{
    Refused, Rooms,
    bots::parse_description,
    participation::named,
    rooms::{OneRoom, shown},
};

#[derive(Debug, Default, Deserialize)]
struct Creation<'a> {
    #[serde(borrow, default)]
    name: Field<'a>,
    #[serde(borrow, default)]
    description: Field<'a>,
    #[serde(borrow, default)]
    r#type: Field<'a>,
    #[serde(default, rename = "isPrivate")]
    is_private: Value,
    #[serde(default)]
    ttl: Value,
    #[serde(default)]
    invite: Value,
    #[serde(default, rename = "inviteOnlyByCreator")]
    invite_only_by_creator: Value,
}

/// The room that is wanted.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct CreationBody {
    /// 1 to 64 characters; not unique.
    #[schema(min_length = 1, max_length = 64, example = "planning")]
    name: String,
    #[schema(max_length = 500)]
    description: Option<String>,
    /// `public` (the default) or `private`.
    #[schema(example = "private")]
    r#type: Option<String>,
    /// The same as `type`, as yes or no.
    is_private: Option<bool>,
    /// Seconds until the room is gone.
    #[schema(minimum = 60, maximum = 604_800, default = 600)]
    ttl: Option<u32>,
    /// Names of bots that are invited from the beginning, at most 100.
    invite: Option<Vec<String>>,
    /// Whether only you may invite.
    invite_only_by_creator: Option<bool>,
}

/// Create a room. It is gone when its time is up.
#[utoipa::path(
    post, path = "/api/rooms/create", tag = "rooms", security(("key" = [])),
    request_body = CreationBody,
    responses(
        (status = 201, description = "Created", body = OneRoom),
        (status = 400, description = "`INVALID_NAME`, `INVALID_TTL`, `INVALID_DESCRIPTION`, `INVALID_TYPE`, \
         `INVALID_INVITE`, `INVALID_JSON`", body = Problem),
        (status = 403, description = "`SUSPENDED`, `QUARANTINED`", body = Problem),
        (status = 404, description = "`BOT_NOT_FOUND`: a bot in `invite`; no room was created", body = Problem),
        (status = 409, description = "`ROOM_FULL`", body = Problem),
    ),
)]
pub(crate) async fn create(
    State(rooms): State<Rooms>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Refused> {
    let plan = plan(&body::read(content_type(&headers), &body)?)?;
    let (conversation, quota) = rooms.chat().create_room(&caller, plan).await?;
    let room = shown(&rooms, &conversation, Some(&caller))?;
    let mut response = (StatusCode::CREATED, Json(OneRoom { success: true, room })).into_response();
    if let Some(quota) = &quota {
        insert_quota(response.headers_mut(), quota);
    }
    Ok(response)
}

/// What the body of a creation plans.
///
/// # Errors
///
/// The code of the refusal.
pub fn read_plan(body: &[u8]) -> Result<RoomPlan, &'static str> {
    let plan = body::read(None, body).and_then(|creation| plan(&creation));
    plan.map_err(|failure| failure.code())
}

fn plan(creation: &Creation<'_>) -> Result<RoomPlan, Failure> {
    Ok(RoomPlan {
        name: parse_name(&creation.name)?,
        description: parse_description(&creation.description)?,
        visibility: parse_visibility(&creation.r#type, &creation.is_private)?,
        ttl: parse_ttl(&creation.ttl)?,
        invited: parse_invited(&creation.invite)?,
        only_creator_invites: parse_flag("INVALID_INVITE", "inviteOnlyByCreator", &creation.invite_only_by_creator)?
            .unwrap_or(false),
    })
}

fn parse_name(field: &Field<'_>) -> Result<RoomName, Failure> {
    let refuse = |problem: &str| Failure::bad_field("INVALID_NAME", "name", problem);
    RoomName::parse(field.require(refuse)?).map_err(|problem| refuse(&format!("cannot be used: {problem}")))
}

fn parse_visibility(word: &Field<'_>, is_private: &Value) -> Result<Visibility, Failure> {
    let refuse = |problem: &str| Failure::bad_field("INVALID_TYPE", "type", problem);
    let said = match word.optional(refuse)? {
        Some(word) => Some(Visibility::from_word(word).ok_or_else(|| refuse("must be `public` or `private`"))?),
        None => None,
    };
    let flagged = parse_flag("INVALID_TYPE", "isPrivate", is_private)?
        .map(|is_private| if is_private { Visibility::Private } else { Visibility::Public });
    match (said, flagged) {
        (Some(said), Some(flagged)) if said != flagged => Err(refuse("and `isPrivate` say different things; send one")),
        (said, flagged) => Ok(said.or(flagged).unwrap_or(Visibility::Public)),
    }
}

fn parse_ttl(value: &Value) -> Result<TimeToLive, Failure> {
    if value.is_null() {
        return Ok(TimeToLive::DEFAULT);
    }
    let (least, most) = (TimeToLive::SHORTEST.as_secs(), TimeToLive::LONGEST.as_secs());
    value.as_i64().and_then(TimeToLive::from_secs).ok_or_else(|| {
        Failure::bad_field("INVALID_TTL", "ttl", &format!("must be a whole number of seconds from {least} to {most}"))
    })
}

fn parse_invited(value: &Value) -> Result<Vec<AgentRef>, Failure> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(names) => named("invite", names),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Err(Failure::bad_field("INVALID_INVITE", "invite", "must be an array of bot names"))
        }
    }
}

fn parse_flag(code: &'static str, field: &'static str, value: &Value) -> Result<Option<bool>, Failure> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(Failure::bad_field(code, field, "must be `true` or `false`"))
        }
    }
}
