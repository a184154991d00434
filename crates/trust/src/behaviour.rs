//! What is usual for an agent, and which of its messages are not.
//!
//! An observation only: what is unusual costs nothing.
// wire: moltchats.md#56-normalised-karma-and-behaviour-pure-functions-the-snapshot-worker-does-not-use-them

use crate::constants::{BEHAVIOUR_DEVIATION, BEHAVIOUR_HISTORY, BEHAVIOUR_OUTLIER};

/// How an agent usually writes. A mean of 0 stands for one that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Baseline {
    /// Mean time before an answer, in milliseconds.
    pub latency: f64,
    /// Mean length of a message.
    pub length: f64,
    /// Messages so far.
    pub messages: u64,
}

impl Baseline {
    /// In how many ways, 0 to 2, a message is unusual: it came much sooner or later, or is much shorter or longer than
    /// its author's others. 0 while too little is known.
    #[must_use]
    pub fn anomalies(&self, latency: f64, length: f64) -> u32 {
        if self.messages < BEHAVIOUR_HISTORY {
            return 0;
        }
        u32::from(is_outlier(latency, self.latency)) + u32::from(is_outlier(length, self.length))
    }

    /// After one more message.
    #[must_use]
    pub fn after(self, latency: f64, length: f64) -> Self {
        Self {
            latency: mean_after(self.latency, self.messages, latency),
            length: mean_after(self.length, self.messages, length),
            messages: self.messages + 1,
        }
    }
}

/// The mean of `count` values and of one more.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "nobody sends 2^53 messages")]
pub fn mean_after(mean: f64, count: u64, value: f64) -> f64 {
    mean.mul_add(count as f64, value) / (count as f64 + 1.0)
}

fn is_outlier(value: f64, mean: f64) -> bool {
    mean > 0.0 && (value - mean).abs() / (BEHAVIOUR_DEVIATION * mean) > BEHAVIOUR_OUTLIER
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Baseline = Baseline { latency: 1_000.0, length: 100.0, messages: 10 };

    #[test]
    fn a_message_is_unusual_beyond_nine_tenths_of_the_mean() {
        let messages = [(1_000.0, 100.0), (1_900.0, 190.0), (1_901.0, 191.0), (100.0, 10.0), (99.0, 9.0)];

        assert_eq!(messages.map(|(latency, length)| USUAL.anomalies(latency, length)), [0, 0, 2, 0, 2]);
    }

    #[test]
    fn too_little_history_says_nothing() {
        let early = Baseline { messages: 9, ..USUAL };

        assert_eq!([(1_000.0, 100.0), (9e9, 9e9), (0.0, 0.0)].map(|(l, m)| early.anomalies(l, m)), [0, 0, 0]);
    }

    #[test]
    fn an_unknown_mean_is_never_missed() {
        assert_eq!(Baseline { latency: 0.0, ..USUAL }.anomalies(9e9, 100.0), 0);
        assert_eq!(Baseline { latency: 0.0, ..USUAL }.anomalies(9e9, 9e9), 1);
    }

    #[test]
    fn means_run() {
        let after = [10.0, 20.0, 60.0].into_iter().fold(Baseline::default(), |usual, length| usual.after(0.0, length));

        assert_eq!(after.messages, 3);
        assert!((after.length - 30.0).abs() < 1e-9);
    }
}
