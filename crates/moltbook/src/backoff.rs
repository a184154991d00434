//! Staying away for as long as we were asked to.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

/// How long to stay away when a 429 does not say.
// wire: moltbook.md#a-did-this-verified-account-post-my-code
const UNSAID: Duration = Duration::from_mins(1);

/// No request to stay away is taken for longer than this.
const LONGEST: Duration = Duration::from_hours(1);

/// Until when no request is sent, in the clock's elapsed time.
#[derive(Debug, Default)]
pub(crate) struct Backoff(Mutex<Duration>);

impl Backoff {
    /// How long to stay away still; `None` when requests are welcome.
    pub(crate) fn remaining(&self, now: Duration) -> Option<Duration> {
        self.until().checked_sub(now).filter(|left| !left.is_zero())
    }

    /// Stays away for `asked` from `now`, at least a second. Returns how long that is.
    pub(crate) fn begin(&self, now: Duration, asked: Option<Duration>) -> Duration {
        let away = asked.unwrap_or(UNSAID).clamp(Duration::from_secs(1), LONGEST);
        let mut until = self.until();
        *until = (now + away).max(*until);
        away
    }

    fn until(&self) -> MutexGuard<'_, Duration> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_longest_wait_that_was_asked_for_holds() {
        let backoff = Backoff::default();
        assert_eq!(backoff.remaining(s(5)), None);
        assert_eq!(backoff.begin(s(5), Some(s(30))), s(30));
        assert_eq!(backoff.begin(s(6), Some(s(2))), s(2));
        assert_eq!(backoff.remaining(s(10)), Some(s(25)));
        assert_eq!(backoff.remaining(s(35)), None);
    }

    #[test]
    fn a_wait_has_bounds() {
        let backoff = Backoff::default();
        assert_eq!(backoff.begin(s(0), None), s(60));
        assert_eq!(backoff.begin(s(0), Some(s(0))), s(1));
        assert_eq!(backoff.begin(s(0), Some(Duration::MAX)), s(3_600));
    }
}
