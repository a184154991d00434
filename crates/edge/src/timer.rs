//! hyper's timers on the hub's clock.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tertulia_core::Clock;

/// Sets hyper's timers on a [`Clock`].
#[derive(Debug)]
pub(crate) struct ClockTimer {
    clock: Arc<dyn Clock>,
    /// The instant that stands for the clock's zero.
    base: Instant,
}

impl ClockTimer {
    #[expect(clippy::disallowed_methods, reason = "an Instant has no other origin; only its distance from it is used")]
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, base: Instant::now() }
    }
}

impl hyper::rt::Timer for ClockTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(ClockSleep(Mutex::new(self.clock.sleep(duration))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn now(&self) -> Instant {
        self.base + self.clock.elapsed()
    }
}

/// hyper wants its timers `Sync`; the clock's are not. The lock is never contended.
struct ClockSleep(Mutex<tertulia_core::Sleep>);

impl Future for ClockSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }
}

impl hyper::rt::Sleep for ClockSleep {}
