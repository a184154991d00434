//! `GET /api/stream`: the room as it happens.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use tertulia_core::{Bookmark, Outlet, Posted, Start};
use tertulia_edge::{ClientAddress, StreamOpener, StreamPermit, sse};
use tertulia_model::Epoch;
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use crate::{
    Chatr, STATS_EVERY,
    caller::MaybeSignedIn,
    failure::Failure,
    messages::put_array,
    wire::{Counts, Problem, write_message},
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How long a client waits before it comes back, in milliseconds.
// wire: chatr.md#3-the-stream
const RETRY_MILLIS: u64 = 2_000;

/// Where to resume, for clients that cannot send the header.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// As the header `Last-Event-ID`: only what came after this message.
    #[serde(rename = "lastEventId")]
    last_event_id: Option<String>,
}

/// The room as server-sent events: history, then every message, and the counts every ten seconds.
#[utoipa::path(
    get, path = "/api/stream", tag = "chatr", params(StreamQuery),
    responses(
        (status = 200, description = "Unnamed events, each one line of JSON `{\"type\",\"data\"}`: `history`, \
         `message`, `stats`", content_type = "text/event-stream", body = String),
        (status = 429, description = "`TOO_MANY_STREAMS`, `RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn open(
    State(chatr): State<Chatr>,
    MaybeSignedIn(caller): MaybeSignedIn,
    client: ClientAddress,
    headers: HeaderMap,
    query: Result<Query<StreamQuery>, QueryRejection>,
    opener: StreamOpener,
) -> Result<Response, Failure> {
    let permit = permit(&chatr, client)?;
    let start = chatr.0.chat.start_in_lobby(resume_from(&headers, query.ok())).await?;
    let mut stream = opener.open(&chatr.0.streams);
    stream.keep(permit);
    stream.begin_with(beginning(&chatr, &start));
    let outlet: Arc<dyn Outlet> = stream.outlet();
    if let Some(caller) = &caller {
        stream.keep(chatr.0.chat.remember_connection(caller, &outlet).await?);
    }
    chatr.0.chat.follow_lobby(&start, &chatr.0.event, &outlet).await?;
    Ok(sse::response(stream))
}

/// A place among the streams of the client's address; nothing where they are not counted.
fn permit(chatr: &Chatr, client: ClientAddress) -> Result<Option<StreamPermit>, Failure> {
    let (chat, address) = (&chatr.0.chat, client.key());
    let Some(limit) = chat.streams_allowed(&chatr.0.surface, address) else { return Ok(None) };
    let permit = chatr.0.permits.acquire(address, limit);
    permit.map(Some).ok_or_else(|| Failure::too_many_streams(limit, chat.clock().now(), chat.is_own(address)))
}

/// The message after which to resume: the header's, or else the query's. What is not the id of a message counts as
/// nothing.
fn resume_from(headers: &HeaderMap, query: Option<Query<StreamQuery>>) -> Option<Bookmark> {
    let header = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = header.or_else(|| query?.0.last_event_id)?;
    text.trim().parse().ok()
}

/// `retry:`, the history, the counts.
fn beginning(chatr: &Chatr, start: &Start) -> Bytes {
    let mut history = BytesMut::with_capacity(64 + 400 * start.page.messages.len());
    history.put_slice(b"{\"type\":\"history\",\"data\":");
    put_array(&mut history, start.page.messages.iter().map(|posted| posted.encoded(&chatr.0.json)));
    history.put_slice(if start.page.truncated { b",\"truncated\":true}" } else { b"}" });
    let mut out = BytesMut::with_capacity(history.len() + 256);
    sse::retry(&mut out, RETRY_MILLIS);
    let id = start.last.map(|last| last.to_string());
    sse::Event { id: id.as_deref(), name: None, data: &history }.encode(&mut out);
    out.put_slice(&stats_event(chatr));
    out.freeze()
}

/// Appends a message as an event.
pub(crate) fn write_message_event(epoch: Epoch, posted: &Posted, out: &mut Vec<u8>) {
    out.extend_from_slice(b"id: ");
    out.extend_from_slice(Bookmark::of(epoch, posted).to_text().as_str().as_bytes());
    out.extend_from_slice(b"\ndata: {\"type\":\"message\",\"data\":");
    write_message(epoch, posted, out);
    out.extend_from_slice(b"}\n\n");
}

fn stats_event(chatr: &Chatr) -> Bytes {
    let counts = serde_json::to_string(&Counts::from(chatr.0.chat.stats())).expect("numbers are always JSON");
    Bytes::from(format!("data: {{\"type\":\"stats\",\"data\":{counts}}}\n\n"))
}

/// Tells the counts to every open stream, every ten seconds, until `stop`.
pub(crate) async fn tell_stats(chatr: Chatr, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = chatr.0.chat.clock().sleep(STATS_EVERY) => {}
        }
        let event = stats_event(&chatr);
        chatr.0.chat.signal_lobby(&chatr.0.event, event).await;
    }
}
