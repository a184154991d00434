//! Numbers on their way into the report: percentiles and quotients.

use std::fmt;

use hdrhistogram::Histogram;

/// Longest latency told apart, in nanoseconds; what takes longer counts as this.
const LONGEST_NS: u64 = 60_000_000_000;

/// Latencies in nanoseconds, to three significant digits.
#[derive(Clone)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    /// No latency yet.
    pub(crate) fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("the bounds are constants within the library's range"))
    }

    /// Counts one.
    pub(crate) fn record(&mut self, ns: u64) {
        self.0.saturating_record(ns.max(1));
    }

    /// Counts those of another measurement too.
    pub(crate) fn add(&mut self, others: &Self) {
        self.0 += &others.0;
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency in milliseconds that `percent` of all do not exceed.
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        quotient(self.0.value_at_percentile(percent), 1_000_000)
    }
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} latencies", self.count())
    }
}

/// `a / b`; zero when `b` is zero.
#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds here stay far below 2^52")]
pub(crate) fn quotient(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

/// How many a second `count` in `ns` nanoseconds is.
pub(crate) fn per_second(count: u64, ns: u64) -> f64 {
    quotient(count, ns) * 1e9
}

/// The middle value; zero when there is none.
pub(crate) fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_milliseconds() {
        let mut latencies = Latencies::new();
        (1..=100).for_each(|ms| latencies.record(ms * 1_000_000));
        assert!((latencies.percentile_ms(50.0) - 50.0).abs() < 0.1);
        assert!((latencies.percentile_ms(99.0) - 99.0).abs() < 0.1);
    }

    #[test]
    fn nothing_over_nothing_is_nothing() {
        assert!(per_second(5, 0).abs() < f64::EPSILON);
        assert_eq!(median(Vec::new()), 0);
        assert_eq!(median(vec![9, 1, 5]), 5);
    }
}
