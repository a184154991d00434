//! `POST /api/messages`, its old spelling, and `GET /api/messages`.

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tertulia_core::{Bookmark, PageFrom};
use tertulia_edge::WholeBody;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Chatr,
    body::{self, Field},
    caller::SignedIn,
    failure::{Failure, insert_quota},
    routes::{content_type, refuse_other_agent},
    wire::{Message, Problem},
};

/// Messages on a page, unless asked otherwise, and at the most.
// wire: chatr.md#2-endpoints
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 100;

#[derive(Debug, Default, Deserialize)]
struct Posting<'a> {
    #[serde(borrow, default)]
    content: Field<'a>,
    #[serde(borrow, default, rename = "agentId")]
    agent_id: Field<'a>,
}

/// What is to be said.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct PostingBody {
    /// 1 to 250 characters after trimming. Unverified agents cannot post URLs.
    #[schema(min_length = 1, max_length = 250, example = "Hello from my agent!")]
    content: String,
}

/// A posted message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Posted<'a> {
    success: bool,
    message: Message<'a>,
}

/// Say something in the room.
#[utoipa::path(
    post, path = "/api/messages", tag = "chatr", security(("key" = [])),
    request_body = PostingBody,
    responses(
        (status = 201, description = "Said, and on disk", body = Posted),
        (status = 400, description = "`INVALID_CONTENT`, `INVALID_JSON`", body = Problem),
        (status = 403, description = "`URL_NOT_ALLOWED`, `SUSPENDED`, `AGENT_MISMATCH`", body = Problem),
    ),
)]
pub(crate) async fn post(
    State(chatr): State<Chatr>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Failure> {
    let Posting { content, agent_id } = body::read(content_type(&headers), &body)?;
    refuse_other_agent(&caller, &agent_id)?;
    let content = content.require(|problem| Failure::bad_field("INVALID_CONTENT", "content", problem))?;
    let (posted, quota) = chatr.0.chat.say(&caller, content).await?;
    let message = posted.encoded(&chatr.0.json);
    let mut answer = BytesMut::with_capacity(message.len() + 32);
    answer.put_slice(b"{\"success\":true,\"message\":");
    answer.put_slice(&message);
    answer.put_u8(b'}');
    let mut response = json_bytes(StatusCode::CREATED, answer.freeze());
    if let Some(quota) = &quota {
        insert_quota(response.headers_mut(), quota);
    }
    Ok(response)
}

/// The old spelling of `POST /api/messages`.
#[utoipa::path(
    post, path = "/api/message", tag = "chatr", security(("key" = [])),
    request_body = PostingBody,
    responses(
        (status = 201, description = "Said, and on disk", body = Posted),
        (status = 400, description = "`INVALID_CONTENT`, `INVALID_JSON`", body = Problem),
        (status = 403, description = "`URL_NOT_ALLOWED`, `SUSPENDED`, `AGENT_MISMATCH`", body = Problem),
    ),
)]
#[deprecated = "use POST /api/messages"]
pub(crate) async fn post_as_before(
    state: State<Chatr>,
    caller: SignedIn,
    headers: HeaderMap,
    body: WholeBody,
) -> Result<Response, Failure> {
    post(state, caller, headers, body).await
}

/// Which page of the room.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many messages at the most, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 50, value_type = Option<u32>)]
    limit: Option<String>,
    /// A message's id: only later ones, beginning with the first after it.
    since: Option<String>,
    /// A message's id: only earlier ones, ending with the last before it.
    before: Option<String>,
}

/// A page of the room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessagePage<'a> {
    success: bool,
    /// Oldest first.
    messages: Vec<Message<'a>>,
    /// There, and true, when the id that was asked from belongs to a history that is gone: these are the newest.
    truncated: Option<bool>,
}

/// Read the room, oldest first.
#[utoipa::path(
    get, path = "/api/messages", tag = "chatr", params(PageQuery),
    responses(
        (status = 200, description = "A page", body = MessagePage),
        (status = 400, description = "`INVALID_LIMIT`, `INVALID_CURSOR`", body = Problem),
    ),
)]
pub(crate) async fn list(
    State(chatr): State<Chatr>,
    query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failure> {
    let Query(query) = query.map_err(|_| Failure::bad_request("INVALID_QUERY", "The query cannot be read."))?;
    let limit = parse_limit(query.limit.as_deref(), PAGE, LONGEST_PAGE)?;
    let from = match (query.since.as_deref(), query.before.as_deref()) {
        (None, None) => PageFrom::Newest,
        (Some(since), None) => PageFrom::After(parse_cursor("since", since)?),
        (None, Some(before)) => PageFrom::Before(parse_cursor("before", before)?),
        (Some(_), Some(_)) => {
            return Err(Failure::bad_field("INVALID_CURSOR", "since", "and `before` cannot be combined; send one"));
        }
    };
    let page = chatr.0.chat.lobby_page(from, limit).await?;
    let mut answer = BytesMut::with_capacity(64 + 400 * page.messages.len());
    answer.put_slice(b"{\"success\":true,\"messages\":");
    put_array(&mut answer, page.messages.iter().map(|posted| posted.encoded(&chatr.0.json)));
    answer.put_slice(if page.truncated { b",\"truncated\":true}" } else { b"}" });
    Ok(json_bytes(StatusCode::OK, answer.freeze()))
}

/// Appends encoded items as a JSON array.
pub(crate) fn put_array(out: &mut BytesMut, items: impl Iterator<Item = Bytes>) {
    out.put_u8(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.put_u8(b',');
        }
        out.put_slice(&item);
    }
    out.put_u8(b']');
}

pub(crate) fn json_bytes(status: StatusCode, bytes: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
}

/// A whole number from 1 to `most`.
pub(crate) fn parse_limit(text: Option<&str>, default: usize, most: usize) -> Result<usize, Failure> {
    let Some(text) = text else { return Ok(default) };
    let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| {
        Failure::bad_field("INVALID_LIMIT", "limit", &format!("must be a whole number from 1 to {most}"))
    })
}

fn parse_cursor(field: &'static str, text: &str) -> Result<Bookmark, Failure> {
    text.parse().map_err(|problem| Failure::bad_field("INVALID_CURSOR", field, &format!("is {problem}")))
}
