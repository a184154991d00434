//! Opening a stream of server-sent events on any conversation, in the one shape that the surfaces share.
//!
//! A stream is opened in steps, so that whatever is listened to fits between them: [`StreamRequest::admit`] takes a
//! place among the address's streams; the surface asks the core where its reader starts; [`AdmittedStream::begin`]
//! opens it with what the reader is given first; the surface lets its outlet follow the conversation, and answers with
//! [`BegunStream::into_response`]. Whatever fails on the way closes the stream and gives the place back.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Query},
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, request::Parts};
use serde::Deserialize;
use tertulia_core::{Bookmark, Caller, Error, Form, Outlet, Posted, Start};
use tertulia_edge::{ClientAddress, LiveStream, Refusal, StreamOpener, StreamPermit, put_array, sse};
use tertulia_model::Epoch;
use utoipa::IntoParams;

use crate::{Api, Failure};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How long a client waits before it comes back, in milliseconds.
// wire: chatr.md#3-the-stream
const RETRY_MILLIS: u64 = 2_000;

/// Where to resume, for clients that cannot send the header.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// As the header `Last-Event-ID`: only what came after this message.
    #[serde(rename = "lastEventId")]
    last_event_id: Option<String>,
}

/// What a request for a stream brings. An extractor.
#[derive(Debug)]
pub struct StreamRequest {
    client: ClientAddress,
    resume: Option<Bookmark>,
    opener: StreamOpener,
}

impl<S: Sync> FromRequestParts<S> for StreamRequest {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let client = ClientAddress::from_request_parts(parts, state).await?;
        let opener = StreamOpener::from_request_parts(parts, state).await?;
        let query = Query::try_from_uri(&parts.uri).ok().map(|Query(query)| query);
        Ok(Self { client, resume: resume_from(&parts.headers, query), opener })
    }
}

impl StreamRequest {
    /// Takes a place among the streams of the client's address.
    ///
    /// # Errors
    ///
    /// 429 `TOO_MANY_STREAMS`.
    // wire: chatr.md#3-the-stream
    pub fn admit(self, api: &Api) -> Result<AdmittedStream, Failure> {
        let Self { client, resume, opener } = self;
        Ok(AdmittedStream { permit: api.permit(client)?, resume, opener })
    }
}

/// A stream that may be opened.
#[derive(Debug)]
pub struct AdmittedStream {
    /// A place that is counted; nothing where they are not.
    permit: Option<StreamPermit>,
    resume: Option<Bookmark>,
    opener: StreamOpener,
}

impl AdmittedStream {
    /// The message after which to resume, if the client named one.
    #[must_use]
    pub fn resume(&self) -> Option<Bookmark> {
        self.resume
    }

    /// Opens the stream with what its reader is given first: [`beginning`], and events of the surface's own. From then
    /// on it is one of the caller's connections.
    ///
    /// # Errors
    ///
    /// Those of [`tertulia_core::Chat::remember_connection`].
    pub async fn begin(self, api: &Api, caller: Option<&Caller>, first: BytesMut) -> Result<BegunStream, Error> {
        let mut stream = self.opener.open(&api.0.streams);
        stream.keep(self.permit);
        stream.begin_with(first.freeze());
        let outlet: Arc<dyn Outlet> = stream.outlet();
        if let Some(caller) = caller {
            stream.keep(api.chat().remember_connection(caller, &outlet).await?);
        }
        Ok(BegunStream { stream, outlet })
    }
}

/// An open stream that has not been answered with yet.
#[derive(Debug)]
pub struct BegunStream {
    stream: LiveStream,
    outlet: Arc<dyn Outlet>,
}

impl BegunStream {
    /// The receiving end for a subscription.
    #[must_use]
    pub fn outlet(&self) -> &Arc<dyn Outlet> {
        &self.outlet
    }
}

impl IntoResponse for BegunStream {
    fn into_response(self) -> Response {
        sse::response(self.stream)
    }
}

impl Api {
    fn permit(&self, client: ClientAddress) -> Result<Option<StreamPermit>, Failure> {
        let (chat, address) = (self.chat(), client.key());
        let Some(limit) = chat.streams_allowed(&self.0.anyone, address) else { return Ok(None) };
        let permit = self.0.permits.acquire(address, limit);
        permit.map(Some).ok_or_else(|| Failure::too_many_streams(limit, chat.clock().now(), chat.is_own(address)))
    }
}

/// The message after which to resume: the header's, or else the query's. What is not the id of a message counts as
/// nothing.
fn resume_from(headers: &HeaderMap, query: Option<StreamQuery>) -> Option<Bookmark> {
    let header = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = header.or_else(|| query?.last_event_id)?;
    text.trim().parse().ok()
}

/// What a stream begins with: `retry:`, and the event `history`. `json` is a message alone.
// wire: chatr.md#3-the-stream
#[must_use]
pub fn beginning(start: &Start, json: &Form) -> BytesMut {
    let mut history = BytesMut::with_capacity(64 + 400 * start.page.messages.len());
    history.put_slice(b"{\"type\":\"history\",\"data\":");
    put_array(&mut history, start.page.messages.iter().map(|posted| posted.encoded(json)));
    history.put_slice(if start.page.truncated { b",\"truncated\":true}" } else { b"}" });
    let id = start.last.map(|last| last.to_string());
    let mut out = BytesMut::with_capacity(history.len() + 256);
    sse::retry(&mut out, RETRY_MILLIS);
    sse::Event { id: id.as_deref(), name: None, data: &history }.encode(&mut out);
    out
}

/// Appends the event `message`; `write_message` appends the message alone, as one line of JSON.
// wire: chatr.md#3-the-stream
pub fn write_message_event(
    epoch: Epoch,
    posted: &Posted,
    out: &mut Vec<u8>,
    write_message: impl FnOnce(Epoch, &Posted, &mut Vec<u8>),
) {
    out.extend_from_slice(b"id: ");
    out.extend_from_slice(Bookmark::of(epoch, posted).to_text().as_str().as_bytes());
    out.extend_from_slice(b"\ndata: {\"type\":\"message\",\"data\":");
    write_message(epoch, posted, out);
    out.extend_from_slice(b"}\n\n");
}

/// One event without an id: `{"type": kind, "data": data}`, `data` being one line of JSON.
// wire: chatr.md#3-the-stream
#[must_use]
pub fn event(kind: &str, data: &str) -> Bytes {
    Bytes::from(format!("data: {{\"type\":\"{kind}\",\"data\":{data}}}\n\n"))
}
