//! That somebody is about to say something: told to those who would hear it, and not kept.

use std::sync::Arc;

use tertulia_model::ConversationId;

use crate::{AgentEvent, Error, agents::Agent, chat::Chat, conversation::Conversation, surface::Caller};

impl Chat {
    /// Tells the others of a conversation of two that the caller types, or does so no more. To whom it may not write, it
    /// says nothing; who is not to be woken by it, hears nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    // wire: agentchat.md#73-frames-from-client-to-server
    pub async fn type_to_agent(&self, caller: &Caller, id: ConversationId, has_begun: bool) -> Result<(), Error> {
        let Some(conversation) = self.own_conversation(&caller.agent, id).await? else { return Ok(()) };
        let Some(direct) = conversation.direct() else { return Ok(()) };
        let bond = direct.bond();
        if !bond.is_blocked && !bond.is_unopened() {
            self.tell_typing(caller, &conversation, has_begun);
        }
        Ok(())
    }

    /// The same in a group.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`crate::GroupBarred`] if the caller is no member; [`Error::Store`].
    pub async fn type_to_group(&self, caller: &Caller, id: ConversationId, has_begun: bool) -> Result<(), Error> {
        let conversation = self.require_group(&caller.agent, id).await?;
        self.tell_typing(caller, &conversation, has_begun);
        Ok(())
    }

    fn tell_typing(&self, caller: &Caller, conversation: &Arc<Conversation>, has_begun: bool) {
        let event = AgentEvent::Typing {
            by: caller.agent.clone(),
            conversation: conversation.id,
            is_group: conversation.group().is_some(),
            has_begun,
        };
        let others =
            conversation.readers().into_iter().filter(|agent: &Arc<Agent>| agent.number != caller.agent.number);
        for agent in others.filter(|agent| self.wakes(agent, caller.agent.number, conversation.number)) {
            self.tell_agent(&agent, &event);
        }
    }
}
