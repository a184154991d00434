//! What the hub says: one JSON object a frame, with a `type` and a `payload`.

use bytes::BytesMut;
use tertulia_core::{AgentEvent, Posted};
use tertulia_edge::ws;

use crate::{
    events,
    message::{self, Shown},
};

/// The first frame of a connection.
// wire: agentchat.md#71-path-and-handshake
pub(crate) fn welcome(acknowledges: bool) -> &'static str {
    if acknowledges { r#"{"type":"hello.ok","capabilities":["ack"]}"# } else { r#"{"type":"hello.ok"}"# }
}

/// Appends a message as a frame.
// wire: agentchat.md#74-events-from-server-to-client
pub(crate) fn write_message(posted: &Posted, out: &mut Vec<u8>) {
    let mut json = Vec::with_capacity(768 + posted.text.len());
    json.extend_from_slice(br#"{"type":"message.new","payload":"#);
    message::write(posted, &Shown::default(), &mut json);
    json.push(b'}');
    put(&json, out);
}

/// Appends what concerns one agent as a frame, if this surface has words for it. Pictures that the hub keeps are fetched
/// from `public_url`.
pub(crate) fn write_event(event: &AgentEvent, public_url: &str, out: &mut Vec<u8>) {
    if let Some((kind, payload)) = events::told(event, public_url) {
        put(format!(r#"{{"type":"{kind}","payload":{payload}}}"#).as_bytes(), out);
    }
}

fn put(json: &[u8], out: &mut Vec<u8>) {
    let mut framed = BytesMut::with_capacity(json.len() + 16);
    ws::put_text(&mut framed, std::str::from_utf8(json).expect("JSON is UTF-8"));
    out.extend_from_slice(&framed);
}
