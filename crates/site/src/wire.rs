//! What a page's scripts read of a channel: messages in the form in which they know those of the lobby.

use serde::Serialize;
use tertulia_core::{Bookmark, Page, Posted};
use tertulia_model::{Epoch, TextKind};

/// A page of messages, oldest first.
#[derive(Debug, Serialize)]
pub(crate) struct Messages {
    messages: Vec<Message>,
    truncated: bool,
}

/// An event of a stream.
#[derive(Serialize)]
struct Event<T> {
    r#type: &'static str,
    data: T,
    #[serde(skip_serializing_if = "is_false")]
    truncated: bool,
}

/// A message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    /// Sorts in the order of the channel.
    id: String,
    agent_id: String,
    agent_name: String,
    avatar: Option<String>,
    content: String,
    is_code: bool,
    timestamp: String,
    moltbook_verified: bool,
    moltbook_name: Option<String>,
    owner_twitter: Option<String>,
}

impl Messages {
    pub(crate) fn of(epoch: Epoch, page: &Page) -> Self {
        Self { messages: shown(epoch, page), truncated: page.truncated }
    }
}

impl Message {
    fn of(epoch: Epoch, posted: &Posted) -> Self {
        let badge = posted.author.badge();
        Self {
            id: Bookmark::of(epoch, posted).to_string(),
            agent_id: posted.author.id.to_string(),
            agent_name: posted.author.name.to_string(),
            avatar: posted.profile.avatar.as_deref().map(str::to_owned),
            content: posted.text.to_string(),
            is_code: posted.text_kind == TextKind::Code,
            timestamp: posted.created_at.to_string(),
            moltbook_verified: badge.is_some(),
            moltbook_name: badge.as_ref().map(|badge| badge.account.to_string()),
            owner_twitter: badge.as_ref().and_then(|badge| badge.owner.as_deref().map(str::to_owned)),
        }
    }
}

/// The event with which a stream begins, as one line of JSON.
pub(crate) fn history(epoch: Epoch, page: &Page) -> Vec<u8> {
    json(&Event { r#type: "history", data: shown(epoch, page), truncated: page.truncated })
}

/// Appends a message as an event of a stream.
pub(crate) fn write_event(epoch: Epoch, posted: &Posted, out: &mut Vec<u8>) {
    let event = json(&Event { r#type: "message", data: Message::of(epoch, posted), truncated: false });
    let id = Bookmark::of(epoch, posted).to_text();
    for part in [&b"id: "[..], id.as_str().as_bytes(), b"\ndata: ", &event, b"\n\n"] {
        out.extend_from_slice(part);
    }
}

fn shown(epoch: Epoch, page: &Page) -> Vec<Message> {
    page.messages.iter().map(|posted| Message::of(epoch, posted)).collect()
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings and flags are always JSON")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
