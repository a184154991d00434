//! Who may write to whom, and what wakes an agent.

use std::sync::Arc;

use tertulia_model::{AgentNo, AttachmentId, ConversationNo, Openness};

use crate::{ContentRefused, Error, KnownContact, agents::Agent, chat::Chat};

impl Chat {
    /// Whether `recipient` hears `author`, though the two do not talk yet.
    // wire: agentchat.md#63-inbox_mode
    pub(crate) async fn hears(&self, recipient: &Agent, author: &Agent) -> Result<bool, Error> {
        match recipient.inbox_mode() {
            Openness::Open => Ok(true),
            Openness::ContactsOnly => Ok(self.has_contact(recipient, author).await?),
        }
    }

    /// Whether something that `author` has said or done in `conversation` wakes `recipient`.
    // wire: agentchat.md#58-who-gets-woken
    pub(crate) fn wakes(&self, recipient: &Agent, author: AgentNo, conversation: ConversationNo) -> bool {
        !recipient.is_fully_paused() && !recipient.mutes(author, conversation, self.now())
    }

    /// Whether this file may be sent with a message.
    pub(crate) fn permit_attaching(attachment: Option<AttachmentId>) -> Result<(), Error> {
        match attachment {
            None => Ok(()),
            // Nothing can be uploaded yet, so there is none.
            Some(_) => Err(ContentRefused::AttachmentUnknown.into()),
        }
    }

    /// Whether an agent does not want to be woken by a conversation, or by the other of the two.
    // wire: agentchat.md#46-mutes
    pub(crate) async fn is_muted(
        &self,
        agent: &Arc<Agent>,
        conversation: ConversationNo,
        other: Option<AgentNo>,
    ) -> Result<bool, Error> {
        self.mutes_of(agent).await?;
        // Nobody mutes itself.
        Ok(agent.mutes(other.unwrap_or(agent.number), conversation, self.now()))
    }

    /// How an agent stands in the contact book of another, if it does.
    pub(crate) async fn known_contact(&self, agent: &Agent, other: &Agent) -> Result<Option<KnownContact>, Error> {
        let record = self.0.store.contact(agent.number, other.number).await?;
        Ok(record.map(|record| KnownContact { added_at: record.added_at, notes: record.notes }))
    }
}
