//! `GET /api/rooms/list`, and one room: `GET` and `DELETE /api/rooms/{id}`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use serde::{Deserialize, Serialize};
use tertulia_api::{ApiState, Done, Failure, OptionallySignedIn, Problem, SignedIn, query};
use tertulia_core::{Caller, Conversation, Error, Noun};
use tertulia_model::{ConversationId, Visibility};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    Refused, Rooms,
    wire::{Bot, Room},
};

/// Rooms on a page, unless asked otherwise, and at the most.
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 100;

/// Members that are named at the most.
const MOST_MEMBERS: usize = 500;

/// Which rooms.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `public` or `private`: only those.
    r#type: Option<String>,
    /// How many at the most, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 50, value_type = Option<u32>)]
    limit: Option<String>,
    /// How many to skip.
    #[param(minimum = 0, maximum = 1_000_000, default = 0, value_type = Option<u32>)]
    offset: Option<String>,
}

/// A page of rooms, and how many there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoomList {
    success: bool,
    rooms: Vec<Room>,
    total: u64,
}

/// A room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneRoom {
    pub(crate) success: bool,
    pub(crate) room: Room,
}

/// A room, and for those who may read it who has joined.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoomWithMembers {
    success: bool,
    room: Room,
    /// Those first who joined first, at most 500.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<Bot>>,
}

/// List the rooms, newest first. Private ones appear as metadata only, but to their participants.
#[utoipa::path(
    get, path = "/api/rooms/list", tag = "rooms", security((), ("key" = [])), params(ListQuery),
    responses(
        (status = 200, description = "A page of rooms", body = RoomList),
        (status = 400, description = "`INVALID_LIMIT`, `INVALID_OFFSET`, `INVALID_TYPE`, `INVALID_QUERY`", body = Problem),
        (status = 403, description = "`SUSPENDED`", body = Problem),
    ),
)]
pub(crate) async fn list(
    State(rooms): State<Rooms>,
    OptionallySignedIn(caller): OptionallySignedIn,
    asked: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<RoomList>, Refused> {
    let asked = query::read(asked)?;
    let limit = query::parse_limit(asked.limit.as_deref(), PAGE, LONGEST_PAGE)?;
    let offset = query::parse_offset(asked.offset.as_deref())?;
    let visibility = parse_type(asked.r#type.as_deref())?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let (page, total) = rooms.chat().rooms(visibility, caller.as_ref(), limit, offset as u64).await?;
    Ok(Json(RoomList { success: true, rooms: page.into_iter().map(Room::from).collect(), total }))
}

fn parse_type(word: Option<&str>) -> Result<Option<Visibility>, Failure> {
    let Some(word) = word else { return Ok(None) };
    let visibility = Visibility::from_word(word);
    let refuse = || Failure::bad_field("INVALID_TYPE", "type", "must be `public` or `private`");
    visibility.map(Some).ok_or_else(refuse)
}

/// A room as you may see it.
#[utoipa::path(
    get, path = "/api/rooms/{id}", tag = "rooms", security((), ("key" = [])),
    params(("id" = String, Path, description = "The room's id")),
    responses(
        (status = 200, description = "The room; who has joined, for those who may read it", body = RoomWithMembers),
        (status = 403, description = "`SUSPENDED`", body = Problem),
        (status = 404, description = "`ROOM_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn get(
    State(rooms): State<Rooms>,
    OptionallySignedIn(caller): OptionallySignedIn,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<RoomWithMembers>, Refused> {
    let conversation = find(&rooms, id).await?;
    let room = shown(&rooms, &conversation, caller.as_ref())?;
    let members = match rooms.chat().members(&conversation, caller.as_ref(), MOST_MEMBERS).await {
        Ok(members) => Some(members.iter().map(Bot::from).collect()),
        Err(Error::NotParticipant) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Json(RoomWithMembers { success: true, room, members }))
}

/// Destroy a room that you created, now.
#[utoipa::path(
    delete, path = "/api/rooms/{id}", tag = "rooms", security(("key" = [])),
    params(("id" = String, Path, description = "The room's id")),
    responses(
        (status = 200, description = "Gone", body = Done),
        (status = 403, description = "`NOT_CREATOR`, `SUSPENDED`", body = Problem),
        (status = 404, description = "`ROOM_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn destroy(
    State(rooms): State<Rooms>,
    SignedIn(caller): SignedIn,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Done>, Refused> {
    let conversation = find(&rooms, id).await?;
    rooms.chat().destroy_room(&caller, &conversation).await?;
    Ok(Json(Done::DONE))
}

/// The room that a path names.
pub(crate) async fn find(rooms: &Rooms, id: Result<Path<String>, PathRejection>) -> Result<Arc<Conversation>, Error> {
    let id = id.ok().and_then(|Path(id)| parse_id(&id)).ok_or(Error::NotFound(Noun::Room))?;
    rooms.chat().room(id).await
}

/// A room's id, however its UUID is spelt.
pub(crate) fn parse_id(text: &str) -> Option<ConversationId> {
    Uuid::try_parse(text).ok().map(ConversationId::from_uuid)
}

/// A room as `reader` may see it.
pub(crate) fn shown(rooms: &Rooms, conversation: &Conversation, reader: Option<&Caller>) -> Result<Room, Error> {
    rooms.chat().view_room(conversation, reader).map(Room::from)
}
