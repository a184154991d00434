//! Channels of communities in memory.

use std::sync::Arc;

use tertulia_model::{ConversationId, ConversationNo};
use tertulia_store::StoreError;

use super::{Conversations, Expected};
use crate::{
    channel::Channel,
    communities::Community,
    conversation::{Conversation, Kind},
};

/// What memory says of a channel.
pub(crate) enum KnownChannel {
    /// It is there.
    Here(Arc<Conversation>),
    /// It must be read from the store.
    Unread(Expected),
}

impl Conversations {
    /// The channel with this id, if memory holds it.
    pub(crate) fn known_channel(&self, id: ConversationId) -> KnownChannel {
        self.lighten_if_heavy();
        let mut known = self.lock();
        match known.asked_for(id).filter(|conversation| conversation.channel().is_some()) {
            Some(conversation) => KnownChannel::Here(conversation),
            None => KnownChannel::Unread(Expected { let_go_before: known.let_go }),
        }
    }

    /// Takes a channel into memory; nothing if something was let go of since `expected` was asked for: it may have been
    /// this one, or it was deleted.
    pub(crate) async fn read_channel(
        &self,
        id: ConversationId,
        number: ConversationNo,
        community: Arc<Community>,
        expected: Expected,
    ) -> Result<Option<Arc<Conversation>>, StoreError> {
        let end = self.store.log_end(number).await?;
        let kind = Kind::Channel(Channel::new(community));
        let read = Conversation::new(number, id, kind, end, Vec::new(), &self.weight);
        Ok(self.remember(read, expected.let_go_before))
    }

    /// The conversation with this number, if memory holds it.
    pub(crate) fn in_use(&self, number: ConversationNo) -> Option<Arc<Conversation>> {
        let known = self.lock();
        known.by_id.get(known.ids.get(&number)?).cloned()
    }

    /// Notes that channels were deleted; those are given that memory held. What was read of any before is read again.
    pub(crate) fn end_channels(&self, channels: &[ConversationNo]) -> Vec<Arc<Conversation>> {
        let ended = self.forget(channels);
        for conversation in &ended {
            if let Some(channel) = conversation.channel() {
                channel.end();
            }
        }
        ended
    }
}
