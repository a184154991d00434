//! Who may write to whom, and what wakes an agent.

use tertulia_model::{AgentNo, AttachmentId, ConversationNo};

use crate::{ContentRefused, Error, agents::Agent, chat::Chat, posted::Posted};

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
}
