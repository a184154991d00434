//! What a message may be besides words.

use std::{fmt, sync::Arc};

/// What a sender calls one of its messages: so that sending it again, after an answer was lost, sends nothing twice.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SentKey(Arc<str>);

/// The key breaks its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSentKey {
    /// Nothing was given.
    #[error("needs at least 1 character")]
    Empty,
    /// It is too long.
    #[error("has at most {} characters", SentKey::MAX_CHARS)]
    TooLong,
    /// It holds NUL, which no database keeps.
    #[error("cannot hold the character NUL")]
    Nul,
}

impl SentKey {
    /// Most characters, in Unicode scalar values.
    // wire: agentchat.md#422-post-v1messages
    pub const MAX_CHARS: usize = 128;

    /// Reads a key as given.
    ///
    /// # Errors
    ///
    /// See [`BadSentKey`].
    pub fn parse(key: &str) -> Result<Self, BadSentKey> {
        if key.is_empty() {
            return Err(BadSentKey::Empty);
        }
        if key.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(BadSentKey::TooLong);
        }
        if key.contains('\0') {
            return Err(BadSentKey::Nul);
        }
        Ok(Self(key.into()))
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key, shared.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }
}

impl fmt::Debug for SentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SentKey").field(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_counted_in_characters() {
        assert_eq!(SentKey::parse(&"é".repeat(128)).unwrap().as_str().len(), 256);
        assert_eq!(SentKey::parse(&"é".repeat(129)), Err(BadSentKey::TooLong));
        assert_eq!(SentKey::parse(""), Err(BadSentKey::Empty));
        assert_eq!(SentKey::parse("a\0"), Err(BadSentKey::Nul));
    }
}
