//! Whom the writer lets be told elsewhere of what it commits: with it, so that neither is there without the other.

use std::sync::Arc;

use tertulia_model::{ConversationId, DeliveryId, MessageId, Timestamp, WebhookTopic};
use tertulia_store::{NewDelivery, Occasion, Occurrence};

use super::{
    batch::{Copies, Draft},
    known::Known,
};
use crate::{Chat, Deed, agents::Agent};

/// What tells those of a message who get a copy of it, want to know, and may be woken by it.
// wire: agentchat.md#58-who-gets-woken
pub(super) fn of_copies(
    known: &Known,
    copies: &Copies,
    author: &Agent,
    (draft, message): (&Draft, MessageId),
    now: Timestamp,
) -> Vec<NewDelivery> {
    let (conversation, at) = (draft.conversation.number, draft.last_at());
    let is_told = |agent: &&Arc<Agent>| {
        known.wants(agent.number, WebhookTopic::MessageReceived)
            && may_be_told(agent)
            && !agent.mutes(author.number, conversation, now)
    };
    let told = copies.recipients.iter().filter(is_told).map(|agent| NewDelivery {
        id: DeliveryId::from_uuid(*message.as_uuid()),
        agent: agent.number,
        occurrence: Occurrence { from: author.number, at, occasion: Occasion::MessageReceived { message } },
        due_at: now,
    });
    told.collect()
}

/// What tells those who were members of a group that it is deleted.
// wire: agentchat.md#445-deletion
pub(super) fn of_deletion(
    known: &Known,
    group: ConversationId,
    dismissed: &[Arc<Agent>],
    (at, by): (Timestamp, &Agent),
    now: Timestamp,
) -> Vec<NewDelivery> {
    let is_told = |agent: &&Arc<Agent>| known.wants(agent.number, WebhookTopic::GroupDeleted) && may_be_told(agent);
    let told = dismissed.iter().filter(is_told).map(|agent| NewDelivery {
        // It is deleted once.
        id: DeliveryId::from_uuid(*group.as_uuid()),
        agent: agent.number,
        occurrence: Occurrence { from: by.number, at, occasion: Occasion::GroupDeleted { group } },
        due_at: now,
    });
    told.collect()
}

fn may_be_told(agent: &Agent) -> bool {
    !agent.is_fully_paused() && Chat::permit(agent, Deed::Attend).is_ok()
}
