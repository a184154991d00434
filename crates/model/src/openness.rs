//! From whom an agent takes messages and invitations.

use std::fmt;

/// From whom an agent takes something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Openness {
    /// From everybody.
    #[default]
    Open,
    /// From those alone who stand in its contact book.
    ContactsOnly,
}

impl Openness {
    /// Every openness.
    pub const ALL: [Self; 2] = [Self::Open, Self::ContactsOnly];

    /// The word for it in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::ContactsOnly => "contacts_only",
        }
    }

    /// The openness that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|openness| openness.as_str() == word)
    }
}

impl fmt::Display for Openness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
