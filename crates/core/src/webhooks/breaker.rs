//! The circuit breaker of an endpoint: where too much fails, nothing is sent for a while, then one thing to see whether it
//! works again.
//!
//! What it has seen stands with the endpoint in the store, so that a restart forgets none of it.

use std::time::Duration;

use tertulia_model::Timestamp;
use tertulia_store::EndpointHealth;

use crate::Limit;

/// Failures of an endpoint that are remembered at the most.
const MOST_REMEMBERED: usize = 1_000;

/// When an endpoint rests, and for how long. What waits for it meanwhile is not tried, and nothing is counted against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// Failures one after the other by which it opens.
    pub in_a_row: u32,
    /// Failures within a rolling while by which it opens, whatever came between them; `Off`: never.
    pub lately: Limit,
    /// How long nothing is sent then.
    pub rest: Duration,
}

impl Breaker {
    /// How an endpoint does after an attempt that did not fail. One that had rested begins anew.
    pub(crate) fn after_success(&self, before: &EndpointHealth, now: Timestamp) -> EndpointHealth {
        if before.rests_until.is_some() {
            return EndpointHealth::default();
        }
        EndpointHealth { failed_at: self.recent(before, now), ..EndpointHealth::default() }
    }

    /// How an endpoint does after an attempt that failed. One that had rested rests again at once.
    pub(crate) fn after_failure(&self, before: &EndpointHealth, now: Timestamp) -> EndpointHealth {
        let failures_in_a_row = before.failures_in_a_row.saturating_add(1);
        let mut failed_at = self.recent(before, now);
        failed_at.push(now);
        let is_too_much = match self.lately {
            Limit::Rate { count, .. } => failed_at.len() >= usize::try_from(count.max(1)).unwrap_or(usize::MAX),
            Limit::Off => false,
        };
        let opens = before.rests_until.is_some() || is_too_much || failures_in_a_row >= self.in_a_row.max(1);
        EndpointHealth { failures_in_a_row, failed_at, rests_until: opens.then(|| now + self.rest) }
    }

    /// The failures that still count.
    fn recent(&self, before: &EndpointHealth, now: Timestamp) -> Vec<Timestamp> {
        let Limit::Rate { count, per } = self.lately else { return Vec::new() };
        let most = usize::try_from(count).unwrap_or(usize::MAX).min(MOST_REMEMBERED);
        let recent = before.failed_at.iter().copied().filter(|at| *at + per > now);
        let recent: Vec<_> = recent.collect();
        recent[recent.len().saturating_sub(most)..].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKER: Breaker = Breaker { in_a_row: 5, lately: Limit::per_secs(10, 60), rest: Duration::from_mins(5) };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_success_after_the_rest_closes_it() {
        let mut health = EndpointHealth::default();
        for second in 0..4 {
            health = BREAKER.after_failure(&health, at(second * 100));
            assert_eq!(health.rests_until, None);
        }
        health = BREAKER.after_failure(&health, at(400));
        assert_eq!(health.rests_until, Some(at(700)));
        let again = BREAKER.after_failure(&health, at(700));
        assert_eq!(again.rests_until, Some(at(1_000)), "the one attempt after the rest");
        assert_eq!(BREAKER.after_success(&again, at(1_000)), EndpointHealth::default());
    }

    #[test]
    fn ten_failures_within_a_minute_open_it_whatever_came_between() {
        let after = |apart: i64| {
            let mut health = EndpointHealth::default();
            for number in 0..10 {
                let now = at(number * apart);
                if number % 3 == 2 {
                    health = BREAKER.after_success(&health, now);
                    assert_eq!(health.failures_in_a_row, 0);
                }
                health = BREAKER.after_failure(&health, now);
            }
            health.rests_until
        };
        assert_eq!(after(6), Some(at(54 + 300)));
        assert_eq!(after(7), None, "the first one is too old by then");
    }

    #[test]
    fn what_is_off_never_opens_it() {
        let breaker = Breaker { in_a_row: 1_000, lately: Limit::Off, ..BREAKER };
        let mut health = EndpointHealth::default();
        for second in 0..999 {
            health = breaker.after_failure(&health, at(second));
            assert_eq!((health.rests_until, health.failed_at.len()), (None, 1));
        }
        assert!(breaker.after_failure(&health, at(999)).rests_until.is_some());
    }
}
