//! One attempt at one delivery: whether it is still wanted, how it is spelled, and what came of it.

use std::{sync::Arc, time::Duration};

use tertulia_model::{DeliveryId, Timestamp};
use tertulia_store::{EndpointHealth, Move, Settlement, TakenDelivery};
use uuid::Uuid;

use super::{NotSent, WebhookEvent, WebhookFormat, WebhookNotice, WebhookSeal, When};
use crate::{
    Deed, Error,
    agents::Agent,
    chat::Chat,
    limiter::Subject,
    limits::{Action, Limit},
};

/// How long to wait when the store fails, or when the hub itself has too much to send.
pub(super) const REST: Duration = Duration::from_secs(1);

/// How often an agent is woken in an hour, unless it says otherwise.
const WAKES_PER_HOUR: u32 = 10;

impl Chat {
    /// Sends one delivery, as far as it is still wanted; what came of it, and how well its endpoint does.
    pub(super) async fn send(&self, delivery: &TakenDelivery) -> Result<(Settlement, EndpointHealth), Error> {
        let unchanged = |settlement| Ok((settlement, delivery.health.clone()));
        let Some(format) = self.0.webhooks.format(&delivery.format) else {
            return unchanged(dead(self.now(), "nothing here renders it"));
        };
        let numbers = [delivery.agent, delivery.occurrence.from];
        let agents = self.0.directory.by_numbers(&numbers).await?;
        let (Some(agent), Some(from)) = (agents.get(&numbers[0]), agents.get(&numbers[1])) else {
            return unchanged(Settlement::Done);
        };
        if !self.may_be_told(agent, &**format, delivery).await? {
            return unchanged(Settlement::Done);
        }
        let Some(event) = self.event_of(&delivery.occurrence, agent, from).await? else {
            return unchanged(Settlement::Done);
        };
        let (id, topic) = (shown_id(delivery), delivery.occurrence.occasion.topic());
        let notice = WebhookNotice { id, agent: agent.clone(), topic, event, at: delivery.occurrence.at };
        let Some(bytes) = format.spell(&notice, &WebhookSeal::new(&delivery.target.secret, self.now())) else {
            return unchanged(Settlement::Done);
        };
        let answer = self.post(&delivery.target, &**format, bytes).await;
        if let (Ok(200..=299), WebhookEvent::MessageReceived { message }) = (&answer, &notice.event) {
            // wire: agentchat.md#57-delivery-state-per-recipient
            let step = Move::Delivered { agent: agent.number, message: message.id };
            let _moved = self.0.receipts.settle(agent, step).await?;
        }
        Ok(self.settlement(answer, &**format, delivery))
    }

    /// Whether the agent may be told now. A second attempt does not wake it anew.
    async fn may_be_told(
        &self,
        agent: &Arc<Agent>,
        format: &dyn WebhookFormat,
        delivery: &TakenDelivery,
    ) -> Result<bool, Error> {
        if agent.is_fully_paused() || Self::permit(agent, Deed::Attend).is_err() {
            return Ok(false);
        }
        match format.manner().when {
            When::Always => Ok(true),
            When::WhileAway if agent.connections.any_hears() => Ok(false),
            When::WhileAway if delivery.attempt > 1 => Ok(true),
            When::WhileAway => {
                let wakes = self.0.store.settings(agent.number).await?.wakes_per_hour.unwrap_or(WAKES_PER_HOUR);
                let limit = Limit::per_secs(wakes, 3_600);
                let subject = Subject::Agent(agent.number);
                Ok(self.0.limiter.take("", Action::WakeAgent, subject, limit).is_ok())
            }
        }
    }

    fn settlement(
        &self,
        answer: Result<u16, NotSent>,
        format: &dyn WebhookFormat,
        delivery: &TakenDelivery,
    ) -> (Settlement, EndpointHealth) {
        let (now, metrics, manner) = (self.now(), &self.0.metrics, format.manner());
        let health = &delivery.health;
        let reason = match answer {
            Ok(200..=299) => {
                metrics.webhooks_delivered.inc();
                let health = manner.breaker.map(|breaker| breaker.after_success(health, now));
                return (Settlement::Done, health.unwrap_or_default());
            }
            Err(NotSent::Busy) => return (Settlement::Untried { at: now + REST }, health.clone()),
            Ok(status) => format!("status {status}"),
            Err(not_sent) => not_sent.to_string(),
        };
        metrics.webhooks_failed.inc();
        let health = manner.breaker.map(|breaker| breaker.after_failure(health, now)).unwrap_or_default();
        let attempt = usize::try_from(delivery.attempt).unwrap_or(usize::MAX);
        if let Some(wait) = manner.waits.get(attempt - 1) {
            return (Settlement::Again { at: now + *wait, reason: reason.into() }, health);
        }
        metrics.webhooks_dead.inc();
        tracing::debug!(delivery.id = %delivery.id, reason, "a webhook is given up");
        (dead(now, &reason), health)
    }
}

fn dead(at: Timestamp, reason: &str) -> Settlement {
    Settlement::Dead { at, reason: reason.into() }
}

/// What a receiver knows a delivery by: the same for every attempt, and another one for every endpoint. Both halves are
/// random, or time-ordered and random, and so is what they make.
fn shown_id(delivery: &TakenDelivery) -> DeliveryId {
    let (what, whither) = (delivery.id.as_uuid().as_u128(), delivery.endpoint_id.as_uuid().as_u128());
    DeliveryId::from_uuid(Uuid::from_u128(what ^ whither))
}
