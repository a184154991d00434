//! When a quiet stream must show a sign of life.
//!
//! A push does not read the clock; it leaves a mark. The timer looks at the mark every half interval and sends the
//! keep-alive when waiting another half could make the silence longer than the interval.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tertulia_core::{Clock, Sleep};

use crate::queue::SendQueue;

/// The timer of one stream.
pub(crate) struct KeepAlive {
    clock: Arc<dyn Clock>,
    every: Duration,
    /// No write is known to have happened after this, by [`Clock::elapsed`].
    quiet_since: Duration,
    looked: Duration,
    sleep: Sleep,
}

impl KeepAlive {
    pub(crate) fn new(clock: Arc<dyn Clock>, every: Duration) -> Self {
        let now = clock.elapsed();
        let sleep = clock.sleep(every / 2);
        Self { clock, every, quiet_since: now, looked: now, sleep }
    }

    /// Ready when a keep-alive is due; set again for the next one.
    pub(crate) fn poll_due(&mut self, cx: &mut Context<'_>, queue: &SendQueue) -> Poll<()> {
        while Pin::new(&mut self.sleep).poll(cx).is_ready() {
            let now = self.clock.elapsed();
            self.sleep = self.clock.sleep(self.every / 2);
            if queue.take_busy() {
                self.quiet_since = self.looked;
            }
            self.looked = now;
            if now.saturating_sub(self.quiet_since) + self.every / 2 > self.every {
                self.quiet_since = now;
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}
