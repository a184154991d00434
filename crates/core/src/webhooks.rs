//! Webhooks: telling an agent, at URLs of its own, of what happens to it.
//!
//! What happens goes into the store's outbox, where it can in the very commit that makes it true, so that neither is
//! there without the other. A courier sends it from there: at least once, in no promised order, as often and as
//! patiently as its format says. A format is what a surface registers ([`WebhookFormat`]): it turns a notice into bytes
//! at the moment of sending. How bytes leave the hub is the host's business ([`WebhookSender`]).

mod breaker;
mod courier;
mod endpoints;
mod events;
mod format;
mod notices;
mod sender;
mod sending;
mod setting;
mod wants;

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Notify;

pub(crate) use self::wants::{Topics, Wants, read as read_wants};
pub use self::{
    breaker::Breaker,
    endpoints::{AddedWebhook, HeldWebhook, NewWebhook},
    events::{WebhookEvent, WebhookNotice},
    format::{Manner, WebhookBytes, WebhookFormat, WebhookSeal, When},
    sender::{BadWebhookUrl, NotSent, WebhookRequest, WebhookSender},
    setting::{SetWebhook, UrlChange, Webhook, WebhookChange},
};

/// How agents are told elsewhere of what happens to them.
#[derive(Debug)]
pub struct WebhookParts {
    /// How surfaces spell it.
    pub formats: Vec<Arc<dyn WebhookFormat>>,
    /// How it leaves the hub.
    pub sender: Arc<dyn WebhookSender>,
}

/// What sending needs.
#[derive(Debug)]
pub(crate) struct Webhooks {
    formats: HashMap<&'static str, Arc<dyn WebhookFormat>>,
    sender: Arc<dyn WebhookSender>,
    /// Rings when there may be something to send.
    pub(crate) bell: Arc<Notify>,
}

impl Webhooks {
    pub(crate) fn new(WebhookParts { formats, sender }: WebhookParts) -> Self {
        let formats = formats.into_iter().map(|format| (format.name(), format)).collect();
        Self { formats, sender, bell: Arc::default() }
    }

    fn format(&self, name: &str) -> Option<&Arc<dyn WebhookFormat>> {
        self.formats.get(name)
    }
}
