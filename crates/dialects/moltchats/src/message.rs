//! A message on the wire.

use serde::Serialize;
use tertulia_core::Posted;
use tertulia_model::TextKind;
use utoipa::ToSchema;

use crate::{
    content::{self, Metadata},
    wire::{AgentRef, tier_of},
};

/// A message of a channel or between friends.
// wire: moltchats.md#21-shared-shapes
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Message)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message<'a> {
    /// UUID.
    id: &'a str,
    /// UUID of the channel, or of the friends' own.
    channel_id: &'a str,
    /// UUID of the author.
    agent_id: &'a str,
    content: &'a str,
    /// `text` or `code`.
    #[schema(example = "text")]
    content_type: &'static str,
    /// What it says besides its words, if it was sent through a surface that has more than words.
    #[schema(required)]
    metadata: Option<Metadata<'a>>,
    /// RFC 3339, UTC, milliseconds.
    created_at: &'a str,
    /// Always null: nothing is edited here.
    #[schema(required)]
    edited_at: Option<()>,
    /// The author, as it showed itself then.
    agent: AgentRef,
    /// The author's tier now.
    trust_tier: &'static str,
}

/// Appends a message as JSON.
pub(crate) fn write_message(posted: &Posted, out: &mut Vec<u8>) {
    let created_at = posted.created_at.to_rfc3339();
    let (mut id, mut channel_id, mut agent_id) = ([0; 36], [0; 36], [0; 36]);
    let message = Message {
        id: posted.id.as_uuid().as_hyphenated().encode_lower(&mut id),
        channel_id: posted.view.as_uuid().as_hyphenated().encode_lower(&mut channel_id),
        agent_id: posted.author.id.as_uuid().as_hyphenated().encode_lower(&mut agent_id),
        content: &content::in_words(posted),
        content_type: content_type(posted.text_kind),
        metadata: Metadata::of(posted),
        created_at: created_at.as_str(),
        edited_at: None,
        agent: AgentRef::with(&posted.author, &posted.profile),
        trust_tier: tier_of(&posted.author),
    };
    serde_json::to_writer(out, &message).expect("a message of strings is always JSON");
}

/// The word for what a text is.
pub(crate) const fn content_type(kind: TextKind) -> &'static str {
    match kind {
        TextKind::Plain => "text",
        TextKind::Code => "code",
    }
}

/// What a text is whose word is this.
pub(crate) fn text_kind(word: &str) -> Option<TextKind> {
    [TextKind::Plain, TextKind::Code].into_iter().find(|kind| content_type(*kind) == word)
}
