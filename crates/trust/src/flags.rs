//! Flags: what one weighs, and when those against an agent quarantine it.

use std::collections::HashMap;

use tertulia_model::{Tier, Timestamp};

use crate::constants::{
    FLAG_COUNTS_FOR, LEAST_FLAG_WEIGHT, LEAST_FLAGGERS, LEAST_INTERACTIONS, QUARANTINE_WEIGHT, STANDING_AGE,
};

/// A flag against an agent, as far as its weight goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flag {
    /// Who flagged: any number, the same for the same agent.
    pub flagger: u32,
    /// What the flag weighed when it was made.
    pub weight: f64,
    /// When it was made.
    pub at: Timestamp,
    /// The flagger's tier as last computed; none if it never was.
    pub tier: Option<Tier>,
    /// When the flagger registered.
    pub registered_at: Timestamp,
}

/// What a flag weighs of an agent whose score was computed as `score`, if it was.
// wire: moltchats.md#55-quarantine-sybil-vouches-final-score
#[must_use]
pub fn weight(score: Option<f64>) -> f64 {
    score.map_or(LEAST_FLAG_WEIGHT, |score| score.max(LEAST_FLAG_WEIGHT))
}

/// Whether flags of these weights quarantine. Summed in whole thousand-millionths, so that neither their order nor
/// binary fractions decide: thirty times 0.1 is 3.
// wire: moltchats.md#55-quarantine-sybil-vouches-final-score
#[must_use]
pub fn reach_quarantine(weights: impl IntoIterator<Item = f64>) -> bool {
    weights.into_iter().map(billionths).sum::<u64>() >= billionths(QUARANTINE_WEIGHT)
}

/// Those of the targets whom the flags against them quarantine, in ascending order.
// wire: moltchats.md#510-test-vectors-pinned-by-the-projects-tests
#[must_use]
pub fn quarantined(flags: impl IntoIterator<Item = (u32, f64)>) -> Vec<u32> {
    let mut against: HashMap<u32, Vec<f64>> = HashMap::new();
    for (target, weight) in flags {
        against.entry(target).or_default().push(weight);
    }
    let reached = against.into_iter().filter(|(_, weights)| reach_quarantine(weights.iter().copied()));
    let mut quarantined: Vec<u32> = reached.map(|(target, _)| target).collect();
    quarantined.sort_unstable();
    quarantined
}

/// Whether the flags against one agent quarantine it at the time `now`, in a hub with so many interactions.
///
/// Of each flagger the latest flag counts, and only for a time. However much they weigh, some of the flaggers must be of
/// standing: computed as provisional or better, and not new. In a hub where little has happened a score says little, so
/// there every flag weighs the least.
// wire: moltchats.md#85-trust-heartbeat-documents
#[must_use]
pub fn quarantine(flags: &[Flag], interactions: u64, now: Timestamp) -> bool {
    let mut latest: HashMap<u32, &Flag> = HashMap::new();
    for flag in flags.iter().filter(|flag| now.since(flag.at) < FLAG_COUNTS_FOR) {
        let known = latest.entry(flag.flagger).or_insert(flag);
        // Of two in the same moment the heavier one, so that the order in which they are told does not matter.
        if (known.at, known.weight) < (flag.at, flag.weight) {
            *known = flag;
        }
    }
    let weights =
        latest.values().map(|flag| if interactions < LEAST_INTERACTIONS { LEAST_FLAG_WEIGHT } else { flag.weight });
    latest.values().filter(|flag| is_of_standing(flag, now)).count() >= LEAST_FLAGGERS && reach_quarantine(weights)
}

/// Whether the flagger is one of those without whom nobody is quarantined.
fn is_of_standing(flag: &Flag, now: Timestamp) -> bool {
    flag.tier.is_some_and(|tier| tier >= Tier::Provisional) && now.since(flag.registered_at) > STANDING_AGE
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "weights are from 0.1 to a few")]
fn billionths(weight: f64) -> u64 {
    (weight * 1e9).round() as u64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers that have to be exactly these")]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_micros(1_770_000_000_000_000);
    const DAY: Duration = Duration::from_hours(24);

    fn flag(flagger: u32, weight: f64) -> Flag {
        Flag { flagger, weight, at: NOW - DAY, tier: Some(Tier::Provisional), registered_at: NOW - 10 * DAY }
    }

    fn flags(count: u32, weight: f64) -> Vec<Flag> {
        (0..count).map(|flagger| flag(flagger, weight)).collect()
    }

    #[test]
    fn weights_add_up_to_a_quarantine() {
        assert_eq!(quarantined([(1, 1.0), (1, 1.0)]), []);
        assert_eq!(quarantined([(1, 1.0), (1, 1.0), (1, 1.0)]), [1]);
        assert_eq!(quarantined([(1, 0.8), (1, 0.5), (2, 2.5)]), []);
        assert_eq!(quarantined([(1, 1.5), (1, 1.5), (2, 3.0)]), [1, 2]);
        assert_eq!(quarantined([]), []);
    }

    #[test]
    fn thirty_tenths_are_three_in_any_order() {
        assert!(reach_quarantine([0.1; 30]));
        assert!(!reach_quarantine([0.1; 29]));
        let mixed = [0.7, 0.1, 0.2, 0.3, 0.9, 0.8];
        assert!(reach_quarantine(mixed) && reach_quarantine(mixed.into_iter().rev()));
    }

    #[test]
    fn a_flag_weighs_its_makers_score_and_never_less_than_the_least() {
        assert_eq!([None, Some(0.0), Some(0.05), Some(0.7)].map(weight), [0.1, 0.1, 0.1, 0.7]);
    }

    #[test]
    fn three_of_standing_quarantine() {
        assert!(quarantine(&flags(3, 1.0), 20, NOW));
        assert!(!quarantine(&flags(3, 0.9), 20, NOW));
    }

    #[test]
    fn of_each_flagger_the_latest_flag_counts() {
        let mut all = flags(3, 0.9);
        all.extend((0..3).map(|flagger| Flag { at: NOW - 5 * DAY, ..flag(flagger, 2.0) }));
        assert!(!quarantine(&all, 20, NOW));
        all.reverse();
        assert!(!quarantine(&all, 20, NOW));
    }

    #[test]
    fn a_flag_stops_counting_after_thirty_days() {
        let old = Flag { at: NOW - 30 * DAY, ..flag(2, 1.0) };
        let almost = Flag { at: NOW - 30 * DAY + Duration::from_micros(1), ..old };

        assert!(!quarantine(&[flag(0, 1.0), flag(1, 1.0), old], 20, NOW));
        assert!(quarantine(&[flag(0, 1.0), flag(1, 1.0), almost], 20, NOW));
    }

    #[test]
    fn throw_away_accounts_do_not_quarantine() {
        let new = |flagger| Flag { registered_at: NOW - DAY, ..flag(flagger, 0.1) };
        let uncomputed = |flagger| Flag { tier: None, ..flag(flagger, 0.1) };
        let untrusted = |flagger| Flag { tier: Some(Tier::Untrusted), ..flag(flagger, 0.1) };
        let throw_away: Vec<_> = (10..50).flat_map(|n| [new(n), uncomputed(100 + n), untrusted(200 + n)]).collect();
        assert!(!quarantine(&throw_away, 20, NOW));

        let with = |count| [flags(count, 0.5), throw_away.clone()].concat();
        assert!(!quarantine(&with(2), 20, NOW));
        assert!(quarantine(&with(3), 20, NOW));
    }

    #[test]
    fn in_a_hub_where_little_has_happened_every_flag_weighs_the_least() {
        assert!(!quarantine(&flags(29, 1.0), 19, NOW));
        assert!(quarantine(&flags(30, 1.0), 19, NOW));
        assert!(quarantine(&flags(3, 1.0), 20, NOW));
    }
}
