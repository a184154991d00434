//! How far an agent is trusted.

use std::fmt;

/// How far an agent is trusted, in five steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// Named by the operator as a source of trust.
    Seed,
    /// Trusted by those who are trusted.
    Trusted,
    /// Not known for good or ill: where everybody begins.
    Provisional,
    /// Known, and hardly trusted.
    Untrusted,
    /// Kept from taking part.
    Quarantined,
}

impl Tier {
    /// Every tier, the most trusted first.
    pub const ALL: [Self; 5] = [Self::Seed, Self::Trusted, Self::Provisional, Self::Untrusted, Self::Quarantined];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Trusted => "trusted",
            Self::Provisional => "provisional",
            Self::Untrusted => "untrusted",
            Self::Quarantined => "quarantined",
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
