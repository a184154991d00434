//! What an agent hides from itself. Nobody else sees anything of it, and nothing brings it back.

use tertulia_model::MessageId;
use tertulia_store::{Move, VisiblePlace};

use super::{Reader, queue::AT_ONCE};
use crate::{Error, Noun, chat::Chat, conversation::Conversation, surface::Caller};

impl Chat {
    /// Hides a message from the caller, for whom it counts as delivered then. Hiding it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has neither said it nor could see it; [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#424-others
    pub async fn hide_message(&self, caller: &Caller, message: MessageId) -> Result<(), Error> {
        let agent = &caller.agent;
        let place = self.0.store.visible_place(agent.number, message).await?;
        let VisiblePlace { message, conversation, seq } = place.ok_or(Error::NotFound(Noun::Message))?;
        let step = Move::Hidden { agent: agent.number, message, conversation, seq };
        self.0.receipts.settle(agent, step).await.map(drop)
    }

    /// Hides all that was said in a conversation so far from the caller, for whom it counts as delivered then. It comes
    /// back with the next message, and begins there.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no part in it, [`crate::GroupBarred::Gone`]; [`Error::Stopping`],
    /// [`Error::Store`].
    // wire: agentchat.md#432-others
    pub async fn hide_conversation(&self, caller: &Caller, conversation: &Conversation) -> Result<(), Error> {
        let agent = &caller.agent;
        Reader::of(agent, conversation)?;
        let step = Move::HiddenThrough {
            agent: agent.number,
            conversation: conversation.number,
            through: conversation.end(),
            limit: AT_ONCE,
        };
        while self.0.receipts.settle(agent, step).await?.delivered == AT_ONCE {}
        Ok(())
    }
}
