//! A message on the wire, wherever it shows: in an answer, in history, in the queue, pushed, and in a webhook.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tertulia_core::{Content, GroupNews, Posted, Receipt};
use tertulia_model::{GroupEvent, TextKind, mentioned};
use utoipa::ToSchema;

use crate::{handle, ids, moment};

/// Names that are listed as mentioned in one message, at the most.
// wire: agentchat.md#56-the-context-block-new
const MOST_MENTIONS: usize = 50;

/// What is said instead of a message that the operator has removed.
const REMOVED: &str = "[removed by the operator]";

/// What the surface keeps with a message and the core does not read.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Extension<'a> {
    /// `text`, `structured` or `file`.
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<&'a RawValue>,
}

/// A message.
// wire: agentchat.md#421-message-shape
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Message)]
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
pub(crate) struct Message<'a> {
    #[schema(value_type = String, example = "msg_AZoQ1s5zfbO1eYpN0aXwmA")]
    id: ids::PublicId,
    /// `conv_…` of two, `grp_…` of a group.
    #[schema(value_type = String)]
    conversation_id: ids::PublicId,
    /// The sender's handle.
    sender: String,
    /// What the sender calls it.
    client_msg_id: String,
    /// Its place in its conversation, from 1.
    seq: u64,
    /// `text`, `structured`, `file` or `system`.
    #[serde(rename = "type")]
    kind: &'a str,
    #[schema(value_type = Object)]
    content: Body<'a>,
    #[schema(value_type = Object)]
    metadata: &'a RawValue,
    context: Context,
    /// `stored`, `delivered` or `read`.
    status: &'static str,
    created_at: String,
    #[schema(required)]
    delivered_at: Option<String>,
    #[schema(required)]
    read_at: Option<String>,
    /// The reader's own place for it, on rows that are read; null on what it sent itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    delivery_id: Option<Option<ids::PublicId>>,
    /// Members of the group who got no copy.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<String>)]
    skipped_recipients: &'a [String],
}

/// What a message says.
#[derive(Debug, Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment_id: Option<ids::PublicId>,
}

/// What a message says to programs.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Data<'a> {
    /// Whatever its sender has sent.
    Sent(&'a RawValue),
    /// What has happened to the group.
    News(News<'a>),
}

/// What has happened to a group.
// wire: agentchat.md#446-system-messages
#[derive(Debug, Serialize)]
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
struct News<'a> {
    schema_version: u8,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_handle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_name: Option<&'a str>,
    /// Null where it happened by itself; not there where only one can have done it.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_handle: Option<Option<String>>,
}

impl<'a> News<'a> {
    fn of(news: &'a GroupNews) -> Self {
        let handle = |agent: &Option<_>| agent.as_deref().map(handle::shown);
        let has_actor = match news.what {
            GroupEvent::MemberJoined | GroupEvent::MemberLeft => false,
            GroupEvent::MemberRemoved
            | GroupEvent::AdminPromoted
            | GroupEvent::AdminDemoted
            | GroupEvent::NameChanged
            | GroupEvent::DescriptionChanged
            | GroupEvent::AvatarChanged
            | GroupEvent::Deleted => true,
        };
        Self {
            schema_version: 1,
            event: news.what.as_str(),
            agent_handle: handle(&news.agent),
            new_name: news.name.as_deref(),
            actor_handle: has_actor.then(|| handle(&news.actor)),
        }
    }
}

/// What the hub says about a message.
// wire: agentchat.md#56-the-context-block-new
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::MessageContext)]
struct Context {
    sender: Sender,
    conversation: Place,
    /// Handles, in the order in which they first appear.
    mentions: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::MessageSender)]
struct Sender {
    handle: String,
    #[schema(required)]
    display_name: Option<String>,
    /// `agent` or `system`.
    kind: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::MessagePlace)]
struct Place {
    /// `direct` or `group`.
    #[serde(rename = "type")]
    kind: &'static str,
    #[schema(required)]
    group_name: Option<String>,
    #[schema(required)]
    member_count: Option<usize>,
}

/// What is shown of a message beside itself.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
pub(crate) struct Shown<'a> {
    /// How far it has come, as far as its reader may know.
    pub(crate) receipt: Receipt,
    /// The reader's own place for it: nothing where places are not shown, `Some(None)` where it has none.
    pub(crate) place: Option<Option<ids::PublicId>>,
    /// Members of the group who got no copy.
    pub(crate) skipped: &'a [String],
}

/// Appends a message as JSON.
pub(crate) fn write(posted: &Posted, shown: &Shown<'_>, out: &mut Vec<u8>) {
    let content = posted.content.as_deref();
    let extension = extension_of(posted);
    let message = Message {
        id: ids::message(posted.id),
        conversation_id: conversation_id(posted),
        sender: handle::shown(&posted.author),
        client_msg_id: sent_key(posted, content),
        seq: posted.seq.0,
        kind: kind(content, extension.as_ref()),
        content: body(posted, content),
        metadata: metadata(posted, extension.as_ref()),
        context: context(posted),
        status: status(&shown.receipt),
        created_at: moment::shown(posted.created_at),
        delivered_at: shown.receipt.delivered_at.map(moment::shown),
        read_at: shown.receipt.read_at.map(moment::shown),
        delivery_id: shown.place,
        skipped_recipients: shown.skipped,
    };
    serde_json::to_writer(out, &message).expect("a message of strings is always JSON");
}

/// What a message is: `text`, `structured`, `file` or `system`.
pub(crate) fn kind_of(posted: &Posted) -> &str {
    let content = posted.content.as_deref();
    kind(content, extension_of(posted).as_ref())
}

/// Its words, as they are shown.
pub(crate) fn text_of(posted: &Posted) -> Option<&str> {
    body(posted, posted.content.as_deref()).text
}

/// Nothing is left of it with a removed message, neither on disk nor in memory.
fn extension_of(posted: &Posted) -> Option<Extension<'_>> {
    let content = posted.content.as_deref().filter(|_| !posted.is_removed());
    let extension = content.and_then(|content| content.extension.as_deref());
    extension.and_then(|extension| serde_json::from_str(extension).ok())
}

/// The conversation as this surface names it.
pub(crate) fn conversation_id(posted: &Posted) -> ids::PublicId {
    if posted.group.is_some() { ids::group(posted.conversation) } else { ids::conversation(posted.conversation) }
}

/// What came from elsewhere has a key that nothing sent here can have.
fn sent_key(posted: &Posted, content: Option<&Content>) -> String {
    match content {
        Some(Content { event: Some(_), .. }) => format!("sys_{}", ids::message(posted.id)),
        Some(Content { sent_key: Some(key), .. }) => key.to_string(),
        Some(_) | None => format!("hub_{}", ids::message(posted.id)),
    }
}

fn kind<'a>(content: Option<&Content>, extension: Option<&Extension<'a>>) -> &'a str {
    match content {
        Some(Content { event: Some(_), .. }) => "system",
        Some(_) | None => extension.map_or("text", |extension| extension.kind),
    }
}

fn body<'a>(posted: &'a Posted, content: Option<&'a Content>) -> Body<'a> {
    if posted.is_removed() {
        return Body { text: Some(REMOVED), data: None, attachment_id: None };
    }
    if let Some(news) = posted.news.as_deref() {
        return Body { text: None, data: Some(Data::News(News::of(news))), attachment_id: None };
    }
    let is_wordless = content.is_some_and(|content| content.is_wordless);
    Body {
        text: (!is_wordless).then_some(&*posted.text),
        data: content.and_then(|content| serde_json::from_str(content.data.as_deref()?).ok()).map(Data::Sent),
        attachment_id: content.and_then(|content| content.attachment.as_ref()).map(|file| ids::attachment(file.id)),
    }
}

/// What came from elsewhere says at the most that it is code.
fn metadata<'a>(posted: &Posted, extension: Option<&Extension<'a>>) -> &'a RawValue {
    const NOTHING: &str = "{}";
    const CODE: &str = r#"{"content_type":"code"}"#;
    let own = extension.and_then(|extension| extension.metadata);
    let words = match posted.text_kind {
        TextKind::Plain => NOTHING,
        TextKind::Code => CODE,
    };
    own.unwrap_or_else(|| serde_json::from_str(words).expect("it is JSON"))
}

fn context(posted: &Posted) -> Context {
    let group = posted.group.as_deref();
    Context {
        sender: Sender {
            handle: handle::shown(&posted.author),
            display_name: posted.profile.display_name.as_deref().map(str::to_owned),
            kind: if posted.author.is_system { "system" } else { "agent" },
        },
        conversation: Place {
            kind: if group.is_some() { "group" } else { "direct" },
            group_name: group.map(|group| group.name().to_string()),
            member_count: group.map(tertulia_core::GroupCard::members),
        },
        mentions: if posted.is_removed() { Vec::new() } else { mentions(&posted.text) },
    }
}

/// Whom a text mentions, as they are called here.
fn mentions(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in mentioned(text) {
        let name = name.trim_end_matches('-');
        let is_name = tertulia_model::NameKey::of(name).is_some();
        if is_name && !found.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            found.push(name.to_ascii_lowercase());
            if found.len() == MOST_MENTIONS {
                break;
            }
        }
    }
    found
}

// wire: agentchat.md#57-delivery-state-per-recipient
fn status(receipt: &Receipt) -> &'static str {
    match (receipt.delivered_at, receipt.read_at) {
        (_, Some(_)) => "read",
        (Some(_), None) => "delivered",
        (None, None) => "stored",
    }
}

#[cfg(test)]
mod tests {
    use tertulia_model::Timestamp;

    use super::*;

    #[test]
    fn mentions_are_handles_in_order_and_once() {
        assert_eq!(mentions("hi @Bob and @alice-- then @bob, not me@example.org, @x"), ["bob", "alice"]);
        let many = (0..80).map(|number| format!("@agent{number}")).collect::<Vec<_>>().join(" ");
        assert_eq!(mentions(&many).len(), MOST_MENTIONS);
    }

    #[test]
    fn a_status_goes_forward() {
        let at = Some(Timestamp::from_micros(1));
        assert_eq!(status(&Receipt::default()), "stored");
        assert_eq!(status(&Receipt { delivered_at: at, read_at: None }), "delivered");
        assert_eq!(status(&Receipt { delivered_at: at, read_at: at }), "read");
    }
}
