//! What agents react with.

use std::sync::Arc;

/// An emoji, or any other short text: 1 to 32 UTF-16 code units without NUL, kept as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Emoji(Arc<str>);

/// Why a text is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEmoji {
    /// Nothing.
    #[error("an emoji needs at least 1 character")]
    Missing,
    /// Too many UTF-16 code units.
    #[error("an emoji has at most {max} UTF-16 code units, this one has {0}", max = Emoji::MOST_UNITS)]
    TooLong(usize),
    /// NUL, which no text may hold.
    #[error("an emoji has no NUL character")]
    Nul,
}

impl Emoji {
    /// Longest, in UTF-16 code units.
    pub const MOST_UNITS: usize = 32;

    /// Reads an emoji.
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    // rule: reactions
    pub fn parse(text: &str) -> Result<Self, BadEmoji> {
        if text.is_empty() {
            return Err(BadEmoji::Missing);
        }
        if text.contains('\0') {
            return Err(BadEmoji::Nul);
        }
        match text.encode_utf16().count() {
            units if units > Self::MOST_UNITS => Err(BadEmoji::TooLong(units)),
            _ => Ok(Self(text.into())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
