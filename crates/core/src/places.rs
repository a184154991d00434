//! Finding conversations by what names them.

use std::sync::Arc;

use tertulia_model::{ConversationId, ConversationKind, ConversationNo};

use crate::{Error, chat::Chat, conversation::Conversation, conversations::DirectKey};

impl Chat {
    /// The channel with this id: the lobby, a channel of a community, the view of a direct conversation, or where a trial
    /// is held.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none, or it is gone; [`Error::Store`]. Whether the caller may know of it is asked
    /// where it wants something of it.
    pub async fn channel(&self, id: ConversationId) -> Result<Arc<Conversation>, Error> {
        if id == self.0.lobby.id {
            return Ok(self.0.lobby.clone());
        }
        if let Some(place) = self.0.conversations.place_of_trial(id) {
            return Ok(place);
        }
        match self.channel_of_community(id).await? {
            Some(channel) => Ok(channel),
            None => self.viewed(id).await,
        }
    }

    /// The conversation with this number, as long as something of it is there.
    pub(crate) async fn numbered(&self, number: ConversationNo) -> Result<Option<Arc<Conversation>>, Error> {
        if number == self.0.lobby.number {
            return Ok(Some(self.0.lobby.clone()));
        }
        let Some((kind, id)) = self.0.store.conversation(number).await? else { return Ok(None) };
        match kind {
            ConversationKind::Room => Ok(self.0.conversations.room(id, &self.0.directory).await?),
            ConversationKind::Direct => Ok(self.0.conversations.direct(DirectKey::Id(id), &self.0.directory).await?),
            ConversationKind::Channel => self.channel_of_community(id).await,
            ConversationKind::Trial => Ok(self.0.conversations.place_of_trial(id)),
            ConversationKind::Group => Ok(self.0.conversations.group(id, &self.0.directory).await?),
            ConversationKind::Lobby => Ok(None),
        }
    }
}
