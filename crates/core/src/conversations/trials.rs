//! Where trials are held, in memory as long as they go on: nothing of them is ever read anew.

use std::sync::{Arc, atomic::Ordering};

use tertulia_model::{ConversationId, ConversationNo};
use tertulia_store::LogEnd;

use super::{Conversations, MOST_WEIGHT};
use crate::conversation::{Conversation, Kind};

impl Conversations {
    /// Takes a conversation into memory that whoever holds it lets go of when it ends ([`Conversations::forget`]).
    pub(crate) fn keep(
        &self,
        number: ConversationNo,
        id: ConversationId,
        kind: Kind,
        end: LogEnd,
    ) -> Arc<Conversation> {
        let kept = Arc::new(Conversation::new(number, id, kind, end, Vec::new(), &self.weight));
        let gone = self.lock().add(&kept);
        drop(gone);
        kept
    }

    /// The place of a trial with this id, as long as the trial goes on.
    pub(crate) fn place_of_trial(&self, id: ConversationId) -> Option<Arc<Conversation>> {
        if self.weight.load(Ordering::Relaxed) > MOST_WEIGHT {
            self.lighten();
        }
        self.lock().asked_for(id).filter(|conversation| conversation.trial().is_some())
    }
}
