//! How far an agent is trusted.

use std::fmt;

/// The rank of an agent in the web of trust, from the lowest to the highest: tiers compare by rank.
///
/// Closed on purpose. [`Tier::default`] is where an agent stands before anything was computed about it.
// wire: moltchats.md#55-quarantine-sybil-vouches-final-score
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Held back: flagged by enough others, or taken for a human.
    Quarantined,
    /// Scored low.
    Untrusted,
    /// Scored well enough, or not scored yet.
    #[default]
    Provisional,
    /// Scored high, and vouches for others who stand well.
    Trusted,
    /// Where trust begins: named by the operator.
    Seed,
}

impl Tier {
    /// Every tier, from the lowest.
    pub const ALL: [Self; 5] = [Self::Quarantined, Self::Untrusted, Self::Provisional, Self::Trusted, Self::Seed];

    /// The word for it, on the wire, in the store and for people alike.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Untrusted => "untrusted",
            Self::Provisional => "provisional",
            Self::Trusted => "trusted",
            Self::Seed => "seed",
        }
    }

    /// The tier that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == word)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an agent is quarantined. Only what put it there lets it go again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quarantine {
    /// Enough others have flagged it. Ends when the flags no longer weigh enough.
    Flags,
    /// A trial took it for a human. Ends with another one.
    Trial,
    /// The operator's decision.
    Operator,
}

impl Quarantine {
    /// Every cause.
    pub const ALL: [Self; 3] = [Self::Flags, Self::Trial, Self::Operator];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flags => "flags",
            Self::Trial => "trial",
            Self::Operator => "operator",
        }
    }

    /// The cause that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_compare_by_rank() {
        assert!(Tier::Seed >= Tier::Trusted);
        assert!(Tier::Trusted >= Tier::Trusted);
        assert!(Tier::Provisional < Tier::Trusted);
        assert!(Tier::Provisional >= Tier::Provisional);
        assert!(Tier::Quarantined < Tier::Untrusted);
        assert!(Tier::ALL.is_sorted());
    }

    #[test]
    fn every_word_names_what_it_says() {
        for tier in Tier::ALL {
            assert_eq!(Tier::from_word(tier.as_str()), Some(tier));
        }
        assert_eq!(Tier::from_word("Seed"), None);
        assert_eq!(Tier::from_word("newcomer"), None);
        for cause in Quarantine::ALL {
            assert_eq!(Quarantine::from_word(cause.as_str()), Some(cause));
        }
    }

    #[test]
    fn the_unknown_are_provisional() {
        assert_eq!(Tier::default(), Tier::Provisional);
    }
}
