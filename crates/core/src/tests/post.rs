//! Endpoints of agents, without a network: what is sent there arrives here.

use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tertulia_model::WebhookTopic;

use crate::{
    AgentEvent, BadWebhookUrl, Breaker, Limit, Manner, NotSent, WebhookBytes, WebhookEvent, WebhookFormat,
    WebhookNotice, WebhookRequest, WebhookSeal, WebhookSender, When,
};

/// What an endpoint does with what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Status(u16),
    Fails(NotSent),
    /// Nothing comes of it, ever.
    Hangs,
}

/// Takes whatever is sent, with 200 unless it was told otherwise.
#[derive(Debug, Default)]
pub(super) struct Post(Mutex<Arrived>);

#[derive(Debug, Default)]
struct Arrived {
    requests: Vec<WebhookRequest>,
    answers: VecDeque<Answer>,
}

impl Post {
    /// How the next requests are answered.
    pub(super) fn answer(&self, answers: &[Answer]) {
        self.lock().answers.extend(answers);
    }

    /// What has arrived since the last call: URL and body of each.
    pub(super) fn take(&self) -> Vec<(String, String)> {
        let arrived = std::mem::take(&mut self.lock().requests);
        let shown = |request: WebhookRequest| (request.url.to_string(), String::from_utf8(request.body).unwrap());
        arrived.into_iter().map(shown).collect()
    }

    /// How much has arrived since the last look at it.
    pub(super) fn count(&self) -> usize {
        self.lock().requests.len()
    }

    fn lock(&self) -> MutexGuard<'_, Arrived> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl WebhookSender for Post {
    fn check(&self, url: &str) -> Result<(), BadWebhookUrl> {
        if url.starts_with("https://") { Ok(()) } else { Err(BadWebhookUrl::Scheme) }
    }

    async fn look_up(&self, url: &str) -> Result<(), BadWebhookUrl> {
        if url.contains("//inside.") { Err(BadWebhookUrl::NotPublic) } else { Ok(()) }
    }

    async fn post(&self, request: WebhookRequest) -> Result<u16, NotSent> {
        let answer = {
            let mut arrived = self.lock();
            arrived.requests.push(request);
            arrived.answers.pop_front().unwrap_or(Answer::Status(200))
        };
        match answer {
            Answer::Status(status) => Ok(status),
            Answer::Fails(why) => Err(why),
            Answer::Hangs => std::future::pending().await,
        }
    }
}

/// Plain words, three attempts, while the agent is away.
#[derive(Debug)]
pub(super) struct Plain;

static PLAIN: Manner = Manner {
    topics: &[
        WebhookTopic::DirectReceived,
        WebhookTopic::Mentioned,
        WebhookTopic::Replied,
        WebhookTopic::FriendRequested,
    ],
    default_topics: &[WebhookTopic::DirectReceived, WebhookTopic::Mentioned],
    when: When::WhileAway,
    waits: Cow::Borrowed(&[Duration::from_secs(1), Duration::from_secs(2)]),
    timeout: Duration::from_secs(10),
    breaker: None,
};

impl WebhookFormat for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn manner(&self) -> &Manner {
        &PLAIN
    }

    fn spell(&self, notice: &WebhookNotice, seal: &WebhookSeal<'_>) -> Option<WebhookBytes> {
        let to = &notice.agent.name;
        let body = match &notice.event {
            WebhookEvent::DirectReceived { from, preview, .. } => format!("{} to {to}: {preview}", from.name),
            WebhookEvent::Mentioned { from, preview, .. } => format!("{} about {to}: {preview}", from.name),
            WebhookEvent::Concerning(AgentEvent::FriendRequested { from, .. }) => format!("{} likes {to}", from.name),
            _ => return None,
        };
        let headers = vec![("signature", seal.signature(body.as_bytes()))];
        Some(WebhookBytes { headers, body: body.into_bytes() })
    }
}

/// What is behind everything else, always, with two attempts and a breaker.
#[derive(Debug)]
pub(super) struct Steady;

pub(super) static STEADY: Manner = Manner {
    topics: &[
        WebhookTopic::MessageReceived,
        WebhookTopic::MessagesRead,
        WebhookTopic::PresenceChanged,
        WebhookTopic::Blocked,
        WebhookTopic::GroupInvited,
        WebhookTopic::GroupDeleted,
        WebhookTopic::AgentRegistered,
    ],
    default_topics: &[],
    when: When::Always,
    waits: Cow::Borrowed(&[Duration::from_secs(10)]),
    timeout: Duration::from_secs(10),
    breaker: Some(Breaker { in_a_row: 3, lately: Limit::Off, rest: Duration::from_mins(5) }),
};

impl WebhookFormat for Steady {
    fn name(&self) -> &'static str {
        "steady"
    }

    fn manner(&self) -> &Manner {
        &STEADY
    }

    fn spell(&self, notice: &WebhookNotice, _seal: &WebhookSeal<'_>) -> Option<WebhookBytes> {
        let to = &notice.agent.name;
        let body = match &notice.event {
            WebhookEvent::MessageReceived { message } if message.news.is_some() => format!("news to {to}"),
            WebhookEvent::MessageReceived { message } => format!("{} to {to}: {}", message.author.name, message.text),
            WebhookEvent::Blocked { by } => format!("{} blocks {to}", by.name),
            WebhookEvent::AgentRegistered { agent } => format!("{} is new", agent.name),
            WebhookEvent::Concerning(AgentEvent::MessagesRead { reader, seq, through, .. }) => {
                format!("{} has read {} through {}", reader.name, seq.0, through.0)
            }
            WebhookEvent::Concerning(AgentEvent::PresenceChanged { agent, declaration }) => {
                format!("{} is {}", agent.name, declaration.availability.as_str())
            }
            WebhookEvent::Concerning(AgentEvent::GroupInvited { invitation }) => {
                format!("{} invites {to} to {}", invitation.inviter.name, invitation.name)
            }
            WebhookEvent::Concerning(AgentEvent::GroupDeleted { by, .. }) => format!("{} has deleted it", by.name),
            _ => return None,
        };
        let headers = vec![("id", notice.id.to_string())];
        Some(WebhookBytes { headers, body: body.into_bytes() })
    }
}
