//! The whole computation: from the graph to where everybody stands.

use tertulia_model::Tier;

use crate::{
    constants::{CUT_OFF_PENALTY, PROVISIONAL_SCORE, TRUSTED_SCORE, TRUSTED_VOUCHES},
    graph::Graph,
    vouches::Vouches,
};

/// What is known about an agent besides what it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Whether the operator made it a seed.
    pub is_seed: bool,
    /// Whether it is quarantined.
    pub is_quarantined: bool,
}

/// Where an agent stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Its score before penalties and rewards; the best agent's is 1.
    pub raw: f64,
    /// Its score, from 0 to 1.
    pub score: f64,
    /// The tier of its score alone.
    pub earned: Tier,
    /// Its tier.
    pub tier: Tier,
}

impl Graph {
    /// Where everybody stands, in agent order.
    ///
    /// # Panics
    ///
    /// If `marks` does not have one entry for each agent.
    #[must_use]
    pub fn standings(&self, marks: &[Marks]) -> Vec<Standing> {
        assert_eq!(marks.len(), self.agents(), "marks of every agent");
        let seeds: Vec<u32> = (0..).zip(marks).filter(|(_, marks)| marks.is_seed).map(|(agent, _)| agent).collect();
        let raw = self.matrix().raw_scores(&seeds);
        let cut_off = self.groups().cut_off(&seeds);
        let vouches = Vouches::count(self.vouches(), |agent| marks[agent as usize].is_quarantined, self.agents());
        let agents = raw.into_iter().zip(cut_off).zip(vouches).zip(marks);
        agents
            .map(|(((raw, is_cut_off), vouches), marks)| {
                let score = final_score(raw, if is_cut_off { CUT_OFF_PENALTY } else { 0.0 }, vouches);
                let earned = tier_of(score, Marks::default(), vouches.good);
                Standing { raw, score, earned, tier: tier_of(score, *marks, vouches.good) }
            })
            .collect()
    }
}

/// What is left of a raw score: less the penalty of a group that is cut off, less what vouching cost, and only then
/// more by what it earned.
// wire: moltchats.md#55-quarantine-sybil-vouches-final-score
#[must_use]
pub fn final_score(raw: f64, cut_off: f64, vouches: Vouches) -> f64 {
    let score = (raw - cut_off).max(0.0);
    let score = (score - vouches.penalty(raw)).max(0.0);
    (score + vouches.reward(raw)).min(1.0)
}

/// The tier of an agent with this score that vouches for so many agents in good standing.
// wire: moltchats.md#55-quarantine-sybil-vouches-final-score
#[must_use]
pub fn tier_of(score: f64, marks: Marks, good_vouches: u32) -> Tier {
    if marks.is_quarantined {
        Tier::Quarantined
    } else if marks.is_seed {
        Tier::Seed
    } else if score >= TRUSTED_SCORE && good_vouches >= TRUSTED_VOUCHES {
        Tier::Trusted
    } else if score >= PROVISIONAL_SCORE {
        Tier::Provisional
    } else {
        Tier::Untrusted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Marks = Marks { is_seed: false, is_quarantined: false };
    const SEED: Marks = Marks { is_seed: true, is_quarantined: false };
    const QUARANTINED: Marks = Marks { is_seed: false, is_quarantined: true };
    const BOTH: Marks = Marks { is_seed: true, is_quarantined: true };

    #[test]
    fn tiers_are_as_pinned() {
        let pinned = [
            (0.7, NONE, 3, Tier::Trusted),
            (0.6, NONE, 2, Tier::Trusted),
            (0.59, NONE, 5, Tier::Provisional),
            (0.3, NONE, 5, Tier::Provisional),
            (0.29, NONE, 5, Tier::Untrusted),
            (0.0, NONE, 5, Tier::Untrusted),
            (0.7, NONE, 2, Tier::Trusted),
            (0.6, NONE, 5, Tier::Trusted),
            (0.9, QUARANTINED, 5, Tier::Quarantined),
            (0.0, QUARANTINED, 0, Tier::Quarantined),
            (0.1, SEED, 0, Tier::Seed),
            (0.9, SEED, 0, Tier::Seed),
            (0.9, BOTH, 5, Tier::Quarantined),
            (0.8, NONE, 0, Tier::Provisional),
            (0.7, NONE, 1, Tier::Provisional),
            (0.9, NONE, 0, Tier::Provisional),
        ];

        for (score, marks, vouches, tier) in pinned {
            assert_eq!(tier_of(score, marks, vouches), tier, "{score} {marks:?} {vouches}");
        }
    }

    #[test]
    fn penalties_come_before_rewards_and_scores_stay_within_bounds() {
        let score = |raw, cut_off, good, bad| final_score(raw, cut_off, Vouches { good, bad });

        assert!((score(0.5, 0.8, 1, 0) - 0.015).abs() < 1e-12);
        assert!((score(1.0, 0.8, 0, 3)).abs() < 1e-12);
        assert!((score(1.0, 0.0, 5, 20) - 0.15).abs() < 1e-12);
        assert!((score(1.0, 0.0, 9, 0) - 1.0).abs() < 1e-12);
        assert!((score(0.8, 0.0, 1, 1) - (0.8 - 0.08 + 0.024)).abs() < 1e-12);
    }
}
