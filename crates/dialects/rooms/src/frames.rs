//! The frames of the WebSocket, both ways. Every frame is one JSON object with a `type`.

use bytes::{BufMut, Bytes, BytesMut};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tertulia_api::{Failure, body::Field, query::parse_cursor};
use tertulia_core::{Bookmark, Form, Notice, Page, Posted};
use tertulia_edge::put_array;
use tertulia_edge::ws;
use tertulia_model::{ConversationId, Epoch};

use crate::{
    rooms::parse_id,
    stream::word_of,
    wire::{self, GLOBAL},
};

/// What a client asks for.
// wire: rooms.md#4-websocket-apiws
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ClientFrame {
    /// Saying who it is.
    Auth { key: String },
    /// Hearing a room from now on, or from after a message.
    Subscribe { room: RoomRef, after: Option<Bookmark> },
    /// Hearing it no more.
    Unsubscribe { room: RoomRef },
    /// An answer.
    Ping,
}

/// A room as a client names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoomRef {
    /// The global chat.
    Global,
    /// A room.
    Room(ConversationId),
}

#[derive(Debug, Default, Deserialize)]
struct Members<'a> {
    #[serde(borrow, default)]
    r#type: Field<'a>,
    #[serde(borrow, default)]
    key: Field<'a>,
    #[serde(borrow, default)]
    room: Field<'a>,
    #[serde(borrow, default)]
    after: Field<'a>,
}

/// A frame that cannot be taken, with the room that it names, if it names one.
#[derive(Debug)]
pub(crate) struct BadFrame {
    pub(crate) failure: Failure,
    pub(crate) room: Option<String>,
}

impl From<Failure> for BadFrame {
    fn from(failure: Failure) -> Self {
        Self { failure, room: None }
    }
}

impl ClientFrame {
    /// Reads a frame.
    pub(crate) fn read(text: &str) -> Result<Self, BadFrame> {
        let refuse = |field| move |problem: &str| Failure::bad_field("INVALID_FRAME", field, problem);
        let no_object = |why: &str| Failure::bad_request("INVALID_FRAME", format!("A frame is one JSON object{why}."));
        if !text.trim_start().starts_with('{') {
            return Err(no_object("").into());
        }
        let members: Members<'_> = serde_json::from_str(text).map_err(|error| no_object(&format!(": {error}")))?;
        match members.r#type.require(refuse("type"))? {
            "auth" => Ok(Self::Auth { key: members.key.require(refuse("key"))?.to_owned() }),
            "subscribe" => {
                let room = read_room(&members.room)?;
                let after = match members.after.optional(refuse("after"))? {
                    Some(after) => Some(parse_cursor("after", after).map_err(|failure| BadFrame {
                        failure,
                        room: Some(members.room.require(refuse("room")).unwrap_or_default().to_owned()),
                    })?),
                    None => None,
                };
                Ok(Self::Subscribe { room, after })
            }
            "unsubscribe" => Ok(Self::Unsubscribe { room: read_room(&members.room)? }),
            "ping" => Ok(Self::Ping),
            _ => Err(refuse("type")("must be `auth`, `subscribe`, `unsubscribe` or `ping`").into()),
        }
    }
}

fn read_room(field: &Field<'_>) -> Result<RoomRef, BadFrame> {
    let text = field.require(|problem| Failure::bad_field("INVALID_FRAME", "room", problem))?;
    if text == GLOBAL {
        return Ok(RoomRef::Global);
    }
    let unknown = || BadFrame {
        failure: Failure::new(StatusCode::NOT_FOUND, "ROOM_NOT_FOUND", "There is no such room, or its time is up."),
        room: Some(text.to_owned()),
    };
    parse_id(text).map(RoomRef::Room).ok_or_else(unknown)
}

impl RoomRef {
    /// As it is printed.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Global => GLOBAL.to_owned(),
            Self::Room(id) => id.to_string(),
        }
    }
}

/// What a client is told of a frame that cannot be taken: the frame `error`. Nothing of one that can.
#[must_use]
pub fn refusal_of(text: &str) -> Option<String> {
    let BadFrame { failure, room } = ClientFrame::read(text).err()?;
    Some(error(&failure, room.as_deref()))
}

/// The answer to a subscription, and what its reader is given first.
pub(crate) fn beginning(room: RoomRef, page: &Page, json: &Form) -> Bytes {
    let name = room.name();
    let mut history = BytesMut::with_capacity(128 + 400 * page.messages.len());
    history.put_slice(b"{\"type\":\"history\",\"room\":\"");
    history.put_slice(name.as_bytes());
    history.put_slice(b"\",\"messages\":");
    put_array(&mut history, page.messages.iter().map(|posted| posted.encoded(json)));
    history.put_slice(if page.truncated { b",\"truncated\":true}" } else { b",\"truncated\":false}" });
    let mut frames = BytesMut::with_capacity(history.len() + 128);
    ws::put_text(&mut frames, &format!("{{\"type\":\"subscribed\",\"room\":\"{name}\"}}"));
    ws::put_text(&mut frames, std::str::from_utf8(&history).expect("JSON is UTF-8"));
    frames.freeze()
}

/// The answer to a ping.
pub(crate) const PONG: &str = "{\"type\":\"pong\"}";

/// A refusal.
pub(crate) fn error(failure: &Failure, room: Option<&str>) -> String {
    #[derive(Serialize)]
    struct Refusal<'a> {
        r#type: &'static str,
        code: &'static str,
        error: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<&'a str>,
    }
    let refusal = Refusal { r#type: "error", code: failure.code(), error: failure.message(), room };
    serde_json::to_string(&refusal).expect("strings are always JSON")
}

/// What a connection is told that may not listen to a room any more.
pub(crate) fn excluded(room: ConversationId) -> Bytes {
    let sentence = "You take no part in this room any more.";
    let failure = Failure::new(StatusCode::FORBIDDEN, "NOT_PARTICIPANT", sentence);
    ws::text(&error(&failure, Some(&room.to_string())))
}

/// Appends a message as a frame.
pub(crate) fn write_message(epoch: Epoch, lobby: ConversationId, posted: &Posted, out: &mut Vec<u8>) {
    let mut room = [0; 36];
    let room = wire::room_name(posted.conversation, lobby, &mut room);
    let mut frame = Vec::with_capacity(320 + posted.text.len());
    frame.extend_from_slice(b"{\"type\":\"message\",\"room\":\"");
    frame.extend_from_slice(room.as_bytes());
    frame.extend_from_slice(b"\",\"message\":");
    wire::write_message(epoch, lobby, posted, &mut frame);
    frame.push(b'}');
    put(&frame, out);
}

/// Appends what happened to a room as a frame.
pub(crate) fn write_notice(notice: &Notice, out: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct RoomFrame<'a> {
        r#type: &'static str,
        room: String,
        event: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        bot: Option<&'a str>,
    }
    let bot = notice.agent.as_ref().map(|agent| &*agent.name);
    let frame = RoomFrame { r#type: "room", room: notice.conversation.to_string(), event: word_of(notice.what), bot };
    put(&serde_json::to_vec(&frame).expect("strings are always JSON"), out);
}

fn put(json: &[u8], out: &mut Vec<u8>) {
    let mut frame = BytesMut::with_capacity(json.len() + 10);
    ws::put_text(&mut frame, std::str::from_utf8(json).expect("JSON is UTF-8"));
    out.extend_from_slice(&frame);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let BadFrame { failure, room } = ClientFrame::read(text).unwrap_err();
        error(&failure, room.as_deref())
    }

    #[test]
    fn frames_are_read_and_what_is_wrong_is_named() {
        assert_eq!(ClientFrame::read(r#"{"type":"ping","x":[1]}"#).unwrap(), ClientFrame::Ping);
        let global = ClientFrame::Subscribe { room: RoomRef::Global, after: None };
        assert_eq!(ClientFrame::read(r#"{"room":"global","type":"subscribe"}"#).unwrap(), global);
        for (text, code, word) in [
            ("[]", "INVALID_FRAME", "JSON object"),
            ("{}", "INVALID_FRAME", "`type` is required"),
            (r#"{"type":"sing"}"#, "INVALID_FRAME", "`type` must be"),
            (r#"{"type":"subscribe"}"#, "INVALID_FRAME", "`room` is required"),
            (r#"{"type":"subscribe","room":"global","after":"x"}"#, "INVALID_CURSOR", "\"room\":\"global\""),
            (r#"{"type":"unsubscribe","room":"nowhere"}"#, "ROOM_NOT_FOUND", "\"room\":\"nowhere\""),
        ] {
            let refusal = refused(text);
            assert!(refusal.contains(code) && refusal.contains(word), "{text}: {refusal}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange_to_be_read(text: String) {
            let _ = ClientFrame::read(&text);
        }
    }
}
