//! The real time and the real randomness: the only place that asks the operating system for either.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tertulia_core::{Clock, Ids, Sleep};
use tertulia_model::Timestamp;

/// The system's clock for calendar time, its monotonic clock for everything that is measured.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts measuring.
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else takes")]
    #[expect(clippy::new_without_default, reason = "starting to measure is an act, not a default")]
    #[must_use]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else takes")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is one that was never set; the epoch itself serves as well.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else takes")]
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Random bytes of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("an operating system without randomness cannot run a hub safely");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_time_is_of_this_century_and_measured_time_never_goes_back() {
        let clock = SystemClock::new();
        assert!(clock.now().as_secs() > 1_700_000_000);
        let earlier = clock.elapsed();
        assert!(clock.elapsed() >= earlier);
    }

    #[test]
    fn random_bytes_differ() {
        let (mut one, mut other) = ([0; 32], [0; 32]);
        SystemIds.fill(&mut one);
        SystemIds.fill(&mut other);
        assert_ne!(one, other);
    }
}
