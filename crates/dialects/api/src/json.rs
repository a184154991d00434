//! Answers written by hand, so that a message's bytes are encoded once and copied from then on.

use axum::response::Response;
use bytes::{BufMut, BytesMut};
use http::{HeaderMap, StatusCode, header};
use tertulia_core::{Form, Posted, Quota};
use tertulia_edge::{insert_quota, json_bytes};

/// The request's content type, if it has one.
#[must_use]
pub fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}

/// The answer to a message that was said, `form` being the JSON of a message alone.
// wire: chatr.md#2-endpoints, rooms.md#2-endpoints
#[must_use]
pub fn said(posted: &Posted, form: &Form, quota: Option<&Quota>) -> Response {
    let message = posted.encoded(form);
    let mut answer = BytesMut::with_capacity(message.len() + 32);
    answer.put_slice(b"{\"success\":true,\"message\":");
    answer.put_slice(&message);
    answer.put_u8(b'}');
    let mut response = json_bytes(StatusCode::CREATED, answer.freeze());
    if let Some(quota) = quota {
        insert_quota(response.headers_mut(), quota);
    }
    response
}
