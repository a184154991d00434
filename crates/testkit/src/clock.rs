//! A clock that moves only when it is told to.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tertulia_core::{Clock, Sleep};
use tertulia_model::Timestamp;
use tokio::sync::{Notify, oneshot};

use crate::within;

/// A clock that starts at the real time and then stands still.
#[derive(Debug)]
pub struct ManualClock {
    inner: Mutex<Inner>,
    /// Told when a timer is set.
    set: Notify,
}

#[derive(Debug)]
struct Inner {
    now: Timestamp,
    elapsed: Duration,
    timers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    made: u64,
}

impl Default for ManualClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "a manual clock starts at the real time, so that it fits foreign clients"
    )]
    fn default() -> Self {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp::default() + Duration::from_millis(u64::try_from(since_1970.as_millis()).unwrap_or(0));
        let inner = Inner { now, elapsed: Duration::ZERO, timers: BTreeMap::new(), made: 0 };
        Self { inner: Mutex::new(inner), set: Notify::new() }
    }
}

impl ManualClock {
    /// Lets time pass: the calendar goes on, and timers that are due fire.
    pub fn advance(&self, by: Duration) {
        let due: Vec<_> = {
            let mut inner = self.lock();
            inner.now = inner.now + by;
            inner.elapsed += by;
            let first_later = inner.elapsed + Duration::from_nanos(1);
            let later = inner.timers.split_off(&(first_later, 0));
            std::mem::replace(&mut inner.timers, later).into_values().collect()
        };
        for timer in due {
            let _ = timer.send(());
        }
    }

    /// Moves the calendar alone, as an operator or a time server does. Negative: back.
    pub fn jump(&self, seconds: i64) {
        let mut inner = self.lock();
        inner.now = Timestamp::from_micros(inner.now.as_micros() + seconds * 1_000_000);
    }

    /// Waits until somebody sleeps for exactly `duration` from now: a task that does something every so often has
    /// done what was due and is ready for the next time.
    ///
    /// # Panics
    ///
    /// If nobody does.
    pub async fn somebody_sleeps(&self, duration: Duration) {
        within("a timer to be set", async {
            loop {
                let set = self.set.notified();
                if self.is_slept_for(duration) {
                    return;
                }
                set.await;
            }
        })
        .await;
    }

    fn is_slept_for(&self, duration: Duration) -> bool {
        let inner = self.lock();
        let due = inner.elapsed + duration;
        inner.timers.range((due, 0)..=(due, u64::MAX)).any(|(_, timer)| !timer.is_closed())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    fn elapsed(&self) -> Duration {
        self.lock().elapsed
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        if duration.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        let (timer, fired) = oneshot::channel();
        {
            let mut inner = self.lock();
            let due = inner.elapsed + duration;
            inner.made += 1;
            let key = (due, inner.made);
            inner.timers.insert(key, timer);
        }
        self.set.notify_waiters();
        Box::pin(async move { drop(fired.await) })
    }
}
