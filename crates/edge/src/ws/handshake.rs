//! The handshake: whether a request asks for a WebSocket, and what answers its key.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Version,
    header::{
        CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING,
        UPGRADE,
    },
    request::Parts,
};
use sha1::{Digest, Sha1};

use crate::refusal::Refusal;

/// The version of the protocol, the only one there is.
pub(crate) const VERSION: HeaderValue = HeaderValue::from_static("13");

/// The protocol's name.
pub(crate) const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// What is added to a key before it is hashed.
const KEY_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Bytes in a key.
const KEY_BYTES: usize = 16;

/// What `Sec-WebSocket-Accept` answers to this request.
///
/// # Errors
///
/// [`Refusal::UpgradeRequired`] for a request that asks for no WebSocket, or for one of another version;
/// [`Refusal::BadHandshake`] for one that asks wrongly.
pub(crate) fn accept(parts: &Parts) -> Result<HeaderValue, Refusal> {
    let headers = &parts.headers;
    let asks = parts.method == Method::GET
        && parts.version == Version::HTTP_11
        && names(headers, &CONNECTION, "upgrade")
        && names(headers, &UPGRADE, "websocket");
    if !asks || headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Err(Refusal::UpgradeRequired);
    }
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let (Some(key), None) = (keys.next(), keys.next()) else { return Err(Refusal::BadHandshake) };
    // What follows the head is frames: a body would be read as such.
    let has_body =
        headers.contains_key(TRANSFER_ENCODING) || headers.get(CONTENT_LENGTH).is_some_and(|bytes| bytes != "0");
    if has_body || !STANDARD.decode(key).is_ok_and(|key| key.len() == KEY_BYTES) {
        return Err(Refusal::BadHandshake);
    }
    let hash = Sha1::new().chain_update(key).chain_update(KEY_SUFFIX).finalize();
    HeaderValue::from_str(&STANDARD.encode(hash)).map_err(|_| Refusal::Internal)
}

/// Whether a request wants a WebSocket, rightly or wrongly.
pub(crate) fn is_meant(headers: &HeaderMap) -> bool {
    names(headers, &UPGRADE, "websocket")
}

/// The headers of the answer that accepts.
pub(crate) fn accepting(accept: HeaderValue) -> [(HeaderName, HeaderValue); 3] {
    [(CONNECTION, HeaderValue::from_static("upgrade")), (UPGRADE, WEBSOCKET), (SEC_WEBSOCKET_ACCEPT, accept)]
}

/// Whether one of a header's lists has `token`, in any case.
fn names(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let lists = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_rfc_is_answered_as_there() {
        let request = http::Request::get("/")
            .header(CONNECTION, "keep-alive, Upgrade")
            .header(UPGRADE, "WebSocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(accept(&parts).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
