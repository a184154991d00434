//! Endpoints of agents, without a network: what is sent there arrives here.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tertulia_model::WebhookTopic;

use crate::{
    Agent, BadWebhookUrl, Manner, NotSent, WebhookBytes, WebhookEvent, WebhookFormat, WebhookNotice, WebhookRequest,
    WebhookSeal, WebhookSender, When,
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

/// Plain words, three attempts.
#[derive(Debug)]
pub(super) struct Plain;

impl WebhookFormat for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn manner(&self) -> Manner {
        Manner {
            waits: const { &[Duration::from_secs(1), Duration::from_secs(2)] },
            timeout: Duration::from_secs(10),
            when: When::WhileAway,
            default_topics: &[WebhookTopic::DirectReceived, WebhookTopic::Mentioned],
        }
    }

    fn spell(&self, notice: &WebhookNotice, seal: &WebhookSeal<'_>) -> WebhookBytes {
        let to = &notice.agent.name;
        let body = match &notice.event {
            WebhookEvent::DirectReceived { from, preview, .. } => format!("{} to {to}: {preview}", from.name),
            WebhookEvent::Mentioned { from, preview, .. } => format!("{} about {to}: {preview}", from.name),
            WebhookEvent::FriendRequested { from, .. } => format!("{} likes {to}", from.name),
        };
        let headers = vec![("signature", seal.signature(body.as_bytes()))];
        WebhookBytes { headers, body: body.into_bytes() }
    }

    fn spell_test(&self, agent: &Agent, _seal: &WebhookSeal<'_>) -> WebhookBytes {
        WebhookBytes { headers: Vec::new(), body: format!("test of {}", agent.name).into_bytes() }
    }
}
