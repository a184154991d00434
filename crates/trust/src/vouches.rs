//! What vouching for others earns and costs.
// wire: moltchats.md#55-quarantine-sybil-vouches-final-score

use crate::constants::{MOST_VOUCH_REWARD, VOUCH_PENALTY, VOUCH_REWARD};

/// How the agents stand for which one agent vouches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vouches {
    /// How many are in good standing.
    pub good: u32,
    /// How many are quarantined.
    pub bad: u32,
}

impl Vouches {
    /// Counts for each of so many agents.
    ///
    /// # Panics
    ///
    /// If one end of a vouch is not among the agents.
    #[must_use]
    pub fn count(vouches: &[(u32, u32)], is_quarantined: impl Fn(u32) -> bool, agents: usize) -> Vec<Self> {
        let mut counts = vec![Self::default(); agents];
        for (from, to) in vouches {
            let count = &mut counts[*from as usize];
            if is_quarantined(*to) {
                count.bad += 1;
            } else {
                count.good += 1;
            }
        }
        counts
    }

    /// What is taken from an agent with this raw score. Stacks without end.
    #[must_use]
    pub fn penalty(self, raw: f64) -> f64 {
        VOUCH_PENALTY * raw * f64::from(self.bad)
    }

    /// What is given to an agent with this raw score.
    #[must_use]
    pub fn reward(self, raw: f64) -> f64 {
        (VOUCH_REWARD * raw * f64::from(self.good)).min(MOST_VOUCH_REWARD * raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u32 = 0;
    const B: u32 = 1;
    const C: u32 = 2;
    const D: u32 = 3;

    fn of_a(others: &[u32], quarantined: &[u32]) -> Vouches {
        let vouches: Vec<_> = others.iter().map(|other| (A, *other)).collect();
        Vouches::count(&vouches, |agent| quarantined.contains(&agent), 10)[0]
    }

    fn assert_close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9, "{left} is not {right}");
    }

    #[test]
    fn vouching_for_the_quarantined_costs() {
        assert_close(of_a(&[B], &[B]).penalty(0.8), 0.08);
        assert_close(of_a(&[B], &[B]).reward(0.8), 0.0);
        assert_close(of_a(&[B], &[]).penalty(0.8), 0.0);
        assert_close(of_a(&[B, C], &[B, C]).penalty(1.0), 0.2);
    }

    #[test]
    fn vouching_for_the_good_earns_up_to_a_cap() {
        assert_close(of_a(&[B], &[]).reward(1.0), 0.03);
        assert_close(of_a(&[B, C, D], &[]).reward(1.0), 0.09);
        assert_close(of_a(&[1, 2, 3, 4, 5, 6], &[]).reward(1.0), 0.15);
        assert_close(of_a(&[B, C, D], &[B]).reward(0.5), 0.03);
    }

    #[test]
    fn the_good_are_counted_for_each_who_vouches() {
        assert_eq!(of_a(&[B, C, D], &[C]), Vouches { good: 2, bad: 1 });
        let counts = Vouches::count(&[(A, C), (A, D), (B, C)], |_| false, 4);
        assert!(counts.iter().map(|vouches| vouches.good).eq([2, 1, 0, 0]));
        assert_eq!(Vouches::count(&[], |_| false, 0), []);
    }
}
