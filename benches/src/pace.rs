//! When requests are sent: each after the previous one's answer, or at a steady rate.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Result, ensure};

/// How long a load generator sleeps at most before it looks at the stage again.
const LONGEST_NAP: Duration = Duration::from_millis(10);

/// Seconds of requests that may wait for a free connection at a steady rate.
const BACKLOG_SECONDS: u64 = 2;

/// How fast requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// The next one when the previous one of the same connection is answered.
    ClosedLoop,
    /// As `ClosedLoop`, so many in all.
    Total(u64),
    /// So many a second on whichever connection is free, whether or not the hub keeps up.
    PerSecond(u64),
}

/// Says when the next request is due.
#[derive(Debug)]
pub(crate) struct Schedule {
    pace: Pace,
    began: u64,
    released: u64,
    due: VecDeque<u64>,
}

impl Schedule {
    /// A schedule that begins at `now`.
    pub(crate) fn new(pace: Pace, now: u64) -> Self {
        Self { pace, began: now, released: 0, due: VecDeque::new() }
    }

    /// Notes which requests have become due.
    ///
    /// # Errors
    ///
    /// More requests wait for a free connection than [`BACKLOG_SECONDS`] hold: the hub does not keep the pace.
    pub(crate) fn advance(&mut self, now: u64) -> Result<()> {
        let Pace::PerSecond(rate) = self.pace else { return Ok(()) };
        let target = u64::try_from(u128::from(now - self.began) * u128::from(rate) / 1_000_000_000)?;
        self.due.extend((self.released..target).map(|_| now));
        self.released = self.released.max(target);
        let waiting = u64::try_from(self.due.len())?;
        ensure!(waiting <= rate * BACKLOG_SECONDS, "the hub does not keep a pace of {rate} requests a second");
        Ok(())
    }

    /// Takes the next request that may be sent at `now`, and gives the moment from which its latency counts: when it
    /// became due, so that waiting for a free connection is part of it.
    pub(crate) fn take(&mut self, now: u64) -> Option<u64> {
        match self.pace {
            Pace::ClosedLoop => Some(now),
            Pace::Total(total) => {
                let taken = self.released < total;
                self.released += u64::from(taken);
                taken.then_some(now)
            }
            Pace::PerSecond(_) => self.due.pop_front(),
        }
    }

    /// Whether nothing is to be sent any more, whatever the stage says.
    pub(crate) fn exhausted(&self) -> bool {
        matches!(self.pace, Pace::Total(total) if self.released >= total)
    }

    /// How long to sleep at most when no answer comes.
    pub(crate) fn nap(&self, now: u64) -> Duration {
        let Pace::PerSecond(rate) = self.pace else { return LONGEST_NAP };
        let next = self.began + (self.released + 1) * 1_000_000_000 / rate;
        Duration::from_nanos(next.saturating_sub(now)).min(LONGEST_NAP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_releases_what_is_due_and_no_more() {
        let mut schedule = Schedule::new(Pace::PerSecond(1_000), 0);
        schedule.advance(3_500_000).unwrap();
        assert_eq!((0..9).filter_map(|_| schedule.take(0)).collect::<Vec<_>>(), [3_500_000; 3]);
        assert_eq!(schedule.nap(3_500_000), Duration::from_micros(500));
        assert!(schedule.advance(60_000_000_000).is_err());
    }

    #[test]
    fn a_total_is_exhausted_by_as_many() {
        let mut schedule = Schedule::new(Pace::Total(2), 0);
        assert_eq!((schedule.take(1), schedule.take(2), schedule.take(3)), (Some(1), Some(2), None));
        assert!(schedule.exhausted());
    }
}
