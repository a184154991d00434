//! What an agent in use remembers of how far it is trusted.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64, Ordering},
};

use tertulia_model::{Quarantine, Tier};
use tertulia_store::TrustRecord;

use crate::agents::Agent;

/// Tier and quarantine in one, which are read for every message, and the score.
#[derive(Debug)]
pub(crate) struct Reputation {
    /// The tier's place in [`Tier::ALL`], and in the upper half 1 more than the cause's in [`Quarantine::ALL`], or 0.
    standing: AtomicU8,
    /// The bits of the score.
    score: AtomicU64,
}

/// An agent in memory whose tier has changed.
#[derive(Debug)]
pub(crate) struct Shift {
    pub(crate) agent: Arc<Agent>,
    /// Its tier before.
    pub(crate) before: Tier,
    /// How far it is trusted from now on.
    pub(crate) after: TrustRecord,
}

impl Reputation {
    pub(crate) fn of(record: &TrustRecord) -> Self {
        Self { standing: AtomicU8::new(code_of(record)), score: AtomicU64::new(record.score.to_bits()) }
    }

    /// Replaces what was known.
    fn set(&self, record: &TrustRecord) {
        self.standing.store(code_of(record), Ordering::Release);
        self.score.store(record.score.to_bits(), Ordering::Release);
    }

    fn standing(&self) -> u8 {
        self.standing.load(Ordering::Acquire)
    }
}

const CAUSE_BITS: u32 = 4;

fn code_of(record: &TrustRecord) -> u8 {
    let tier = Tier::ALL.iter().position(|tier| *tier == record.tier()).unwrap_or(0);
    let cause = |cause| 1 + Quarantine::ALL.iter().position(|known| *known == cause).unwrap_or(0);
    let code = tier | (record.quarantine.map_or(0, cause) << CAUSE_BITS);
    u8::try_from(code).expect("two small numbers")
}

impl Agent {
    /// Its tier now; provisional until it was computed first.
    #[must_use]
    pub fn tier(&self) -> Tier {
        Tier::ALL[usize::from(self.reputation.standing() & ((1 << CAUSE_BITS) - 1))]
    }

    /// Why it is quarantined now, if it is.
    #[must_use]
    pub fn quarantine(&self) -> Option<Quarantine> {
        let cause = usize::from(self.reputation.standing() >> CAUSE_BITS);
        cause.checked_sub(1).map(|place| Quarantine::ALL[place])
    }

    /// Its score, from 0 to 1, as it was computed last; 0 if it never was.
    #[must_use]
    pub fn score(&self) -> f64 {
        f64::from_bits(self.reputation.score.load(Ordering::Acquire))
    }

    /// Notes how far it is trusted from now on. The tier that it had until now comes back if it is another one.
    pub(crate) fn set_trust(&self, record: &TrustRecord) -> Option<Tier> {
        let before = self.tier();
        self.reputation.set(record);
        if before == record.tier() {
            return None;
        }
        self.show_change();
        Some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tertulia_model::AgentNo;

    #[test]
    fn what_is_remembered_is_what_was_written() {
        let causes = Quarantine::ALL.into_iter().map(Some).chain([None]);
        for (quarantine, earned) in causes.flat_map(|cause| Tier::ALL.map(|tier| (cause, tier))) {
            let record = TrustRecord { score: 0.25, earned, quarantine, ..TrustRecord::unknown(AgentNo(1)) };
            let code = Reputation::of(&record).standing();
            assert_eq!(Tier::ALL[usize::from(code & 0xF)], record.tier());
            let cause = usize::from(code >> CAUSE_BITS).checked_sub(1).map(|place| Quarantine::ALL[place]);
            assert_eq!(cause, quarantine);
        }
    }
}
