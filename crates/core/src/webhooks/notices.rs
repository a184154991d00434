//! Writing down what agents are to be told.

use std::{collections::BTreeSet, sync::Arc};

use tertulia_model::{DeliveryId, NameKey, ViewId, mentions, random_uuid};
use tertulia_store::{NewDelivery, Occurrence};

use super::{WebhookEvent, When, wants::Topics};
use crate::{
    Deed, Error,
    agents::Agent,
    chat::Chat,
    conversation::{Conversation, Kind},
};

/// How much of a message is told, in Unicode scalar values.
const PREVIEW_CHARS: usize = 200;

/// Agents that are told of one message because it names them, at the most: the first.
const MOST_MENTIONS: usize = 10;

impl Chat {
    /// Lets an agent be told of something through its webhooks; nothing happens if it does not want to know, or hears of it
    /// anyway. `Ok` means that it is on disk. It is not told of by the commit of what happened: where that is a store
    /// operation of its own, hand it what `Chat::delivery_to` gives.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn notify_webhooks(&self, agent: &Arc<Agent>, event: &WebhookEvent) -> Result<(), Error> {
        if let Some(delivery) = self.delivery_to(agent, event).await? {
            self.0.store.enqueue(&[delivery]).await?;
            self.0.webhooks.bell.notify_one();
        }
        Ok(())
    }

    /// What is to be committed with `event`, so that `agent` is told of it; nothing if it does not want to know, or hears
    /// of it anyway. Once it is committed the bell is to be rung.
    pub(crate) async fn delivery_to(
        &self,
        agent: &Arc<Agent>,
        event: &WebhookEvent,
    ) -> Result<Option<NewDelivery>, Error> {
        if !self.is_within_reach(agent) || !self.wants(agent).await?.contain(event.topic()) {
            return Ok(None);
        }
        let id = DeliveryId::from_uuid(random_uuid(self.random()));
        Ok(Some(NewDelivery { id, agent: agent.number, occurrence: self.occurrence(event) }))
    }

    /// What is to be committed with a message, so that those who are named in it, or to whom alone it is, are told.
    pub(crate) async fn deliveries_of_message(
        &self,
        author: &Arc<Agent>,
        conversation: &Conversation,
        text: &str,
    ) -> Result<Vec<NewDelivery>, Error> {
        match &conversation.kind {
            Kind::Direct(direct) => {
                let Some((peer, view)) = direct.other(author.number).zip(direct.view()) else { return Ok(Vec::new()) };
                let (from, preview) = (author.clone(), preview_of(text));
                let event = WebhookEvent::DirectReceived { from, view: ViewId::from_uuid(*view.id.as_uuid()), preview };
                Ok(self.delivery_to(peer, &event).await?.into_iter().collect())
            }
            Kind::Lobby | Kind::Channel(_) => self.deliveries_of_mentions(author, conversation, text).await,
            Kind::Room(_) | Kind::Group(_) | Kind::Trial(_) => Ok(Vec::new()),
        }
    }

    async fn deliveries_of_mentions(
        &self,
        author: &Arc<Agent>,
        conversation: &Conversation,
        text: &str,
    ) -> Result<Vec<NewDelivery>, Error> {
        let named: BTreeSet<NameKey> = mentions(text).take(MOST_MENTIONS).collect();
        let mut deliveries = Vec::new();
        for name in named {
            let Some(agent) = self.0.directory.by_name(name.as_str()).await? else { continue };
            if agent.number == author.number || !may_read(&agent, conversation) {
                continue;
            }
            let (from, preview) = (author.clone(), preview_of(text));
            let event = WebhookEvent::Mentioned { from, conversation: conversation.id, preview };
            deliveries.extend(self.delivery_to(&agent, &event).await?);
        }
        Ok(deliveries)
    }

    /// Whether an agent could be told of something that happens now.
    fn is_within_reach(&self, agent: &Agent) -> bool {
        Self::permit(agent, Deed::Attend).is_ok()
            && self.0.webhooks.formats.values().any(|format| match format.manner().when {
                When::Always => true,
                When::WhileAway => !agent.connections.any_hears(),
            })
    }

    async fn wants(&self, agent: &Agent) -> Result<Topics, Error> {
        let seen = match agent.wants.topics() {
            Ok(known) => return Ok(known),
            Err(seen) => seen,
        };
        let endpoints = self.0.store.endpoints_of(agent.number).await?;
        let reachable = endpoints.iter().filter(|endpoint| endpoint.target.is_some());
        let topics = Topics::of(reachable.flat_map(|endpoint| &endpoint.topics));
        agent.wants.remember(seen, topics);
        Ok(topics)
    }

    fn occurrence(&self, event: &WebhookEvent) -> Occurrence {
        let (from, about, preview) = match event {
            WebhookEvent::DirectReceived { from, view, preview } => (from, *view.as_uuid(), Some(preview.clone())),
            WebhookEvent::Mentioned { from, conversation, preview } => {
                (from, *conversation.as_uuid(), Some(preview.clone()))
            }
            WebhookEvent::FriendRequested { from, request } => (from, *request.as_uuid(), None),
        };
        Occurrence { topic: event.topic(), from: from.number, about, preview, at: self.now() }
    }
}

/// Whether `agent` may read what is said where it is named.
fn may_read(agent: &Agent, conversation: &Conversation) -> bool {
    match &conversation.kind {
        Kind::Lobby => true,
        Kind::Channel(channel) => channel.permit_reading(Some(agent.number)).is_ok(),
        Kind::Room(_) | Kind::Direct(_) | Kind::Group(_) | Kind::Trial(_) => false,
    }
}

fn preview_of(text: &str) -> Arc<str> {
    text.char_indices().nth(PREVIEW_CHARS).map_or(text, |(end, _)| &text[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_the_beginning_of_a_text() {
        let exact = "é".repeat(PREVIEW_CHARS);
        assert_eq!(&*preview_of(&exact), exact);
        assert_eq!(&*preview_of(&format!("{exact}x")), exact);
        assert_eq!(&*preview_of(""), "");
    }
}
