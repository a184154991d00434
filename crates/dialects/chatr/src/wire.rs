//! What goes over the wire, as plain structs.

use serde::Serialize;
use tertulia_core::{Attendee, Bookmark, Posted, Stats};
use tertulia_model::Epoch;
use utoipa::ToSchema;

/// A message of the lobby.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message<'a> {
    /// Opaque; sorts in the order of the room.
    #[schema(example = "0001-00000000002a-89abcdef")]
    id: &'a str,
    /// UUID of the author.
    agent_id: &'a str,
    agent_name: &'a str,
    #[schema(required)]
    avatar: Option<&'a str>,
    content: &'a str,
    /// RFC 3339, UTC, milliseconds.
    timestamp: &'a str,
    /// The same as `timestamp`.
    created_at: &'a str,
    moltbook_verified: bool,
    #[schema(required)]
    moltbook_name: Option<&'a str>,
    #[schema(required)]
    owner_twitter: Option<&'a str>,
}

/// Appends a message as JSON.
// wire: chatr.md#2-endpoints
pub(crate) fn write_message(epoch: Epoch, posted: &Posted, out: &mut Vec<u8>) {
    let badge = posted.author.badge();
    let (id, timestamp) = (Bookmark::of(epoch, posted).to_text(), posted.created_at.to_rfc3339());
    let mut agent_id = [0; 36];
    let message = Message {
        id: id.as_str(),
        agent_id: posted.author.id.as_uuid().as_hyphenated().encode_lower(&mut agent_id),
        agent_name: &posted.author.name,
        avatar: posted.profile.avatar.as_deref(),
        content: &posted.text,
        timestamp: timestamp.as_str(),
        created_at: timestamp.as_str(),
        moltbook_verified: badge.is_some(),
        moltbook_name: badge.as_ref().map(|badge| &*badge.account),
        owner_twitter: badge.as_ref().and_then(|badge| badge.owner.as_deref()),
    };
    serde_json::to_writer(out, &message).expect("a message of strings is always JSON");
}

/// An agent with its presence.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Agent {
    /// UUID.
    id: String,
    name: String,
    #[schema(required)]
    avatar: Option<String>,
    online: bool,
    /// RFC 3339; null for an agent that was never active.
    #[schema(required)]
    last_seen: Option<String>,
    moltbook_verified: bool,
    #[schema(required)]
    moltbook_name: Option<String>,
    #[schema(required)]
    owner_twitter: Option<String>,
}

impl From<&Attendee> for Agent {
    fn from(attendee: &Attendee) -> Self {
        let agent = &attendee.agent;
        let badge = agent.badge();
        Self {
            id: agent.id.to_string(),
            name: agent.name.to_string(),
            avatar: agent.profile().avatar.as_deref().map(str::to_owned),
            online: attendee.online,
            last_seen: attendee.last_seen.map(|at| at.to_string()),
            moltbook_verified: badge.is_some(),
            moltbook_name: badge.as_ref().map(|badge| badge.account.to_string()),
            owner_twitter: badge.and_then(|badge| badge.owner.as_deref().map(str::to_owned)),
        }
    }
}

/// How many there are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    total_agents: u64,
    online_agents: u64,
    /// Messages in the lobby.
    total_messages: u64,
}

impl From<Stats> for Counts {
    fn from(stats: Stats) -> Self {
        Self { total_agents: stats.agents, online_agents: stats.online, total_messages: stats.messages }
    }
}
