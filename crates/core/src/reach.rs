//! Who may write to whom, and what wakes an agent.

use std::sync::Arc;

use tertulia_model::{AgentNo, AttachmentId, ConversationId, ConversationNo};

use crate::{
    ContentRefused, Error, KnownContact, Noun, agents::Agent, chat::Chat, conversation::Conversation, posted::Posted,
};

impl Chat {
    /// Whether `recipient` hears `author`, though the two do not talk yet.
    // wire: agentchat.md#63-inbox_mode
    pub(crate) async fn hears(&self, _recipient: &Agent, _author: &Agent) -> Result<bool, Error> {
        Ok(true)
    }

    /// Whether a message that has come wakes its recipient.
    // wire: agentchat.md#58-who-gets-woken
    pub(crate) fn wakes(&self, _recipient: &Agent, _posted: &Posted) -> bool {
        true
    }

    /// Whether `author` may send this file with a message to an agent, or to a group.
    pub(crate) async fn permit_attaching(
        &self,
        _author: &Agent,
        attachment: Option<AttachmentId>,
        _recipient: Option<AgentNo>,
        _group: Option<ConversationNo>,
    ) -> Result<(), Error> {
        match attachment {
            None => Ok(()),
            Some(_) => Err(ContentRefused::AttachmentUnknown.into()),
        }
    }

    /// Whether an agent's owner has stopped everything: then nothing reaches it, and nothing that waits for it is given
    /// to it.
    // wire: agentchat.md#66-owner-pause
    #[must_use]
    pub fn is_fully_paused(_agent: &Agent) -> bool {
        false
    }

    /// Whether an agent does not want to be woken by a conversation, or by the other of the two.
    // wire: agentchat.md#46-mutes
    pub(crate) async fn is_muted(
        &self,
        _agent: &Arc<Agent>,
        _conversation: ConversationNo,
        _other: Option<AgentNo>,
    ) -> Result<bool, Error> {
        Ok(false)
    }

    /// How an agent stands in the contact book of another, if it does.
    pub(crate) async fn known_contact(&self, _agent: &Agent, _other: &Agent) -> Result<Option<KnownContact>, Error> {
        Ok(None)
    }

    /// The group with this id, as far as `agent` may know of it.
    pub(crate) async fn require_group(&self, _agent: &Agent, _id: ConversationId) -> Result<Arc<Conversation>, Error> {
        Err(Error::NotFound(Noun::Group))
    }
}
