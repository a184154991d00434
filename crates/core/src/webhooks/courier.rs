//! The courier: sends what waits in the outbox.
//!
//! It takes what is due, one delivery for each endpoint, so that a slow endpoint delays none but itself. A delivery that
//! it has taken comes up again after a while unless it says what came of it: whatever befalls the hub meanwhile, it is
//! sent again rather than lost.

use std::{sync::Arc, time::Duration};

use tertulia_store::{EndpointHealth, Settlement, TakenDelivery};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

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

/// What is being sent. Each delivery is a task of its own: one that is about to be handed the store's one writer must not
/// wait for the courier, which waits for it as well.
struct Courier {
    chat: Chat,
    hands: Arc<Semaphore>,
    underway: TaskTracker,
    stop: CancellationToken,
}

impl Chat {
    /// Sends what waits until it is time to stop; what is under way then is given back.
    pub(crate) async fn send_webhooks(self, stop: CancellationToken) {
        let hands = Arc::new(Semaphore::new(MOST_AT_ONCE));
        let courier = Courier { chat: self, hands, underway: TaskTracker::new(), stop: stop.clone() };
        loop {
            let next = courier.take_up().await.unwrap_or_else(|error| {
                tracing::warn!(error = &error as &dyn std::error::Error, "webhooks cannot be read from the outbox");
                Some(REST)
            });
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = courier.chat.0.webhooks.bell.notified() => {}
                () = sleep(&courier.chat, next) => {}
            }
        }
        courier.underway.close();
        courier.underway.wait().await;
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
    /// Takes what is due, as long as there are hands; how long until something else is, if anything waits. Whoever is done
    /// rings.
    async fn take_up(&self) -> Result<Option<Duration>, Error> {
        loop {
            let free = self.hands.available_permits();
            if free == 0 || self.stop.is_cancelled() {
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
                let hand = self.hands.clone().try_acquire_owned().expect("no more were taken than there are hands");
                self.underway.spawn(deliver(self.chat.clone(), delivery, hand, self.stop.clone()));
            }
        }
    }

    fn longest_attempt(&self) -> Duration {
        self.chat.0.webhooks.formats.values().map(|format| format.manner().timeout).max().unwrap_or_default()
    }
}

/// Sends one delivery, unless it is time to stop: nothing is begun then.
async fn deliver(chat: Chat, delivery: TakenDelivery, hand: OwnedSemaphorePermit, stop: CancellationToken) {
    let attempt =
        async { if stop.is_cancelled() { Ok(untried(&chat, &delivery)) } else { chat.send(&delivery).await } };
    let sent = tokio::select! {
        biased;
        sent = attempt => sent,
        () = stop.cancelled() => Ok(untried(&chat, &delivery)),
    };
    let (settlement, health) = sent.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "a webhook could not be prepared");
        (Settlement::Untried { at: chat.now() + REST }, delivery.health.clone())
    });
    settle(&chat, &delivery, &settlement, &health).await;
    drop(hand);
    chat.0.webhooks.bell.notify_one();
}

/// What was never tried stays ahead of what happened after it.
fn untried(chat: &Chat, delivery: &TakenDelivery) -> (Settlement, EndpointHealth) {
    let now = chat.now();
    let at = if delivery.attempt == 1 { delivery.occurrence.at.min(now) } else { now };
    (Settlement::Untried { at }, delivery.health.clone())
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
