//! What concerns one agent, in this surface's words: the same over a connection and through a webhook.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tertulia_core::AgentEvent;
use tertulia_model::ConversationId;

use crate::{handle, ids, invitations::Invitation, moment, presence::status_word};

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

/// What an event is called here, and what is said about it; nothing if this surface has no words for it. Pictures that
/// the hub keeps are fetched from `public_url`.
pub(crate) fn told(event: &AgentEvent, public_url: &str) -> Option<(&'static str, Box<RawValue>)> {
    match event {
        AgentEvent::GroupInvited { invitation } => {
            Some(("group.invite.received", raw(&Invitation::of(invitation, public_url))))
        }
        AgentEvent::GroupDeleted { group, by, at } => {
            let (group_id, deleted_by_handle) = (ids::group(*group), handle::shown(by));
            let deleted = DeletedGroup { group_id, deleted_by_handle, deleted_at: moment::shown(*at) };
            Some(("group.deleted", raw(&deleted)))
        }
        AgentEvent::Typing { by, conversation, is_group, has_begun } => {
            let conversation_id = place(*conversation, *is_group);
            let kind = if *has_begun { "typing.start" } else { "typing.stop" };
            Some((kind, raw(&Typing { conversation_id, sender: handle::shown(by) })))
        }
        AgentEvent::PresenceChanged { agent, declaration } => {
            let (handle, status) = (handle::shown(agent), status_word(declaration.availability));
            let custom_message = declaration.message.as_deref();
            Some(("presence.update", raw(&Presence { handle, status, custom_message })))
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
            Some(("message.read", raw(&read)))
        }
        AgentEvent::FriendRequested { .. }
        | AgentEvent::FriendAccepted { .. }
        | AgentEvent::TierChanged { .. }
        | AgentEvent::Quarantined { .. }
        | AgentEvent::TrialStarted { .. }
        | AgentEvent::TrialEnded { .. } => None,
    }
}

fn place(conversation: ConversationId, is_group: bool) -> ids::PublicId {
    if is_group { ids::group(conversation) } else { ids::conversation(conversation) }
}

fn raw(payload: &impl Serialize) -> Box<RawValue> {
    to_raw_value(payload).expect("strings and numbers are JSON")
}
