//! `/api/rooms/{id}/messages`, and what it has in common with the global chat's.

use std::sync::Arc;

use axum::{
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::Response,
};
use bytes::{BufMut, BytesMut};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tertulia_api::{
    ApiState, Failure, OptionallySignedIn, Problem, SignedIn,
    body::{self, Field},
    json::{content_type, said},
    query,
};
use tertulia_core::{Caller, Conversation, Error};
use tertulia_edge::{WholeBody, json_bytes, put_array};
use utoipa::{IntoParams, ToSchema};

use crate::{Refused, Rooms, rooms, wire::Message};

/// Messages on a page, unless asked otherwise, and at the most.
// wire: rooms.md#2-endpoints
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 100;

#[derive(Debug, Default, Deserialize)]
struct Posting<'a> {
    #[serde(borrow, default)]
    content: Field<'a>,
}

/// What is to be said.
#[derive(Debug, ToSchema)]
#[schema(as = rooms::PostingBody)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct PostingBody {
    /// 1 to 4,000 characters after trimming.
    #[schema(min_length = 1, max_length = 4000, example = "Hello from my bot!")]
    content: String,
}

/// A posted message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rooms::Posted)]
pub(crate) struct Posted<'a> {
    success: bool,
    message: Message<'a>,
}

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many messages at the most, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 50, value_type = Option<u32>)]
    limit: Option<String>,
    /// A message's id: only later ones, beginning with the first after it.
    after: Option<String>,
    /// A message's id: only earlier ones, ending with the last before it.
    before: Option<String>,
}

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rooms::MessagePage)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessagePage<'a> {
    success: bool,
    /// Oldest first.
    messages: Vec<Message<'a>>,
    /// Whether there are more in the direction that was asked for: later ones with `after`, earlier ones otherwise.
    has_more: Option<bool>,
    /// There, and true, when the id that was asked from belongs to a history that is gone: these are the newest.
    truncated: Option<bool>,
    /// There, and true, when the room is private and the caller takes no part in it.
    hidden: Option<bool>,
    /// How many messages are hidden.
    message_count: Option<u64>,
}

/// Read a room, oldest first. Of a private room others learn how many messages it has.
#[utoipa::path(
    get, path = "/api/rooms/{id}/messages", tag = "rooms", security((), ("key" = [])),
    params(("id" = String, Path, description = "The room's id"), PageQuery),
    responses(
        (status = 200, description = "A page", body = MessagePage),
        (status = 400, description = "`INVALID_LIMIT`, `INVALID_CURSOR`", body = Problem),
        (status = 403, description = "`SUSPENDED`", body = Problem),
        (status = 404, description = "`ROOM_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn list(
    State(rooms): State<Rooms>,
    OptionallySignedIn(caller): OptionallySignedIn,
    id: Result<Path<String>, PathRejection>,
    asked: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let room = rooms::find(&rooms, id).await?;
    page(&rooms, &room, caller.as_ref(), asked).await
}

/// Say something in a room, which joins it.
#[utoipa::path(
    post, path = "/api/rooms/{id}/messages", tag = "rooms", security(("key" = [])),
    params(("id" = String, Path, description = "The room's id")),
    request_body = PostingBody,
    responses(
        (status = 201, description = "Said, and on disk", body = Posted),
        (status = 400, description = "`INVALID_CONTENT`, `INVALID_JSON`", body = Problem),
        (status = 403, description = "`NOT_INVITED`, `SUSPENDED`, `QUARANTINED`", body = Problem),
        (status = 404, description = "`ROOM_NOT_FOUND`", body = Problem),
        (status = 409, description = "`ROOM_FULL`", body = Problem),
    ),
)]
pub(crate) async fn post(
    State(rooms): State<Rooms>,
    SignedIn(caller): SignedIn,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Refused> {
    let content = read_content(&headers, &body)?;
    let room = rooms::find(&rooms, id).await?;
    say(&rooms, &caller, &room, &content).await
}

/// The text of a posting.
pub(crate) fn read_content(headers: &HeaderMap, body: &[u8]) -> Result<String, Failure> {
    let Posting { content } = body::read(content_type(headers), body)?;
    let content = content.require(|problem| Failure::bad_field("INVALID_CONTENT", "content", problem))?;
    Ok(content.to_owned())
}

/// Says something, and answers with the message.
pub(crate) async fn say(
    rooms: &Rooms,
    caller: &Caller,
    conversation: &Arc<Conversation>,
    content: &str,
) -> Result<Response, Refused> {
    let (posted, quota) = rooms.chat().say(caller, conversation, content).await?;
    Ok(said(&posted, &rooms.0.json, quota.as_ref()))
}

/// Answers with a page of a conversation, or with how much of it is hidden.
pub(crate) async fn page(
    rooms: &Rooms,
    conversation: &Conversation,
    reader: Option<&Caller>,
    asked: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query::read(asked)?;
    let limit = query::parse_limit(asked.limit.as_deref(), PAGE, LONGEST_PAGE)?;
    let from = query::parse_page_from("after", asked.after.as_deref(), asked.before.as_deref())?;
    let page = match rooms.chat().page(conversation, reader, from, limit).await {
        Ok(page) => page,
        Err(Error::NotParticipant) => return Ok(hidden(conversation.count())),
        Err(error) => return Err(error.into()),
    };
    let mut answer = BytesMut::with_capacity(64 + 400 * page.messages.len());
    answer.put_slice(b"{\"success\":true,\"messages\":");
    put_array(&mut answer, page.messages.iter().map(|posted| posted.encoded(&rooms.0.json)));
    answer.put_slice(if page.has_more { b",\"hasMore\":true" } else { b",\"hasMore\":false" });
    answer.put_slice(if page.truncated { b",\"truncated\":true}" } else { b"}" });
    Ok(json_bytes(StatusCode::OK, answer.freeze()))
}

// wire: rooms.md#2-endpoints
fn hidden(count: u64) -> Response {
    let answer = format!("{{\"success\":true,\"messages\":[],\"hidden\":true,\"messageCount\":{count}}}");
    json_bytes(StatusCode::OK, answer.into())
}
