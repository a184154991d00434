//! Writing down what agents are to be told.

use std::{collections::BTreeSet, sync::Arc};

use tertulia_model::{AgentNo, DeliveryId, NameKey, ViewId, WebhookTopic, mentions, random_uuid};
use tertulia_store::{NewDelivery, Occasion, Occurrence};

use super::{When, read_wants};
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
    /// anyway. What it tells of has happened: that it cannot be written down is logged.
    pub(crate) async fn tell_elsewhere(&self, agent: &Arc<Agent>, occurrence: Occurrence) {
        if let Err(error) = self.try_to_tell_elsewhere(agent, occurrence).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a webhook could not be written down");
        }
    }

    async fn try_to_tell_elsewhere(&self, agent: &Arc<Agent>, occurrence: Occurrence) -> Result<(), Error> {
        if let Some(delivery) = self.delivery_to(agent, occurrence).await? {
            self.0.store.enqueue(&[delivery]).await?;
            self.0.webhooks.bell.notify_one();
        }
        Ok(())
    }

    /// As [`Chat::tell_elsewhere`], of those of the agents that want to know: most do not, and are not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub(crate) async fn tell_all_elsewhere(&self, agents: &[AgentNo], occurrence: &Occurrence) -> Result<(), Error> {
        if agents.is_empty() {
            return Ok(());
        }
        let wanting = self.0.store.wanting(agents, occurrence.occasion.topic()).await?;
        let mut deliveries = Vec::with_capacity(wanting.len());
        for agent in self.0.directory.by_numbers(&wanting).await?.values() {
            deliveries.extend(self.delivery_to(agent, occurrence.clone()).await?);
        }
        if !deliveries.is_empty() {
            self.0.store.enqueue(&deliveries).await?;
            self.0.webhooks.bell.notify_one();
        }
        Ok(())
    }

    /// What is to be committed with what happens, so that `agent` is told of it; nothing if it does not want to know, or
    /// hears of it anyway. Once it is committed the bell is to be rung.
    pub(crate) async fn delivery_to(
        &self,
        agent: &Arc<Agent>,
        occurrence: Occurrence,
    ) -> Result<Option<NewDelivery>, Error> {
        let topic = occurrence.occasion.topic();
        if !self.is_within_reach(agent, topic) {
            return Ok(None);
        }
        let wants = read_wants(&*self.0.store, std::slice::from_ref(agent)).await?;
        if !wants.get(&agent.number).is_some_and(|topics| topics.contain(topic)) {
            return Ok(None);
        }
        let id = DeliveryId::from_uuid(random_uuid(self.random()));
        Ok(Some(NewDelivery { id, agent: agent.number, occurrence, due_at: self.now() }))
    }

    /// What `from` does now.
    pub(crate) fn occurrence(&self, from: &Agent, occasion: Occasion) -> Occurrence {
        Occurrence { from: from.number, at: self.now(), occasion }
    }

    /// What is to be committed with a message, so that those who are named in it, or to whom alone it is, are told. Who
    /// gets a copy of it is told by the writer.
    pub(crate) async fn deliveries_of_message(
        &self,
        author: &Arc<Agent>,
        conversation: &Conversation,
        text: &str,
    ) -> Result<Vec<NewDelivery>, Error> {
        match &conversation.kind {
            Kind::Direct(direct) => {
                let Some((peer, view)) = direct.other(author.number).zip(direct.view()) else { return Ok(Vec::new()) };
                let (view, preview) = (ViewId::from_uuid(*view.id.as_uuid()), preview_of(text));
                let received = self.occurrence(author, Occasion::DirectReceived { view, preview });
                Ok(self.delivery_to(peer, received).await?.into_iter().collect())
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
            let Some(agent) = self.0.directory.by_name(&name).await? else { continue };
            if agent.number == author.number || !may_read(&agent, conversation) {
                continue;
            }
            let (conversation, preview) = (conversation.id, preview_of(text));
            let mentioned = self.occurrence(author, Occasion::Mentioned { conversation, preview });
            deliveries.extend(self.delivery_to(&agent, mentioned).await?);
        }
        Ok(deliveries)
    }

    /// Whether an agent could be told of something of this kind that happens now.
    fn is_within_reach(&self, agent: &Agent, topic: WebhookTopic) -> bool {
        let mut manners = self.0.webhooks.formats.values().map(|format| format.manner());
        let is_told = manners.any(|manner| {
            let is_in_time = || match manner.when {
                When::Always => true,
                When::WhileAway => !agent.connections.any_hears(),
            };
            manner.topics.contains(&topic) && is_in_time()
        });
        is_told && !agent.is_fully_paused() && Self::permit(agent, Deed::Attend).is_ok()
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
