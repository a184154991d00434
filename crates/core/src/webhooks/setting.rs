//! How an agent settles where it is told of what, and tries it out: of formats in which it has one webhook.

use std::sync::Arc;

use tertulia_model::{EndpointId, WebhookTopic, random_uuid};
use tertulia_store::{Endpoint, EndpointChange, EndpointTarget, TargetChange};

use super::{
    WebhookBytes, WebhookFormat, WebhookSeal,
    sender::{BadWebhookUrl, NotSent, WebhookRequest},
};
use crate::{
    Deed, Error, Key,
    chat::Chat,
    hex::hex,
    limiter::Subject,
    limits::{Action, Quota},
    surface::Caller,
};

/// Random bytes in a secret.
const SECRET_BYTES: usize = 32;

/// Where an agent is told of what, in one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where. Without a URL it is told nothing.
    pub url: Option<Arc<str>>,
    /// Of what, in the agent's order.
    pub topics: Vec<WebhookTopic>,
}

/// What an agent changes about where it is told.
#[derive(Clone, Debug, Default)]
pub enum UrlChange {
    /// Nothing.
    #[default]
    Keep,
    /// It is told nothing any more.
    Clear,
    /// There.
    Set(String),
}

/// What an agent changes about its webhook.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// Where it is told.
    pub url: UrlChange,
    /// Of what, if that changes.
    pub topics: Option<Vec<WebhookTopic>>,
}

impl WebhookChange {
    /// Whether nothing changes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.url, UrlChange::Keep) && self.topics.is_none()
    }
}

/// A webhook after a change.
#[derive(Debug)]
pub struct SetWebhook {
    /// As it stands now.
    pub webhook: Webhook,
    /// The secret that signs what is sent, when the URL was set or is another one than before: the only time it is shown.
    pub secret: Option<Key>,
}

impl Chat {
    /// The caller's webhook in a format.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn webhook_of(&self, caller: &Caller, format: &dyn WebhookFormat) -> Result<Webhook, Error> {
        Self::permit(&caller.agent, Deed::HoldWebhooks)?;
        let known = self.endpoint_of(caller, format).await?.map(webhook_from);
        Ok(known.unwrap_or_else(|| Webhook { url: None, topics: format.manner().default_topics.to_vec() }))
    }

    /// Changes the caller's webhook in a format. A URL that is set, or another one than before, gets a new secret; what
    /// waits to be sent goes there, and is dropped when there is no URL any more.
    ///
    /// # Errors
    ///
    /// [`Error::BadWebhookUrl`], [`Error::Suspended`], [`Error::Store`].
    pub async fn set_webhook(
        &self,
        caller: &Caller,
        format: &dyn WebhookFormat,
        change: WebhookChange,
    ) -> Result<SetWebhook, Error> {
        Self::permit(&caller.agent, Deed::HoldWebhooks)?;
        let target = self.target_change(change.url)?;
        let change = EndpointChange {
            agent: caller.agent.number,
            format: format.name().into(),
            target,
            topics: change.topics.map(each_once),
            new_id: EndpointId::from_uuid(random_uuid(self.random())),
            default_topics: format.manner().default_topics.to_vec(),
            now: self.now(),
        };
        let entry = self.entry(&caller.agent, "webhook.changed", format.name());
        let changed = self.0.store.change_endpoint(&change, &entry).await;
        // Also when it failed: the store may have done it all the same.
        caller.agent.wants.forget();
        let changed = changed?;
        let secret = changed.endpoint.target.as_ref().filter(|_| changed.has_new_secret);
        let secret = secret.map(|target| Key::new(target.secret.to_string()));
        Ok(SetWebhook { webhook: webhook_from(changed.endpoint), secret })
    }

    /// Sends what `spell` says to the caller's webhook at once: the status with which it was answered, or why it was not.
    /// What is left of the caller's tries comes with it.
    ///
    /// # Errors
    ///
    /// [`Error::NoWebhook`] if it has no URL; [`Error::Throttled`], [`Error::Suspended`], [`Error::Store`].
    pub async fn test_webhook(
        &self,
        caller: &Caller,
        format: &dyn WebhookFormat,
        spell: impl FnOnce(&WebhookSeal<'_>) -> WebhookBytes + Send,
    ) -> Result<(Result<u16, NotSent>, Option<Quota>), Error> {
        Self::permit(&caller.agent, Deed::HoldWebhooks)?;
        let target = self.endpoint_of(caller, format).await?.and_then(|endpoint| endpoint.target);
        let target = target.ok_or(Error::NoWebhook)?;
        let (surface, subject) = (&caller.surface, Subject::Agent(caller.agent.number));
        let limit = surface.limits.of(Action::TestWebhook);
        let counted = self.0.limiter.take(surface.counted_as, Action::TestWebhook, subject, limit);
        let quota = counted.map_err(Error::Throttled)?.map(|counted| counted.quota);
        let bytes = spell(&WebhookSeal::new(&target.secret, self.now()));
        Ok((self.post(&target, format, bytes).await, quota))
    }

    /// Makes one attempt.
    pub(crate) async fn post(
        &self,
        target: &EndpointTarget,
        format: &dyn WebhookFormat,
        bytes: WebhookBytes,
    ) -> Result<u16, NotSent> {
        let WebhookBytes { headers, body } = bytes;
        let (url, timeout) = (target.url.clone(), format.manner().timeout);
        self.0.webhooks.sender.post(WebhookRequest { url, headers, body, timeout }).await
    }

    /// A secret that is made up.
    pub(super) fn webhook_secret(&self) -> Arc<str> {
        let secret: [u8; SECRET_BYTES] = self.random();
        hex(&secret).into()
    }

    async fn endpoint_of(&self, caller: &Caller, format: &dyn WebhookFormat) -> Result<Option<Endpoint>, Error> {
        let endpoints = self.0.store.endpoints_of(&[caller.agent.number]).await?;
        Ok(endpoints.into_iter().find(|endpoint| &*endpoint.format == format.name()))
    }

    fn target_change(&self, url: UrlChange) -> Result<TargetChange, Error> {
        let url = match url {
            UrlChange::Keep => return Ok(TargetChange::Keep),
            UrlChange::Clear => return Ok(TargetChange::Clear),
            UrlChange::Set(url) => url,
        };
        self.check_url(&url)?;
        Ok(TargetChange::Set(EndpointTarget { url: url.into(), secret: self.webhook_secret() }))
    }
}

fn webhook_from(endpoint: Endpoint) -> Webhook {
    Webhook { url: endpoint.target.map(|target| target.url), topics: endpoint.topics }
}

/// Each topic where it is named first.
pub(super) fn each_once(topics: Vec<WebhookTopic>) -> Vec<WebhookTopic> {
    let mut once = Vec::with_capacity(WebhookTopic::ALL.len());
    for topic in topics {
        if !once.contains(&topic) {
            once.push(topic);
        }
    }
    once
}

/// Whether a URL is short enough.
pub(super) fn check_length(url: &str) -> Result<(), BadWebhookUrl> {
    let is_short = url.encode_utf16().count() <= BadWebhookUrl::MOST_UNITS;
    if is_short { Ok(()) } else { Err(BadWebhookUrl::TooLong) }
}
