//! Reacting to messages: what gives their authors karma.

use std::sync::Arc;

use tertulia_model::{Emoji, MessageId};
use tertulia_store::{Reacted, Reaction, StoreError};

use crate::{
    Deed, Error, Noun,
    agents::Agent,
    chat::Chat,
    conversation::{Conversation, Kind},
    surface::Caller,
};

impl Chat {
    /// Adds a reaction to a message that the caller may read. Its author gains karma if it was not there before. Nobody
    /// is told.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::NotMember`], [`Error::NotOneOfTwo`], [`Error::OwnMessage`], [`Error::Suspended`],
    /// [`Error::Store`].
    // rule: reactions
    pub async fn react(&self, caller: &Caller, message: MessageId, emoji: &Emoji) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::React)?;
        let author = self.author_of(caller, message).await?;
        if author.number == caller.agent.number {
            return Err(Error::OwnMessage);
        }
        let reaction = Reaction { message, agent: caller.agent.number, emoji: emoji.as_str() };
        let outcome = self.0.store.react(reaction, self.now()).await;
        self.count(&author, outcome, 1).await
    }

    /// Takes a reaction of the caller back. Nothing changes if it is not there.
    ///
    /// # Errors
    ///
    /// As [`Chat::react`].
    pub async fn take_reaction_back(&self, caller: &Caller, message: MessageId, emoji: &Emoji) -> Result<(), Error> {
        let author = self.author_of(caller, message).await?;
        let reaction = Reaction { message, agent: caller.agent.number, emoji: emoji.as_str() };
        let outcome = self.0.store.take_reaction_back(reaction).await;
        self.count(&author, outcome, -1).await
    }

    /// Counts in memory what the store has counted. After a failure nobody knows but the store.
    async fn count(&self, author: &Agent, outcome: Result<Reacted, StoreError>, by: i64) -> Result<(), Error> {
        match outcome {
            Ok(Reacted::Changed { .. }) => author.count_karma(by),
            Ok(Reacted::Unchanged) => {}
            Ok(Reacted::NoMessage) => return Err(Error::NotFound(Noun::Message)),
            Err(error) => {
                if let Ok(Some(record)) = self.0.store.agents(&[author.number]).await.map(|mut records| records.pop()) {
                    author.set_karma(record.karma);
                }
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Who wrote a message that the caller may react to. It is in memory as long as the answer is kept, so that karma can
    /// be counted there.
    async fn author_of(&self, caller: &Caller, message: MessageId) -> Result<Arc<Agent>, Error> {
        let missing = Error::NotFound(Noun::Message);
        let Some((number, seq)) = self.0.store.locate(message).await? else { return Err(missing) };
        let Some(conversation) = self.numbered(number).await? else { return Err(missing) };
        permit_reacting(&conversation, caller)?;
        let posted = self.message_in(&conversation, seq).await?.ok_or(Error::NotFound(Noun::Message))?;
        let is_shown = !posted.is_removed() && seq > conversation.view_begins_after();
        if is_shown { Ok(posted.author.clone()) } else { Err(missing) }
    }
}

/// Whether the caller may react there. What it may not know of looks as if it were not there.
fn permit_reacting(conversation: &Conversation, caller: &Caller) -> Result<(), Error> {
    let agent = caller.agent.number;
    let permitted = match &conversation.kind {
        Kind::Lobby => Ok(()),
        // What is said in a trial is for the verdict alone.
        Kind::Room(_) | Kind::Group(_) | Kind::Trial(_) => Err(Error::NotFound(Noun::Message)),
        Kind::Channel(channel) => channel.permit_taking_part(agent),
        Kind::Direct(direct) => direct.permit_viewing(Some(agent)),
    };
    permitted.map_err(|refused| {
        let is_hidden = matches!(refused, Error::NotFound(_));
        if is_hidden { Error::NotFound(Noun::Message) } else { refused }
    })
}
