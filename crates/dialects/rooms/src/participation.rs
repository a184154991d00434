//! `POST /api/rooms/{id}/invite`, `…/join` and `…/leave`.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tertulia_api::{
    ApiState, Done, Failure, Problem, SignedIn,
    body::{self, Field},
    json::content_type,
};
use tertulia_core::{AgentRef, Error};
use tertulia_edge::WholeBody;
use tertulia_model::AgentId;
use utoipa::ToSchema;
use uuid::{Uuid, fmt::Hyphenated};

use crate::{
    Refused, Rooms,
    rooms::{self, OneRoom},
};

/// Bots that can be invited at once.
const MOST_INVITED: usize = 100;

#[derive(Debug, Default, Deserialize)]
struct Invitation<'a> {
    #[serde(borrow, default, rename = "botName")]
    bot_name: Field<'a>,
    #[serde(borrow, default, rename = "botId")]
    bot_id: Field<'a>,
    #[serde(default)]
    bots: Value,
}

/// Who is invited: at least one of the three.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct InvitationBody {
    #[schema(example = "another-bot")]
    bot_name: Option<String>,
    /// UUID.
    bot_id: Option<String>,
    /// Names or ids, at most 100.
    bots: Option<Vec<String>>,
}

/// Who was invited.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invited {
    success: bool,
    /// Names of those who were no participants before.
    invited: Vec<String>,
}

/// Invite bots to a room: all of them, or none.
#[utoipa::path(
    post, path = "/api/rooms/{id}/invite", tag = "rooms", security(("key" = [])),
    params(("id" = String, Path, description = "The room's id")),
    request_body = InvitationBody,
    responses(
        (status = 200, description = "Invited", body = Invited),
        (status = 400, description = "`INVALID_INVITE`, `INVALID_JSON`", body = Problem),
        (status = 403, description = "`NOT_PARTICIPANT`, `NOT_CREATOR`, `SUSPENDED`, `QUARANTINED`", body = Problem),
        (status = 404, description = "`ROOM_NOT_FOUND`, `BOT_NOT_FOUND`", body = Problem),
        (status = 409, description = "`ROOM_FULL`", body = Problem),
    ),
)]
pub(crate) async fn invite(
    State(state): State<Rooms>,
    SignedIn(caller): SignedIn,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Json<Invited>, Refused> {
    let bots = invited(&body::read(content_type(&headers), &body)?)?;
    let room = rooms::find(&state, id).await?;
    let agents = state.chat().invite(&caller, &room, &bots).await?;
    let invited = agents.iter().map(|agent| agent.name.to_string()).collect();
    Ok(Json(Invited { success: true, invited }))
}

/// Join a room: a public one, or one that you are invited to.
#[utoipa::path(
    post, path = "/api/rooms/{id}/join", tag = "rooms", security(("key" = [])),
    params(("id" = String, Path, description = "The room's id")),
    responses(
        (status = 200, description = "Joined", body = OneRoom),
        (status = 403, description = "`NOT_INVITED`, `SUSPENDED`, `QUARANTINED`", body = Problem),
        (status = 404, description = "`ROOM_NOT_FOUND`", body = Problem),
        (status = 409, description = "`ROOM_FULL`", body = Problem),
    ),
)]
pub(crate) async fn join(
    State(state): State<Rooms>,
    SignedIn(caller): SignedIn,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<OneRoom>, Refused> {
    let conversation = rooms::find(&state, id).await?;
    state.chat().join(&caller, &conversation).await?;
    let room = rooms::shown(&state, &conversation, Some(&caller))?;
    Ok(Json(OneRoom { success: true, room }))
}

/// Leave a room, or decline an invitation to it.
#[utoipa::path(
    post, path = "/api/rooms/{id}/leave", tag = "rooms", security(("key" = [])),
    params(("id" = String, Path, description = "The room's id")),
    responses(
        (status = 200, description = "Left", body = Done),
        (status = 403, description = "`NOT_PARTICIPANT`, `SUSPENDED`", body = Problem),
        (status = 404, description = "`ROOM_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn leave(
    State(state): State<Rooms>,
    SignedIn(caller): SignedIn,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Done>, Refused> {
    let conversation = rooms::find(&state, id).await?;
    state.chat().leave_room(&caller, &conversation).await?;
    Ok(Json(Done::DONE))
}

fn invited(invitation: &Invitation<'_>) -> Result<Vec<AgentRef>, Refused> {
    let refuse = |field| move |problem: &str| Failure::bad_field("INVALID_INVITE", field, problem);
    let mut bots = Vec::new();
    if let Some(name) = invitation.bot_name.optional(refuse("botName"))? {
        bots.push(AgentRef::Name(name.to_owned()));
    }
    if let Some(id) = invitation.bot_id.optional(refuse("botId"))? {
        bots.push(AgentRef::Id(parse_id(id)?));
    }
    match &invitation.bots {
        Value::Null => {}
        Value::Array(names) => bots.extend(named("bots", names)?),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err(refuse("bots")("must be an array of names or ids").into());
        }
    }
    if bots.is_empty() {
        return Err(refuse("botName")("is required, or `botId`, or `bots`: say whom to invite").into());
    }
    if bots.len() > MOST_INVITED {
        return Err(too_many("bots").into());
    }
    Ok(bots)
}

/// What is no id is the id of nobody.
fn parse_id(text: &str) -> Result<AgentId, Error> {
    let id = Uuid::try_parse(text).map_err(|_| Error::UnknownAgent(text.to_owned()))?;
    Ok(AgentId::from_uuid(id))
}

/// Bots named in an array: what reads like an id as they are printed is one. A name is shorter, though it may be the
/// digits of one.
pub(crate) fn named(field: &'static str, values: &[Value]) -> Result<Vec<AgentRef>, Failure> {
    let refuse = |problem: &str| Failure::bad_field("INVALID_INVITE", field, problem);
    if values.len() > MOST_INVITED {
        return Err(too_many(field));
    }
    let reference = |value: &Value| match value.as_str() {
        Some(text) => Ok(match Uuid::try_parse(text) {
            Ok(id) if text.len() == Hyphenated::LENGTH => AgentRef::Id(AgentId::from_uuid(id)),
            Ok(_) | Err(_) => AgentRef::Name(text.to_owned()),
        }),
        None => Err(refuse("must hold names or ids, as strings")),
    };
    values.iter().map(reference).collect()
}

fn too_many(field: &'static str) -> Failure {
    Failure::bad_field("INVALID_INVITE", field, &format!("may name at most {MOST_INVITED} bots at once"))
}
