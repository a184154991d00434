//! The courier: sends what waits in the outbox.
//!
//! It takes what is due, one delivery for each endpoint, so that a slow endpoint delays none but itself. A delivery that
//! it has taken comes up again after a while unless it says what came of it: whatever befalls the hub meanwhile, it is
//! sent again rather than lost.

use std::{collections::HashMap, future::Future, pin::Pin, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tertulia_model::EndpointNo;
use tertulia_store::{EndpointHealth, Settlement, TakenDelivery};
use tokio_util::sync::CancellationToken;

use super::sending::REST;
use crate::{Error, chat::Chat};

/// Deliveries under way at once: so many endpoints must hang before another one waits.
const MOST_AT_ONCE: usize = 64;

/// How long beyond its time-out an attempt may take before it counts as lost.
const GRACE: Duration = Duration::from_secs(50);

/// Longest sleep while something waits: a calendar that is set forward is noticed after this.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);

/// How long what could not be sent is kept.
const KEEP_DEAD: Duration = Duration::from_hours(24 * 90);

/// How often what is older is looked for.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

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

    /// Deletes what could not be sent and is old, and what is left of endpoints that were removed.
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
}

impl Courier {
    /// Takes what is due, as long as there are hands; how long until something else is, if anything waits.
    async fn take_up(&mut self) -> Result<Option<Duration>, Error> {
        loop {
            let free = MOST_AT_ONCE - self.taken.len();
            if free == 0 {
                return Ok(None);
            }
            let store = &self.chat.0.store;
            let Some(next) = store.next_delivery().await? else { return Ok(None) };
            let now = self.chat.now();
            if next > now {
                return Ok(Some(next.since(now)));
            }
            let until = now + self.longest_attempt() + GRACE;
            let taken = store.take_deliveries(now, until, u32::try_from(free).unwrap_or(u32::MAX)).await?;
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
        let now = self.chat.now();
        for delivery in self.taken.values() {
            // What was never tried stays ahead of what happened after it.
            let at = if delivery.attempt == 1 { delivery.occurrence.at.min(now) } else { now };
            settle(&self.chat, delivery, &Settlement::Untried { at }, &delivery.health).await;
        }
    }
}

async fn deliver(chat: Chat, delivery: TakenDelivery) -> EndpointNo {
    let (settlement, health) = chat.send(&delivery).await.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "a webhook could not be prepared");
        (Settlement::Untried { at: chat.now() + REST }, delivery.health.clone())
    });
    settle(&chat, &delivery, &settlement, &health).await;
    delivery.endpoint
}

async fn settle(chat: &Chat, delivery: &TakenDelivery, settlement: &Settlement, health: &EndpointHealth) {
    if let Err(error) = chat.0.store.settle_delivery(delivery, settlement, health).await {
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
