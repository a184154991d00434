//! The real time and the real randomness: the only place that asks the operating system for either.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

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

/// The system's calendar time; the log takes it too.
#[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else takes")]
pub(crate) fn calendar_time() -> Timestamp {
    // A clock before 1970 is one that was never set; the epoch itself serves as well.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        calendar_time()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else takes")]
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Bytes asked of the operating system at a time.
const RANDOM_POOL: usize = 1_024;

/// Random bytes of the operating system, asked for in larger pieces: every request needs a few. A byte that was handed
/// out is wiped.
pub struct SystemIds(Mutex<RandomPool>);

struct RandomPool {
    bytes: [u8; RANDOM_POOL],
    used: usize,
}

impl Default for SystemIds {
    fn default() -> Self {
        Self(Mutex::new(RandomPool { bytes: [0; RANDOM_POOL], used: RANDOM_POOL }))
    }
}

impl fmt::Debug for SystemIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemIds")
    }
}

impl Ids for SystemIds {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > RANDOM_POOL {
            return ask_system(bytes);
        }
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if RANDOM_POOL - pool.used < bytes.len() {
            ask_system(&mut pool.bytes);
            pool.used = 0;
        }
        let from = pool.used;
        pool.used += bytes.len();
        let handed_out = &mut pool.bytes[from..from + bytes.len()];
        bytes.copy_from_slice(handed_out);
        handed_out.fill(0);
    }
}

fn ask_system(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("an operating system without randomness cannot run a hub safely");
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
        let ids = SystemIds::default();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..200 {
            let mut bytes = [0; 24];
            ids.fill(&mut bytes);
            assert!(seen.insert(bytes), "{bytes:?} came twice");
        }
        let mut many = vec![0; 3 * RANDOM_POOL];
        ids.fill(&mut many);
        assert!(many.chunks(32).all(|part| part.iter().any(|byte| *byte != 0)));
    }
}
