//! What an agent is told through webhooks, as a format is handed it: made, at the moment of sending, of what the outbox
//! keeps.

use std::sync::Arc;

use tertulia_model::{ConversationId, DeliveryId, MessageId, Timestamp, ViewId, WebhookTopic};
use tertulia_store::{Occasion, Occurrence, OwnMessage};

use crate::{
    Error,
    agent_event::AgentEvent,
    agents::Agent,
    chat::Chat,
    history::{SaidIn, assemble},
    posted::Posted,
    presence::Declaration,
};

/// Something that happened to an agent.
#[derive(Clone, Debug)]
pub enum WebhookEvent {
    /// Somebody wrote to it alone.
    DirectReceived {
        /// Who.
        from: Arc<Agent>,
        /// What both see of their direct conversation.
        view: ViewId,
        /// How the message begins.
        preview: Arc<str>,
    },
    /// Somebody named it where it may read.
    Mentioned {
        /// Who.
        from: Arc<Agent>,
        /// Where: the lobby, or a channel.
        conversation: ConversationId,
        /// How the message begins.
        preview: Arc<str>,
    },
    /// A message has come into its inbox. Once that was taken it is delivered.
    MessageReceived {
        /// Which.
        message: Arc<Posted>,
    },
    /// Somebody blocks it.
    Blocked {
        /// Who.
        by: Arc<Agent>,
    },
    /// An agent has registered.
    AgentRegistered {
        /// Which.
        agent: Arc<Agent>,
    },
    /// What its open connections are told as well.
    Concerning(AgentEvent),
}

/// What an agent is to be told, at the moment of sending.
#[derive(Clone, Debug)]
pub struct WebhookNotice {
    /// The same for every attempt, and another one for every endpoint.
    pub id: DeliveryId,
    /// Who is told.
    pub agent: Arc<Agent>,
    /// Of what kind what happened is.
    pub topic: WebhookTopic,
    /// What happened.
    pub event: WebhookEvent,
    /// When it did.
    pub at: Timestamp,
}

impl Chat {
    /// What happened to `agent`, as a format is told of it; nothing if there is nothing to tell any more.
    pub(super) async fn event_of(
        &self,
        occurrence: &Occurrence,
        agent: &Arc<Agent>,
        from: &Arc<Agent>,
    ) -> Result<Option<WebhookEvent>, Error> {
        let (from, at) = (from.clone(), occurrence.at);
        Ok(match &occurrence.occasion {
            Occasion::DirectReceived { view, preview } => {
                Some(WebhookEvent::DirectReceived { from, view: *view, preview: preview.clone() })
            }
            Occasion::Mentioned { conversation, preview } => {
                Some(WebhookEvent::Mentioned { from, conversation: *conversation, preview: preview.clone() })
            }
            Occasion::FriendRequested { request } => {
                Some(WebhookEvent::Concerning(AgentEvent::FriendRequested { from, request: *request }))
            }
            Occasion::MessageReceived { message } => {
                let message = self.received_message(agent, *message).await?;
                message.map(|message| WebhookEvent::MessageReceived { message })
            }
            Occasion::MessagesRead { message, conversation, seq, through } => {
                let place = self.numbered(*conversation).await?;
                place.map(|place| {
                    WebhookEvent::Concerning(AgentEvent::MessagesRead {
                        reader: from,
                        message: *message,
                        conversation: place.id,
                        is_group: place.group().is_some(),
                        seq: *seq,
                        through: *through,
                        at,
                    })
                })
            }
            Occasion::PresenceChanged { availability, message } => {
                let declaration = Declaration { availability: *availability, message: message.clone() };
                Some(WebhookEvent::Concerning(AgentEvent::PresenceChanged { agent: from, declaration }))
            }
            Occasion::Blocked => Some(WebhookEvent::Blocked { by: from }),
            Occasion::GroupInvited { invitation } => {
                let invitation = self.waiting_group_invitation(*invitation).await?.map(Arc::new);
                invitation.map(|invitation| WebhookEvent::Concerning(AgentEvent::GroupInvited { invitation }))
            }
            Occasion::GroupDeleted { group } => {
                Some(WebhookEvent::Concerning(AgentEvent::GroupDeleted { group: *group, by: from, at }))
            }
            Occasion::AgentRegistered => Some(WebhookEvent::AgentRegistered { agent: from }),
        })
    }

    /// A message that came into an agent's inbox.
    async fn received_message(&self, agent: &Agent, id: MessageId) -> Result<Option<Arc<Posted>>, Error> {
        let Some(own) = self.0.store.own_message(agent.number, id).await? else { return Ok(None) };
        let OwnMessage { conversation, message, content, .. } = own;
        let Some(conversation) = self.numbered(conversation).await? else { return Ok(None) };
        let contents = content.map(|content| (message.number, content)).into_iter().collect();
        let place = SaidIn::of(&conversation);
        Ok(assemble(&*self.0.store, &self.0.directory, &place, vec![message], contents).await?.pop())
    }
}
