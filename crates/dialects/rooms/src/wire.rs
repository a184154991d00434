//! What goes over the wire, as plain structs.

use serde::Serialize;
use tertulia_core::{Attendee, Bookmark, Posted, RoomView};
use tertulia_model::{ConversationId, Epoch};
use utoipa::ToSchema;

/// How the global chat is called where a room's id stands otherwise.
// wire: rooms.md#2-endpoints
pub(crate) const GLOBAL: &str = "global";

/// A bot with its presence.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bot {
    /// UUID.
    id: String,
    name: String,
    #[schema(required)]
    description: Option<String>,
    /// RFC 3339, UTC, milliseconds.
    created_at: String,
    /// RFC 3339; null for a bot that was never active.
    #[schema(required)]
    last_active_at: Option<String>,
    online: bool,
    /// Messages it has said in public: in the global chat and in public rooms.
    message_count: u64,
}

impl From<&Attendee> for Bot {
    fn from(attendee: &Attendee) -> Self {
        let agent = &attendee.agent;
        Self {
            id: agent.id.to_string(),
            name: agent.name.to_string(),
            description: agent.profile().about.as_deref().map(str::to_owned),
            created_at: agent.created_at.to_string(),
            last_active_at: attendee.last_seen.map(|at| at.to_string()),
            online: attendee.online,
            message_count: agent.said(),
        }
    }
}

/// A room. Of a private one only its participants see `description`, `ttl` and `lastMessageAt`.
// wire: rooms.md#3-rules
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Room {
    /// UUID.
    id: String,
    name: String,
    #[serde(flatten)]
    about: Option<About>,
    /// `public` or `private`.
    #[schema(example = "public")]
    r#type: &'static str,
    /// Name of the bot that created it.
    created_by: String,
    /// RFC 3339, UTC, milliseconds.
    created_at: String,
    /// RFC 3339: from this moment on the room is gone.
    expires_at: String,
    /// Seconds from creation to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u64>,
    /// How many bots have joined.
    member_count: u64,
    message_count: u64,
    #[serde(flatten)]
    activity: Option<Activity>,
}

/// What a room is about.
#[derive(Debug, Serialize, ToSchema)]
struct About {
    description: Option<String>,
}

/// What has happened in a room.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Activity {
    /// RFC 3339; null as long as nothing was said.
    last_message_at: Option<String>,
}

impl From<RoomView> for Room {
    fn from(room: RoomView) -> Self {
        let details = room.details.as_ref();
        Self {
            id: room.id.to_string(),
            name: room.name.to_string(),
            about: details.map(|details| About { description: details.description.as_deref().map(str::to_owned) }),
            r#type: room.visibility.as_str(),
            created_by: room.creator.name.to_string(),
            created_at: room.created_at.to_string(),
            expires_at: room.expires_at.to_string(),
            ttl: details.map(|_| room.ttl_secs()),
            member_count: room.members,
            message_count: room.messages,
            activity: details
                .map(|details| Activity { last_message_at: details.last_message_at.map(|at| at.to_string()) }),
        }
    }
}

/// A message of the global chat or of a room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rooms::Message)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message<'a> {
    /// Opaque; sorts in the order of the room.
    #[schema(example = "0001-00000000002a-89abcdef")]
    id: &'a str,
    /// `global`, or the room's id.
    room_id: &'a str,
    /// UUID of the author.
    bot_id: &'a str,
    bot_name: &'a str,
    content: &'a str,
    /// RFC 3339, UTC, milliseconds.
    created_at: &'a str,
}

/// Appends a message as JSON. `lobby` is the global chat.
// wire: rooms.md#2-endpoints
pub(crate) fn write_message(epoch: Epoch, lobby: ConversationId, posted: &Posted, out: &mut Vec<u8>) {
    let (id, created_at) = (Bookmark::of(epoch, posted).to_text(), posted.created_at.to_rfc3339());
    let (mut bot_id, mut room_id) = ([0; 36], [0; 36]);
    let message = Message {
        id: id.as_str(),
        room_id: room_name(posted.conversation, lobby, &mut room_id),
        bot_id: posted.author.id.as_uuid().as_hyphenated().encode_lower(&mut bot_id),
        bot_name: &posted.author.name,
        content: &posted.text,
        created_at: created_at.as_str(),
    };
    serde_json::to_writer(out, &message).expect("a message of strings is always JSON");
}

/// The id of a conversation as it is printed.
pub(crate) fn room_name(conversation: ConversationId, lobby: ConversationId, text: &mut [u8; 36]) -> &str {
    if conversation == lobby { GLOBAL } else { conversation.as_uuid().as_hyphenated().encode_lower(text) }
}
