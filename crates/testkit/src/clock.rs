//! A clock that moves only when it is told to.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tertulia_core::{Clock, Sleep};
use tertulia_model::Timestamp;
use tokio::sync::oneshot;

/// A clock that starts at the real time and then stands still.
#[derive(Debug)]
pub struct ManualClock(Mutex<Inner>);

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
        Self(Mutex::new(Inner { now, elapsed: Duration::ZERO, timers: BTreeMap::new(), made: 0 }))
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

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut inner = self.lock();
        let due = inner.elapsed + duration;
        if duration.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        let (timer, fired) = oneshot::channel();
        inner.made += 1;
        let key = (due, inner.made);
        inner.timers.insert(key, timer);
        Box::pin(async move { drop(fired.await) })
    }
}
