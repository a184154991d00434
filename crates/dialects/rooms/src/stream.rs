//! `GET /api/rooms/{id}/stream`: a room as it happens, as server-sent events.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tertulia_api::{ApiState, OptionallySignedIn, Problem, StreamQuery, StreamRequest, beginning, event};
use tertulia_core::{Caller, Conversation, Error, Happening, Notice};

use crate::{Refused, Rooms, rooms};

/// What happened to a room.
#[derive(Debug, Serialize)]
struct RoomEvent<'a> {
    event: &'static str,
    /// The new room, where it is not the one that is listened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bot: Option<&'a str>,
}

/// A room as server-sent events: history, then what happens, until the room is over. Private ones for participants.
#[utoipa::path(
    get, path = "/api/rooms/{id}/stream", tag = "rooms", security((), ("key" = [])),
    params(("id" = String, Path, description = "The room's id"), StreamQuery),
    responses(
        (status = 200, description = "Unnamed events, each one line of JSON `{\"type\",\"data\"}`: `history`, \
         `message`, `room`", content_type = "text/event-stream", body = String),
        (status = 401, description = "`UNAUTHORIZED`: the room is private", body = Problem),
        (status = 403, description = "`NOT_PARTICIPANT`, `SUSPENDED`", body = Problem),
        (status = 404, description = "`ROOM_NOT_FOUND`", body = Problem),
        (status = 429, description = "`TOO_MANY_STREAMS`, `RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn follow(
    State(rooms): State<Rooms>,
    OptionallySignedIn(caller): OptionallySignedIn,
    id: Result<Path<String>, PathRejection>,
    request: StreamRequest,
) -> Result<Response, Refused> {
    let room = rooms::find(&rooms, id).await?;
    open(&rooms, &room, caller.as_ref(), request).await
}

/// Opens a stream on a conversation.
pub(crate) async fn open(
    rooms: &Rooms,
    conversation: &Arc<Conversation>,
    reader: Option<&Caller>,
    request: StreamRequest,
) -> Result<Response, Refused> {
    let chat = rooms.chat();
    let stream = request.admit(rooms.api())?;
    let start = chat.start(conversation, reader, stream.resume()).await.map_err(|error| for_stranger(error, reader))?;
    let stream = stream.begin(rooms.api(), reader, beginning(&start, &rooms.0.json)).await?;
    chat.follow(conversation, reader, &start, &rooms.0.event, stream.outlet(), chat.delivery_key()).await?;
    Ok(stream.into_response())
}

/// Who has not said who it is, is asked to.
fn for_stranger(error: Error, reader: Option<&Caller>) -> Error {
    match (error, reader) {
        (Error::NotParticipant, None) => Error::Unauthenticated,
        (error, _) => error,
    }
}

/// Appends what happened to a room as an event.
// wire: rooms.md#2-endpoints
pub(crate) fn write_notice(notice: &Notice, out: &mut Vec<u8>) {
    let room = (notice.what == Happening::Created).then(|| notice.conversation.to_string());
    let bot = notice.agent.as_ref().map(|agent| &*agent.name);
    let data = RoomEvent { event: word_of(notice.what), room, bot };
    let data = serde_json::to_string(&data).expect("strings are always JSON");
    out.extend_from_slice(&event("room", &data));
}

/// What happened, in a word.
// wire: rooms.md#4-websocket-apiws
pub(crate) const fn word_of(what: Happening) -> &'static str {
    match what {
        Happening::Created => "created",
        Happening::Joined => "joined",
        Happening::Left => "left",
        Happening::Expired => "expired",
        Happening::Destroyed => "destroyed",
    }
}
