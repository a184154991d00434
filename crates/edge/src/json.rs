//! Answers that are put together from JSON that was encoded before.

use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderValue, StatusCode, header};

/// Bytes that are JSON.
#[must_use]
pub fn json_bytes(status: StatusCode, bytes: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
}

/// Appends encoded items as a JSON array.
pub fn put_array(out: &mut BytesMut, items: impl Iterator<Item = Bytes>) {
    out.put_u8(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.put_u8(b',');
        }
        out.put_slice(&item);
    }
    out.put_u8(b']');
}
