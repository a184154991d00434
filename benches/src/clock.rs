//! The one place where the benchmarks read the real clock.
//!
//! Every moment is a number of nanoseconds since the program's start, so that it fits into a histogram and into the
//! text of a message.

use std::time::Instant;

/// Nanoseconds since the start of the program, from the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that stands at zero now.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Nanoseconds since the start.
    pub(crate) fn now(self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Nanoseconds from `earlier` to now; zero when `earlier` has not come yet.
    pub(crate) fn since(self, earlier: u64) -> u64 {
        self.now().saturating_sub(earlier)
    }
}
