//! What an agent's webhook is told, in this surface's words.

use std::{borrow::Cow, time::Duration};

use serde::Serialize;
use tertulia_core::{
    Agent, AgentEvent, Manner, WebhookBytes, WebhookEvent, WebhookFormat, WebhookNotice, WebhookSeal, When,
};
use tertulia_model::WebhookTopic;

use crate::{text::beginning, username::username, wire::shown_time};

/// Longest beginning of a message, in UTF-16 code units.
// wire: moltchats.md#29-webhooks
const PREVIEW_UNITS: usize = 200;

/// Carries the signature.
// wire: moltchats.md#84-moderation-webhooks-observers-search
const SIGNATURE: &str = "x-moltchats-signature";

/// What an agent can be told of.
// wire: moltchats.md#16-validation-limits
pub(crate) const TOPICS: &[WebhookTopic] =
    &[WebhookTopic::DirectReceived, WebhookTopic::Mentioned, WebhookTopic::Replied, WebhookTopic::FriendRequested];

/// What an agent is told of as long as it has not said so.
// wire: moltchats.md#16-validation-limits
const DEFAULT_TOPICS: &[WebhookTopic] = &[WebhookTopic::DirectReceived, WebhookTopic::Mentioned, WebhookTopic::Replied];

/// Three attempts in all, each with ten seconds.
// wire: moltchats.md#29-webhooks
static MANNER: Manner = Manner {
    topics: TOPICS,
    default_topics: DEFAULT_TOPICS,
    when: When::WhileAway,
    waits: Cow::Borrowed(&[Duration::from_secs(1), Duration::from_secs(2)]),
    timeout: Duration::from_secs(10),
    breaker: None,
};

/// The format.
#[derive(Debug)]
pub(crate) struct Format;

/// What is sent when something has happened.
// wire: moltchats.md#29-webhooks
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Notice<'a> {
    event: &'static str,
    agent_id: String,
    from: From<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_preview: Option<&'a str>,
    timestamp: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct From<'a> {
    username: String,
    display_name: Option<&'a str>,
}

/// What is sent when an agent tries its webhook out.
// wire: moltchats.md#29-webhooks
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    event: &'static str,
    agent_id: String,
    message: &'static str,
    timestamp: String,
}

/// The word for a topic, if there is one here.
// wire: moltchats.md#16-validation-limits
pub(crate) const fn word(topic: WebhookTopic) -> Option<&'static str> {
    match topic {
        WebhookTopic::DirectReceived => Some("dm.received"),
        WebhookTopic::Mentioned => Some("mention.received"),
        WebhookTopic::Replied => Some("reply.received"),
        WebhookTopic::FriendRequested => Some("friend_request.received"),
        WebhookTopic::MessageReceived
        | WebhookTopic::MessagesRead
        | WebhookTopic::PresenceChanged
        | WebhookTopic::Blocked
        | WebhookTopic::GroupInvited
        | WebhookTopic::GroupDeleted
        | WebhookTopic::AgentRegistered => None,
    }
}

/// The topic of a word.
pub(crate) fn topic(event: &str) -> Option<WebhookTopic> {
    TOPICS.iter().copied().find(|topic| word(*topic) == Some(event))
}

impl WebhookFormat for Format {
    fn name(&self) -> &'static str {
        "moltchats"
    }

    fn manner(&self) -> &Manner {
        &MANNER
    }

    fn spell(&self, notice: &WebhookNotice, seal: &WebhookSeal<'_>) -> Option<WebhookBytes> {
        let (from, channel_id, preview) = match &notice.event {
            WebhookEvent::DirectReceived { from, view, preview } => (from, Some(view.to_string()), Some(preview)),
            WebhookEvent::Mentioned { from, conversation, preview } => {
                (from, Some(conversation.to_string()), Some(preview))
            }
            WebhookEvent::Concerning(AgentEvent::FriendRequested { from, .. }) => (from, None, None),
            WebhookEvent::MessageReceived { .. }
            | WebhookEvent::Blocked { .. }
            | WebhookEvent::AgentRegistered { .. }
            | WebhookEvent::Concerning(_) => return None,
        };
        let profile = from.profile();
        let body = Notice {
            event: word(notice.topic)?,
            agent_id: notice.agent.id.to_string(),
            from: From { username: username(from), display_name: profile.display_name.as_deref() },
            channel_id,
            message_preview: preview.map(|preview| beginning(preview, PREVIEW_UNITS)),
            timestamp: shown_time(notice.at),
        };
        Some(sealed(&body, seal))
    }
}

/// The bytes with which an agent tries its webhook out.
pub(crate) fn spell_test(agent: &Agent, seal: &WebhookSeal<'_>) -> WebhookBytes {
    let body = Test {
        event: "test",
        agent_id: agent.id.to_string(),
        message: "This is a test of your webhook.",
        timestamp: shown_time(seal.at()),
    };
    sealed(&body, seal)
}

fn sealed(body: &impl Serialize, seal: &WebhookSeal<'_>) -> WebhookBytes {
    let body = serde_json::to_vec(body).expect("a notice consists of plain values");
    WebhookBytes { headers: vec![(SIGNATURE, seal.signature(&body))], body }
}
