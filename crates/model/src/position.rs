//! Where a message stands.

use std::fmt;

/// Number of a message within its conversation: 1, 2, 3 … without holes. 0 stands before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first message.
    pub const START: Self = Self(0);

    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which history a [`Seq`] belongs to. Changes only when history was lost or restored from a backup: message 50 of
/// epoch 1 and message 50 of epoch 2 may be different messages, so a reader that resumes after one of them must
/// not be told that it has missed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u16);
