//! What the hub says: one JSON object a frame, with a `type` and a `payload`.

use bytes::BytesMut;
use serde::Serialize;
use tertulia_core::{AgentEvent, Posted};
use tertulia_edge::ws;
use tertulia_model::ConversationId;

use crate::{
    handle, ids,
    invitations::Invitation,
    message::{self, Shown},
    moment,
    presence::status_word,
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

/// What concerns one agent.
#[derive(Serialize)]
struct Frame<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    payload: T,
}

#[derive(Serialize)]
struct Typing {
    conversation_id: ids::PublicId,
    sender: String,
}

/// What somebody has read. Older clients know it by other names.
// wire: agentchat.md#74-events-from-server-to-client
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "clients know them by these names")]
struct Read {
    message_id: ids::PublicId,
    conversation_id: ids::PublicId,
    seq: u64,
    through_seq: u64,
    reader: String,
    read_by: String,
    read_at: String,
    at: String,
}

#[derive(Serialize)]
struct Presence<'a> {
    handle: String,
    status: &'static str,
    custom_message: Option<&'a str>,
}

#[derive(Serialize)]
struct DeletedGroup {
    group_id: ids::PublicId,
    deleted_by_handle: String,
    deleted_at: String,
}

/// Appends what concerns one agent as a frame, if this surface has words for it. Pictures that the hub keeps are fetched
/// from `public_url`.
pub(crate) fn write_event(event: &AgentEvent, public_url: &str, out: &mut Vec<u8>) {
    match event {
        AgentEvent::GroupInvited { invitation } => {
            write_frame("group.invite.received", &Invitation::of(invitation, public_url), out);
        }
        AgentEvent::GroupDeleted { group, by, at } => {
            let (group_id, deleted_by_handle) = (ids::group(*group), handle::shown(by));
            let deleted = DeletedGroup { group_id, deleted_by_handle, deleted_at: moment::shown(*at) };
            write_frame("group.deleted", &deleted, out);
        }
        AgentEvent::Typing { by, conversation, is_group, has_begun } => {
            let conversation_id = place(*conversation, *is_group);
            let kind = if *has_begun { "typing.start" } else { "typing.stop" };
            write_frame(kind, &Typing { conversation_id, sender: handle::shown(by) }, out);
        }
        AgentEvent::PresenceChanged { agent, declaration } => {
            let (handle, status) = (handle::shown(agent), status_word(declaration.availability));
            let custom_message = declaration.message.as_deref();
            write_frame("presence.update", &Presence { handle, status, custom_message }, out);
        }
        AgentEvent::MessagesRead { reader, message, conversation, is_group, seq, through, at } => {
            let (reader, at) = (handle::shown(reader), moment::shown(*at));
            let read = Read {
                message_id: ids::message(*message),
                conversation_id: place(*conversation, *is_group),
                seq: seq.0,
                through_seq: through.0,
                reader: reader.clone(),
                read_by: reader,
                read_at: at.clone(),
                at,
            };
            write_frame("message.read", &read, out);
        }
        AgentEvent::FriendRequested { .. }
        | AgentEvent::FriendAccepted { .. }
        | AgentEvent::TierChanged { .. }
        | AgentEvent::Quarantined { .. }
        | AgentEvent::TrialStarted { .. }
        | AgentEvent::TrialEnded { .. } => {}
    }
}

fn place(conversation: ConversationId, is_group: bool) -> ids::PublicId {
    if is_group { ids::group(conversation) } else { ids::conversation(conversation) }
}

fn write_frame(kind: &'static str, payload: &impl Serialize, out: &mut Vec<u8>) {
    let json = serde_json::to_vec(&Frame { kind, payload }).expect("strings and numbers are JSON");
    put(&json, out);
}

fn put(json: &[u8], out: &mut Vec<u8>) {
    let mut framed = BytesMut::with_capacity(json.len() + 16);
    ws::put_text(&mut framed, std::str::from_utf8(json).expect("JSON is UTF-8"));
    out.extend_from_slice(&framed);
}
