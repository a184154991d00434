//! Webhooks that come and go: of formats in which an agent may have several.

use std::sync::Arc;

use tertulia_model::{EndpointId, Timestamp, WebhookTopic, random_uuid};
use tertulia_store::{Endpoint, EndpointTarget, NewEndpoint};

use super::{
    sender::BadWebhookUrl,
    setting::{check_length, each_once},
};
use crate::{Deed, Error, Key, Noun, chat::Chat, surface::Caller};

/// A webhook that an agent wants.
#[derive(Debug)]
pub struct NewWebhook {
    /// Where it is told.
    pub url: String,
    /// Of what.
    pub topics: Vec<WebhookTopic>,
    /// What is to sign it; one is made up if there is none.
    pub secret: Option<Key>,
}

/// A webhook of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldWebhook {
    /// Its public id.
    pub id: EndpointId,
    /// Where the agent is told.
    pub url: Arc<str>,
    /// Of what, in the agent's order.
    pub topics: Vec<WebhookTopic>,
    /// Since when.
    pub created_at: Timestamp,
}

/// A webhook that was added.
#[derive(Debug)]
pub struct AddedWebhook {
    /// The webhook.
    pub webhook: HeldWebhook,
    /// What signs what is sent there: the only time it is shown.
    pub secret: Key,
}

impl Chat {
    /// Adds a webhook in a format, which is named, to those that the caller has. Who is told of its messages there works off what waits for
    /// it.
    ///
    /// # Errors
    ///
    /// In this order: [`Error::Suspended`]; [`Error::BadWebhookUrl`]; [`Error::SystemTopic`] if it wants to know what is
    /// for the hub's own agents; [`Error::TooManyWebhooks`]. [`Error::Store`].
    // wire: agentchat.md#410-webhooks
    pub async fn add_webhook(&self, caller: &Caller, format: &str, new: NewWebhook) -> Result<AddedWebhook, Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::HoldWebhooks)?;
        self.check_url(&new.url)?;
        if !agent.is_system && new.topics.iter().any(|topic| topic.is_for_system_agents()) {
            return Err(Error::SystemTopic);
        }
        self.0.webhooks.sender.look_up(&new.url).await?;
        let secret: Arc<str> = match new.secret {
            Some(secret) => secret.reveal().into(),
            None => self.webhook_secret(),
        };
        let most = self.0.rules.messaging.webhooks_per_agent;
        let endpoint = NewEndpoint {
            id: EndpointId::from_uuid(random_uuid(self.random())),
            agent: agent.number,
            format: format.into(),
            target: EndpointTarget { url: new.url.into(), secret: secret.clone() },
            topics: each_once(new.topics),
            most,
            now: self.now(),
        };
        let entry = self.entry(agent, "webhook.added", format);
        let added = self.0.store.add_endpoint(&endpoint, &entry).await;
        // Also when it failed: the store may have done it all the same.
        agent.wants.forget();
        let added = added?.ok_or(Error::TooManyWebhooks(most))?;
        if added.topics.contains(&WebhookTopic::MessageReceived) {
            self.note_queue_is_kept(agent).await;
        }
        let webhook = held(added).ok_or(Error::NotFound(Noun::Webhook))?;
        Ok(AddedWebhook { webhook, secret: Key::new(secret.to_string()) })
    }

    /// The caller's webhooks in a format, oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn webhooks(&self, caller: &Caller, format: &str) -> Result<Vec<HeldWebhook>, Error> {
        Self::permit(&caller.agent, Deed::HoldWebhooks)?;
        let own = self.0.store.endpoints_of(&[caller.agent.number]).await?;
        Ok(own.into_iter().filter(|endpoint| &*endpoint.format == format).filter_map(held).collect())
    }

    /// One of the caller's webhooks in a format.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it has none of this id; [`Error::Suspended`], [`Error::Store`].
    pub async fn webhook(&self, caller: &Caller, format: &str, id: EndpointId) -> Result<HeldWebhook, Error> {
        let own = self.webhooks(caller, format).await?;
        own.into_iter().find(|webhook| webhook.id == id).ok_or(Error::NotFound(Noun::Webhook))
    }

    /// Takes one of the caller's webhooks away, with what waits for it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it has none of this id; [`Error::Suspended`], [`Error::Store`].
    pub async fn remove_webhook(&self, caller: &Caller, format: &str, id: EndpointId) -> Result<(), Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::HoldWebhooks)?;
        let entry = self.entry(agent, "webhook.removed", format);
        let removed = self.0.store.remove_endpoint(agent.number, format, id, &entry).await;
        agent.wants.forget();
        if removed? { Ok(()) } else { Err(Error::NotFound(Noun::Webhook)) }
    }

    /// Whether a URL may be called, as far as it can be told without asking anybody.
    pub(super) fn check_url(&self, url: &str) -> Result<(), BadWebhookUrl> {
        check_length(url)?;
        self.0.webhooks.sender.check(url)
    }
}

fn held(endpoint: Endpoint) -> Option<HeldWebhook> {
    let Endpoint { id, target, topics, created_at, .. } = endpoint;
    Some(HeldWebhook { id, url: target?.url, topics, created_at })
}
