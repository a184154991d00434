//! What a shard has to deliver next.

use std::{collections::HashMap, time::Duration};

use tertulia_model::ConversationNo;

use crate::notice::Event;

/// What happened and was not delivered yet, conversation by conversation: order matters only within one.
#[derive(Default)]
pub(super) struct Pending {
    places: HashMap<ConversationNo, usize>,
    pub(super) happened: Vec<(ConversationNo, Vec<Event>, Duration)>,
}

impl Pending {
    pub(super) fn add(&mut self, conversation: ConversationNo, events: &[Event], committed: Duration) {
        if let Some(place) = self.places.get(&conversation) {
            self.happened[*place].1.extend(events.iter().cloned());
        } else {
            self.places.insert(conversation, self.happened.len());
            self.happened.push((conversation, events.to_vec(), committed));
        }
    }
}
