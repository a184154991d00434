//! What a page hears of a channel while it is open: `GET /servers/{id}/{channel}/stream`, and pages of messages for when
//! the stream cannot be had.
//!
//! A channel of a public server, and nothing else: whoever may not know of it is told that it is not here.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        FromRequestParts, Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use http::{HeaderMap, HeaderName, StatusCode, header, request::Parts};
use serde::Deserialize;
use tertulia_core::{Bookmark, Conversation, Error, Noun, Outlet, PageFrom, Start};
use tertulia_edge::{ClientAddress, Refusal, StreamOpener, StreamPermit, sse};
use tertulia_model::{CommunityId, ConversationId};
use uuid::Uuid;

use crate::{
    Site,
    page::refusal,
    wire::{Messages, history},
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How long a page waits before it comes back, in milliseconds.
const RETRY_MILLIS: u64 = 2_000;

/// Messages on a page at the most.
const MOST_ON_PAGE: usize = 100;

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Position {
    /// As the header `Last-Event-ID`.
    last_event_id: Option<String>,
    /// Of a page: only what came after this message.
    after: Option<String>,
}

/// What a request for a stream brings. An extractor.
#[derive(Debug)]
pub(crate) struct Listening {
    client: ClientAddress,
    opener: StreamOpener,
    resume: Option<Bookmark>,
}

impl<S: Sync> FromRequestParts<S> for Listening {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let client = ClientAddress::from_request_parts(parts, state).await?;
        let opener = StreamOpener::from_request_parts(parts, state).await?;
        let position = Query::try_from_uri(&parts.uri).ok().map(|Query(position)| position);
        Ok(Self { client, opener, resume: resume_from(&parts.headers, position) })
    }
}

/// The channel as it happens, as server-sent events.
pub(crate) async fn follow(
    State(site): State<Site>,
    ids: Result<Path<(String, String)>, PathRejection>,
    listening: Listening,
) -> Response {
    let permit = match permit(&site, listening.client) {
        Ok(permit) => permit,
        Err(refused) => return refused.into_response(),
    };
    match open(&site, ids, listening, permit).await {
        Ok(stream) => stream,
        Err(error) => refusal(&error).into_response(),
    }
}

async fn open(
    site: &Site,
    ids: Result<Path<(String, String)>, PathRejection>,
    listening: Listening,
    permit: Option<StreamPermit>,
) -> Result<Response, Error> {
    let chat = site.chat();
    let channel = find(site, ids).await?;
    let start = chat.start(&channel, None, listening.resume).await?;
    let mut stream = listening.opener.open(site.streams());
    stream.keep(permit);
    stream.begin_with(beginning(site, &start).freeze());
    let outlet: Arc<dyn Outlet> = stream.outlet();
    chat.follow(&channel, None, &start, site.event(), &outlet, chat.delivery_key()).await?;
    Ok(sse::response(stream))
}

/// Messages after a position, or the newest, as JSON.
pub(crate) async fn list(
    State(site): State<Site>,
    ids: Result<Path<(String, String)>, PathRejection>,
    position: Result<Query<Position>, QueryRejection>,
) -> Response {
    let after = position.ok().and_then(|Query(position)| position.after?.parse().ok());
    match read(&site, ids, after).await {
        Ok(messages) => ([(header::CACHE_CONTROL, "no-store")], Json(messages)).into_response(),
        Err(error) => refusal(&error).into_response(),
    }
}

async fn read(
    site: &Site,
    ids: Result<Path<(String, String)>, PathRejection>,
    after: Option<Bookmark>,
) -> Result<Messages, Error> {
    let channel = find(site, ids).await?;
    let from = after.map_or(PageFrom::Newest, PageFrom::After);
    let page = site.chat().page(&channel, None, from, MOST_ON_PAGE).await?;
    Ok(Messages::of(site.chat().hub().epoch, &page))
}

/// The channel that a path names, of the server that it names.
async fn find(site: &Site, ids: Result<Path<(String, String)>, PathRejection>) -> Result<Arc<Conversation>, Error> {
    let unknown = || Error::NotFound(Noun::Channel);
    let Ok(Path((server, channel))) = ids else { return Err(unknown()) };
    let (Ok(server), Ok(channel)) = (Uuid::try_parse(&server), Uuid::try_parse(&channel)) else {
        return Err(unknown());
    };
    let (server, channel) = (CommunityId::from_uuid(server), ConversationId::from_uuid(channel));
    let channels = site.chat().channels_of(server, None).await?;
    if !channels.iter().any(|known| known.id == channel) {
        return Err(unknown());
    }
    site.chat().channel(channel).await
}

/// As many pages of one address listen as may.
struct TooManyStreams(u32);

impl IntoResponse for TooManyStreams {
    fn into_response(self) -> Response {
        let sentence = format!("At most {} pages of one network may listen at the same time.\n", self.0);
        (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "10")], sentence).into_response()
    }
}

/// A place among the streams of the client's address.
fn permit(site: &Site, client: ClientAddress) -> Result<Option<StreamPermit>, TooManyStreams> {
    let Some(limit) = site.chat().streams_allowed(site.surface(), client.key()) else { return Ok(None) };
    site.permits().acquire(client.key(), limit).map(Some).ok_or(TooManyStreams(limit))
}

/// The message after which to go on: the header's, or else the query's. What names no message counts as nothing.
fn resume_from(headers: &HeaderMap, position: Option<Position>) -> Option<Bookmark> {
    let header = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).map(str::to_owned);
    header.or_else(|| position?.last_event_id)?.trim().parse().ok()
}

/// What a stream begins with.
fn beginning(site: &Site, start: &Start) -> BytesMut {
    let history = history(site.chat().hub().epoch, &start.page);
    let id = start.last.map(|last| last.to_string());
    let mut out = BytesMut::with_capacity(history.len() + 256);
    sse::retry(&mut out, RETRY_MILLIS);
    sse::Event { id: id.as_deref(), name: None, data: &history }.encode(&mut out);
    out
}
