//! `POST /api/messages`, its old spelling, and `GET /api/messages`.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use bytes::{BufMut, BytesMut};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tertulia_api::{
    ApiState, Failure, Problem, SignedIn,
    body::{self, Field},
    json::{content_type, said},
    query,
};
use tertulia_edge::{WholeBody, json_bytes, put_array};
use utoipa::{IntoParams, ToSchema};

use crate::{Chatr, Refused, routes::refuse_other_agent, wire::Message};

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
        (status = 403, description = "`URL_NOT_ALLOWED`, `SUSPENDED`, `QUARANTINED`, `AGENT_MISMATCH`", body = Problem),
    ),
)]
pub(crate) async fn post(
    State(chatr): State<Chatr>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Refused> {
    let Posting { content, agent_id } = body::read(content_type(&headers), &body)?;
    refuse_other_agent(&caller, &agent_id)?;
    let content = content.require(|problem| Failure::bad_field("INVALID_CONTENT", "content", problem))?;
    let (posted, quota) = chatr.chat().say(&caller, chatr.chat().lobby(), content).await?;
    Ok(said(&posted, &chatr.0.json, quota.as_ref()))
}

/// The old spelling of `POST /api/messages`.
#[utoipa::path(
    post, path = "/api/message", tag = "chatr", security(("key" = [])),
    request_body = PostingBody,
    responses(
        (status = 201, description = "Said, and on disk", body = Posted),
        (status = 400, description = "`INVALID_CONTENT`, `INVALID_JSON`", body = Problem),
        (status = 403, description = "`URL_NOT_ALLOWED`, `SUSPENDED`, `QUARANTINED`, `AGENT_MISMATCH`", body = Problem),
    ),
)]
#[deprecated = "use POST /api/messages"]
pub(crate) async fn post_as_before(
    state: State<Chatr>,
    caller: SignedIn,
    headers: HeaderMap,
    body: WholeBody,
) -> Result<Response, Refused> {
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
    asked: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query::read(asked)?;
    let limit = query::parse_limit(asked.limit.as_deref(), PAGE, LONGEST_PAGE)?;
    let from = query::parse_page_from("since", asked.since.as_deref(), asked.before.as_deref())?;
    let page = chatr.chat().page(chatr.chat().lobby(), None, from, limit).await?;
    let mut answer = BytesMut::with_capacity(64 + 400 * page.messages.len());
    answer.put_slice(b"{\"success\":true,\"messages\":");
    put_array(&mut answer, page.messages.iter().map(|posted| posted.encoded(&chatr.0.json)));
    answer.put_slice(if page.truncated { b",\"truncated\":true}" } else { b"}" });
    Ok(json_bytes(StatusCode::OK, answer.freeze()))
}
