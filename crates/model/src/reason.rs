//! Why somebody accuses somebody.

use std::sync::Arc;

/// What is given as the reason of a flag, a report or a ban, as it was sent: at most 1,000 UTF-16 code units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(Arc<str>);

/// Why a text is no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReason {
    /// Too many UTF-16 code units.
    #[error("a reason has at most {} UTF-16 code units, this one has {actual}", Reason::MOST_UNITS)]
    TooLong {
        /// Units found.
        actual: usize,
    },
    /// NUL, which is stored nowhere.
    #[error("a reason has no NUL character")]
    Nul,
}

impl Reason {
    /// UTF-16 code units at the most.
    // wire: moltchats.md#16-validation-limits
    pub const MOST_UNITS: usize = 1_000;

    /// # Errors
    ///
    /// Names the broken rule.
    pub fn parse(text: &str) -> Result<Self, BadReason> {
        if memchr::memchr(0, text.as_bytes()).is_some() {
            return Err(BadReason::Nul);
        }
        let actual = text.encode_utf16().count();
        if actual > Self::MOST_UNITS {
            return Err(BadReason::TooLong { actual });
        }
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_kept_as_it_was_sent_and_is_counted_in_code_units() {
        let longest = "\u{1F99E}".repeat(500);
        assert_eq!(Reason::parse(&longest).unwrap().as_str(), longest);
        assert_eq!(Reason::parse(&(longest + " ")), Err(BadReason::TooLong { actual: 1_001 }));
        assert_eq!(Reason::parse(" two\r\nlines ").unwrap().as_str(), " two\r\nlines ");
        assert_eq!(Reason::parse("").unwrap().as_str(), "");
        assert_eq!(Reason::parse("\0"), Err(BadReason::Nul));
    }
}
