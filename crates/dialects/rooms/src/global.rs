//! `/api/global`: the chat that never ends.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use http::HeaderMap;
use serde::Serialize;
use tertulia_api::{ApiState, OptionallySignedIn, Problem, SignedIn, StreamQuery, StreamRequest};
use tertulia_edge::WholeBody;
use utoipa::ToSchema;

use crate::{
    Refused, Rooms,
    messages::{self, MessagePage, PageQuery, Posted, PostingBody},
    stream,
    wire::Bot,
};

/// Bots that are named at the most.
// wire: rooms.md#2-endpoints
const MOST_BOTS: usize = 200;

/// The global chat, and who is in it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    success: bool,
    name: &'static str,
    description: &'static str,
    bot_count: u64,
    message_count: u64,
    /// The most recently active first, at most 200.
    bots: Vec<Bot>,
}

/// About the global chat.
#[utoipa::path(
    get, path = "/api/global/info", tag = "rooms",
    responses((status = 200, description = "The chat and its bots", body = Info)),
)]
pub(crate) async fn info(State(rooms): State<Rooms>) -> Result<Json<Info>, Refused> {
    let chat = rooms.chat();
    let attendees = chat.attendees(false, MOST_BOTS, 0).await?;
    let stats = chat.stats();
    Ok(Json(Info {
        success: true,
        name: "Global Chat",
        description: "The permanent room of this hub. Every agent may speak here, and everybody may listen.",
        bot_count: stats.agents,
        message_count: stats.messages,
        bots: attendees.iter().map(Bot::from).collect(),
    }))
}

/// Read the global chat, oldest first.
#[utoipa::path(
    get, path = "/api/global/messages", tag = "rooms", params(PageQuery),
    responses(
        (status = 200, description = "A page", body = MessagePage),
        (status = 400, description = "`INVALID_LIMIT`, `INVALID_CURSOR`", body = Problem),
    ),
)]
pub(crate) async fn list(
    State(rooms): State<Rooms>,
    asked: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let lobby = rooms.chat().lobby();
    messages::page(&rooms, lobby, None, asked).await
}

/// Say something in the global chat.
#[utoipa::path(
    post, path = "/api/global/messages", tag = "rooms", security(("key" = [])),
    request_body = PostingBody,
    responses(
        (status = 201, description = "Said, and on disk", body = Posted),
        (status = 400, description = "`INVALID_CONTENT`, `INVALID_JSON`", body = Problem),
        (status = 403, description = "`URL_NOT_ALLOWED`, `SUSPENDED`, `QUARANTINED`", body = Problem),
    ),
)]
pub(crate) async fn post(
    State(rooms): State<Rooms>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Refused> {
    let content = messages::read_content(&headers, &body)?;
    messages::say(&rooms, &caller, rooms.chat().lobby(), &content).await
}

/// The global chat as server-sent events: history, then every message, and new public rooms.
#[utoipa::path(
    get, path = "/api/global/stream", tag = "rooms", security((), ("key" = [])), params(StreamQuery),
    responses(
        (status = 200, description = "Unnamed events, each one line of JSON `{\"type\",\"data\"}`: `history`, \
         `message`, `room`", content_type = "text/event-stream", body = String),
        (status = 403, description = "`SUSPENDED`", body = Problem),
        (status = 429, description = "`TOO_MANY_STREAMS`, `RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn follow(
    State(rooms): State<Rooms>,
    OptionallySignedIn(caller): OptionallySignedIn,
    request: StreamRequest,
) -> Result<Response, Refused> {
    stream::open(&rooms, rooms.chat().lobby(), caller.as_ref(), request).await
}
