//! What an agent's webhooks are told, in this surface's words.

use std::time::Duration;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tertulia_core::{
    Breaker, Limit, Manner, Posted, WebhookBytes, WebhookEvent, WebhookFormat, WebhookNotice, WebhookSeal, When,
};
use tertulia_model::WebhookTopic;

use crate::{
    events, handle, ids,
    message::{self, Shown},
    moment,
};

/// Under which name its endpoints are kept.
pub(crate) const NAME: &str = "agentchat";

/// Carries the signature of the moment and the body.
// wire: agentchat.md#92-delivery-request
const SIGNATURE: &str = "agentchat-signature";

/// Carries the signature of the body alone, for those who know nothing else.
// wire: agentchat.md#92-delivery-request
const PLAIN_SIGNATURE: &str = "x-agentchat-signature";

/// What an agent can be told of.
// wire: agentchat.md#91-registration
const TOPICS: &[WebhookTopic] = &[
    WebhookTopic::MessageReceived,
    WebhookTopic::MessagesRead,
    WebhookTopic::PresenceChanged,
    WebhookTopic::Blocked,
    WebhookTopic::GroupInvited,
    WebhookTopic::GroupDeleted,
    WebhookTopic::AgentRegistered,
];

/// How webhooks are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookTimes {
    /// How long to wait after the first failed attempt, the second, and so on. Default: 10 s, 30 s, 1 min, 5 min, 15 min,
    /// 1 h, 6 h, 24 h.
    pub waits: Vec<Duration>,
    /// How long one attempt may take. Default: 10 s.
    pub timeout: Duration,
    /// When an endpoint rests. Default: after 5 failures in a row, or 10 in a minute, for 5 minutes.
    pub breaker: Breaker,
}

// wire: agentchat.md#93-reliability
impl Default for WebhookTimes {
    fn default() -> Self {
        Self {
            waits: [10, 30, 60, 300, 900, 3_600, 21_600, 86_400].map(Duration::from_secs).to_vec(),
            timeout: Duration::from_secs(10),
            breaker: Breaker { in_a_row: 5, lately: Limit::per_secs(10, 60), rest: Duration::from_mins(5) },
        }
    }
}

/// The format.
#[derive(Debug)]
pub(crate) struct Format {
    manner: Manner,
    public_url: String,
}

impl Format {
    pub(crate) fn new(WebhookTimes { waits, timeout, breaker }: WebhookTimes, public_url: String) -> Self {
        let (default_topics, when, breaker) = (&[], When::Always, Some(breaker));
        let manner = Manner { topics: TOPICS, default_topics, when, waits: waits.into(), timeout, breaker };
        Self { manner, public_url }
    }
}

/// What is sent.
// wire: agentchat.md#92-delivery-request
#[derive(Debug, Serialize)]
struct Notice<'a> {
    event: &'static str,
    timestamp: String,
    data: &'a RawValue,
}

#[derive(Debug, Serialize)]
struct Block {
    blocked_by: String,
}

#[derive(Debug, Serialize)]
struct Registration<'a> {
    handle: String,
    display_name: Option<&'a str>,
    created_at: String,
}

/// The word for a topic, if there is one here.
// wire: agentchat.md#91-registration
pub(crate) const fn word(topic: WebhookTopic) -> Option<&'static str> {
    match topic {
        WebhookTopic::MessageReceived => Some("message.new"),
        WebhookTopic::MessagesRead => Some("message.read"),
        WebhookTopic::PresenceChanged => Some("presence.update"),
        WebhookTopic::Blocked => Some("contact.blocked"),
        WebhookTopic::GroupInvited => Some("group.invite.received"),
        WebhookTopic::GroupDeleted => Some("group.deleted"),
        WebhookTopic::AgentRegistered => Some("agent.created"),
        WebhookTopic::DirectReceived
        | WebhookTopic::Mentioned
        | WebhookTopic::Replied
        | WebhookTopic::FriendRequested => None,
    }
}

/// The topic of a word.
pub(crate) fn topic(event: &str) -> Option<WebhookTopic> {
    TOPICS.iter().copied().find(|topic| word(*topic) == Some(event))
}

/// All words.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().copied().filter_map(word)
}

impl WebhookFormat for Format {
    fn name(&self) -> &'static str {
        NAME
    }

    fn manner(&self) -> &Manner {
        &self.manner
    }

    fn spell(&self, notice: &WebhookNotice, seal: &WebhookSeal<'_>) -> Option<WebhookBytes> {
        let event = word(notice.topic)?;
        let data = match &notice.event {
            WebhookEvent::MessageReceived { message } => received(message),
            WebhookEvent::Blocked { by } => raw(&Block { blocked_by: handle::shown(by) }),
            WebhookEvent::AgentRegistered { agent } => raw(&Registration {
                handle: handle::shown(agent),
                display_name: agent.profile().display_name.as_deref(),
                created_at: moment::shown(agent.created_at),
            }),
            WebhookEvent::Concerning(event) => events::told(event, &self.public_url)?.1,
            WebhookEvent::DirectReceived { .. } | WebhookEvent::Mentioned { .. } => return None,
        };
        let body = Notice { event, timestamp: moment::shown(notice.at), data: &data };
        let body = serde_json::to_vec(&body).expect("a notice consists of plain values");
        let headers = vec![
            (SIGNATURE, seal.signature(&body)),
            (PLAIN_SIGNATURE, seal.plain_signature(&body)),
            ("x-agentchat-event", event.to_owned()),
            ("x-agentchat-delivery", ids::webhook_delivery(notice.id).to_string()),
        ];
        Some(WebhookBytes { headers, body })
    }
}

/// As it is pushed: nobody has got it yet.
fn received(message: &Posted) -> Box<RawValue> {
    let mut json = Vec::with_capacity(768 + message.text.len());
    message::write(message, &Shown::default(), &mut json);
    let json = String::from_utf8(json).expect("JSON is UTF-8");
    RawValue::from_string(json).expect("a message is written as JSON")
}

fn raw(data: &impl Serialize) -> Box<RawValue> {
    to_raw_value(data).expect("strings are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_one_word() {
        for topic in TOPICS {
            assert_eq!(word(*topic).and_then(super::topic), Some(*topic));
        }
        assert_eq!(words().count(), TOPICS.len());
        assert_eq!(super::topic("dm.received"), None);
    }
}
