//! Server-sent events: how they are spelt, and the response that carries them.
//!
//! Events are encoded once by whoever has them and shared as bytes; a stream's beginning, keep-alive and farewell are
//! built with the same functions.

use axum::response::{IntoResponse, Response};
use bytes::{BufMut, BytesMut};
use http::{HeaderName, HeaderValue, header};

use crate::live::LiveStream;

/// The comment that breaks a silence.
pub const PING: &[u8] = b": ping\n\n";

/// The media type.
pub const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/event-stream");

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One event to encode.
#[derive(Clone, Copy, Debug, Default)]
pub struct Event<'a> {
    /// The position a client sends back as `Last-Event-ID`. Without line breaks and NUL, or it is left out.
    pub id: Option<&'a str>,
    /// The event's type; unnamed events reach `onmessage`. Without line breaks, or it is left out.
    pub name: Option<&'a str>,
    /// The payload; each of its lines becomes a `data:` line.
    pub data: &'a [u8],
}

impl Event<'_> {
    /// Appends the event to `out`.
    pub fn encode(&self, out: &mut BytesMut) {
        out.reserve(self.data.len() + self.id.map_or(0, str::len) + 32);
        field(out, "event", self.name);
        field(out, "id", self.id);
        for line in lines(self.data) {
            out.put_slice(b"data: ");
            out.put_slice(line);
            out.put_u8(b'\n');
        }
        out.put_u8(b'\n');
    }
}

/// Appends how long a client waits before it reconnects.
pub fn retry(out: &mut BytesMut, millis: u64) {
    out.put_slice(format!("retry: {millis}\n\n").as_bytes());
}

/// Answers with `stream`.
#[must_use]
pub fn response(stream: LiveStream) -> Response {
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    (headers, stream.into_body()).into_response()
}

fn field(out: &mut BytesMut, name: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    if value.contains(['\n', '\r', '\0']) {
        return;
    }
    out.put_slice(name.as_bytes());
    out.put_slice(b": ");
    out.put_slice(value.as_bytes());
    out.put_u8(b'\n');
}

/// Lines end with LF, CR LF or CR, as a client reads them.
fn lines(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(data);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            rest = None;
            return Some(text);
        };
        let next = if text[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
        rest = Some(&text[next..]);
        Some(&text[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(event: Event<'_>) -> String {
        let mut out = BytesMut::new();
        event.encode(&mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn an_event_is_spelt_field_by_field() {
        let event = Event { id: Some("7"), name: Some("stats"), data: b"{}" };
        assert_eq!(encoded(event), "event: stats\nid: 7\ndata: {}\n\n");
        assert_eq!(encoded(Event::default()), "data: \n\n");
    }

    #[test]
    fn no_value_can_begin_a_line_of_its_own() {
        let event = Event { id: Some("1\nretry: 0"), name: Some("a\rb"), data: b"a\nid: 9\r\nb\rc" };
        assert_eq!(encoded(event), "data: a\ndata: id: 9\ndata: b\ndata: c\n\n");
    }
}
