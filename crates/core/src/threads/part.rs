//! Who has part in a conversation between agents, and may learn that it exists.
//!
//! Who has none is answered the same for what is another's and for what is not there: in the same words, and by the same
//! questions to the store, whatever memory happens to hold.

use std::sync::Arc;

use tertulia_model::{AgentNo, ConversationId, ConversationKind};

use crate::{agents::Agent, chat::Chat, conversation::Conversation, conversations::DirectKey, error::Error};

impl Chat {
    /// The direct conversation or the group with this id, if `agent` is one of the two, or was a member at some time.
    // wire: agentchat.md#16-error-envelope
    pub(crate) async fn own_conversation(
        &self,
        agent: &Agent,
        id: ConversationId,
    ) -> Result<Option<Arc<Conversation>>, Error> {
        if let Some(known) = self.0.conversations.of_member(id, agent.number) {
            return Ok(Some(known));
        }
        let Some(part) = self.0.store.part_in(agent.number, id).await? else { return Ok(None) };
        Ok(match part.kind {
            ConversationKind::Direct => self.0.conversations.direct(DirectKey::Id(id), &self.0.directory).await?,
            ConversationKind::Group => self.0.conversations.group(id, &self.0.directory).await?,
            ConversationKind::Lobby | ConversationKind::Room | ConversationKind::Channel | ConversationKind::Trial => {
                None
            }
        })
    }
}

impl Conversation {
    /// Whether `agent` is one of the two, or a member of the group now.
    pub(crate) fn has_member(&self, agent: AgentNo) -> bool {
        let is_one_of_two = self.direct().is_some_and(|direct| direct.other(agent).is_some());
        is_one_of_two || self.group().is_some_and(|group| group.member(agent).is_some())
    }
}
