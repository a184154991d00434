//! The courier: sends what waits in the outbox.
//!
//! It takes what is due, one delivery for each endpoint, so that a slow endpoint delays none but itself. A delivery that
//! it has taken comes up again after a while unless it says what came of it: whatever befalls the hub meanwhile, it is
//! sent again rather than lost.

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tertulia_model::{ConversationId, EndpointNo, FriendRequestId, Timestamp, ViewId, WebhookTopic};
use tertulia_store::{Occurrence, Settlement, TakenDelivery};
use tokio_util::sync::CancellationToken;

use super::{NotSent, WebhookEvent, WebhookFormat, WebhookNotice, WebhookSeal, When};
use crate::{
    Deed, Error,
    agents::Agent,
    chat::Chat,
    limiter::Subject,
    limits::{Action, Limit},
};

/// Deliveries under way at once.
const MOST_AT_ONCE: usize = 16;

/// How long beyond its time-out an attempt may take before it counts as lost.
const GRACE: Duration = Duration::from_secs(30);

/// How long to wait when the store fails, or when the hub itself has too much to send.
const REST: Duration = Duration::from_secs(1);

/// Longest sleep while something waits: a calendar that is set forward is noticed after this.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);

/// How long what could not be sent is kept.
const KEEP_DEAD: Duration = Duration::from_hours(24 * 90);

/// How often what is older is looked for.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// How often an agent is woken in an hour, unless it says otherwise.
const WAKES_PER_HOUR: u32 = 10;

/// Rows deleted in one go.
const SLICE: u32 = 500;

type Underway = Pin<Box<dyn Future<Output = EndpointNo> + Send>>;

/// What is being sent.
struct Courier {
    chat: Chat,
    underway: FuturesUnordered<Underway>,
    taken: HashMap<EndpointNo, TakenDelivery>,
}

impl Chat {
    /// Sends what waits until it is time to stop; what is under way then is given back.
    pub(crate) async fn send_webhooks(self, stop: CancellationToken) {
        let mut courier = Courier { chat: self, underway: FuturesUnordered::new(), taken: HashMap::new() };
        loop {
            let next = courier.take_up().await.unwrap_or_else(|error| {
                tracing::warn!(error = &error as &dyn std::error::Error, "webhooks cannot be read from the outbox");
                Some(REST)
            });
            let Courier { chat, underway, taken } = &mut courier;
            tokio::select! {
                () = stop.cancelled() => break,
                Some(endpoint) = underway.next() => drop(taken.remove(&endpoint)),
                () = chat.0.webhooks.bell.notified() => {}
                () = sleep(chat, next) => {}
            }
        }
        courier.give_back().await;
    }

    /// Deletes what could not be sent and is old.
    pub(crate) async fn sweep_webhooks(self, stop: CancellationToken) {
        while self.wait(SWEEP_EVERY, &stop).await {
            let before = self.now() - KEEP_DEAD;
            loop {
                match self.0.store.sweep_deliveries(before, SLICE).await {
                    Ok(swept) if swept >= SLICE && self.rest(&stop).await => {}
                    Ok(_) => break,
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "old webhooks could not be deleted");
                        break;
                    }
                }
            }
        }
    }

    /// Sends one delivery, as far as it is still wanted; what came of it.
    async fn send(&self, delivery: &TakenDelivery) -> Result<Settlement, Error> {
        let Some(format) = self.0.webhooks.format(&delivery.format) else {
            return Ok(dead(self.now(), "nothing here renders it"));
        };
        let numbers = [delivery.agent, delivery.occurrence.from];
        let agents = self.0.directory.by_numbers(&numbers).await?;
        let (Some(agent), Some(from)) = (agents.get(&numbers[0]), agents.get(&numbers[1])) else {
            return Ok(Settlement::Done);
        };
        if !self.may_be_told(agent, &**format, delivery).await? {
            return Ok(Settlement::Done);
        }
        let Some(event) = event_of(&delivery.occurrence, from) else { return Ok(Settlement::Done) };
        let notice = WebhookNotice { id: delivery.id, agent: agent.clone(), event, at: delivery.occurrence.at };
        let bytes = format.spell(&notice, &WebhookSeal::new(&delivery.target.secret, self.now()));
        let answer = self.post(&delivery.target, &**format, bytes).await;
        Ok(self.settlement(answer, &**format, delivery))
    }

    /// Whether the agent may be told now. A second attempt does not wake it anew.
    async fn may_be_told(
        &self,
        agent: &Agent,
        format: &dyn WebhookFormat,
        delivery: &TakenDelivery,
    ) -> Result<bool, Error> {
        if Self::permit(agent, Deed::Attend).is_err() {
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
    ) -> Settlement {
        let (now, metrics) = (self.now(), &self.0.metrics);
        let reason = match answer {
            Ok(200..=299) => {
                metrics.webhooks_delivered.inc();
                return Settlement::Done;
            }
            Err(NotSent::Busy) => return Settlement::Untried { at: now + REST },
            Ok(status) => format!("status {status}"),
            Err(not_sent) => not_sent.to_string(),
        };
        metrics.webhooks_failed.inc();
        let attempt = usize::try_from(delivery.attempt).unwrap_or(usize::MAX);
        if let Some(wait) = format.manner().waits.get(attempt - 1) {
            return Settlement::Again { at: now + *wait, reason: reason.into() };
        }
        metrics.webhooks_dead.inc();
        tracing::debug!(delivery.id = %delivery.id, reason, "a webhook is given up");
        dead(now, &reason)
    }
}

impl Courier {
    /// Takes what is due, as long as there are hands; how long until something else is, if anything waits.
    async fn take_up(&mut self) -> Result<Option<Duration>, Error> {
        loop {
            let free = MOST_AT_ONCE - self.taken.len();
            if free == 0 {
                return Ok(None);
            }
            let busy: Vec<_> = self.taken.keys().copied().collect();
            let store = &self.chat.0.store;
            let Some(next) = store.next_delivery(&busy).await? else { return Ok(None) };
            let now = self.chat.now();
            if next > now {
                return Ok(Some(next.since(now)));
            }
            let until = now + self.longest_attempt() + GRACE;
            let taken = store.take_deliveries(now, until, u32::try_from(free).unwrap_or(u32::MAX), &busy).await?;
            if taken.is_empty() {
                // Somebody else was faster.
                return Ok(Some(REST));
            }
            for delivery in taken {
                self.underway.push(Box::pin(deliver(self.chat.clone(), delivery.clone())));
                self.taken.insert(delivery.endpoint, delivery);
            }
        }
    }

    fn longest_attempt(&self) -> Duration {
        self.chat.0.webhooks.formats.values().map(|format| format.manner().timeout).max().unwrap_or_default()
    }

    /// Stops what is under way, and notes that it was not tried.
    async fn give_back(mut self) {
        self.underway.clear();
        let at = self.chat.now();
        for delivery in self.taken.values() {
            settle(&self.chat, delivery, &Settlement::Untried { at }).await;
        }
    }
}

async fn deliver(chat: Chat, delivery: TakenDelivery) -> EndpointNo {
    match chat.send(&delivery).await {
        Ok(settlement) => settle(&chat, &delivery, &settlement).await,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a webhook could not be prepared");
            settle(&chat, &delivery, &Settlement::Untried { at: chat.now() + REST }).await;
        }
    }
    delivery.endpoint
}

async fn settle(chat: &Chat, delivery: &TakenDelivery, settlement: &Settlement) {
    if let Err(error) = chat.0.store.settle_delivery(delivery, settlement).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "what came of a webhook could not be noted: it will be sent again");
    }
}

async fn sleep(chat: &Chat, next: Option<Duration>) {
    match next {
        Some(next) => chat.0.clock.sleep(next.min(LONGEST_SLEEP)).await,
        None => std::future::pending().await,
    }
}

fn dead(at: Timestamp, reason: &str) -> Settlement {
    Settlement::Dead { at, reason: reason.into() }
}

/// What happened, as a format is told of it; nothing if this hub has no words for it.
fn event_of(occurrence: &Occurrence, from: &Arc<Agent>) -> Option<WebhookEvent> {
    let Occurrence { topic, about, preview, .. } = occurrence;
    let (from, preview) = (from.clone(), preview.clone().unwrap_or_default());
    match topic {
        WebhookTopic::DirectReceived => {
            Some(WebhookEvent::DirectReceived { from, view: ViewId::from_uuid(*about), preview })
        }
        WebhookTopic::Mentioned => {
            Some(WebhookEvent::Mentioned { from, conversation: ConversationId::from_uuid(*about), preview })
        }
        WebhookTopic::FriendRequested => {
            Some(WebhookEvent::FriendRequested { from, request: FriendRequestId::from_uuid(*about) })
        }
        WebhookTopic::Replied => None,
    }
}
