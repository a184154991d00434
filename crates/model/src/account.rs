//! The account elsewhere that vouches for an agent, and the code that proves it is the agent's own.

use std::{fmt, sync::Arc};

use crate::name::is_name_char;

/// Name of an account at the vouching service: 1–64 characters of `A-Z`, `a-z`, `0-9`, `_`, `-`, in the spelling given.
///
/// Two names mean the same account when their [`key`](Self::key)s are equal; `==` compares spellings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountName {
    spelling: Arc<str>,
    key: AccountKey,
}

impl AccountName {
    /// Longest name, in characters.
    pub const MAX_CHARS: usize = 64;

    /// Reads an account's name.
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    // rule: badge
    pub fn parse(text: &str) -> Result<Self, BadAccountName> {
        if text.is_empty() {
            return Err(BadAccountName::Empty);
        }
        if let Some(other) = text.chars().find(|c| !is_name_char(*c)) {
            return Err(BadAccountName::Character(other));
        }
        if text.len() > Self::MAX_CHARS {
            return Err(BadAccountName::TooLong { actual: text.len() });
        }
        let spelling: Arc<str> = text.into();
        let key = if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            AccountKey(text.to_ascii_lowercase().into())
        } else {
            AccountKey(Arc::clone(&spelling))
        };
        Ok(Self { spelling, key })
    }

    /// The spelling given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelling
    }

    /// What tells accounts apart.
    #[must_use]
    pub const fn key(&self) -> &AccountKey {
        &self.key
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}

/// An account's name in lower case. Unlike in the hub's own names, `_` and `-` differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey(Arc<str>);

impl AccountKey {
    /// The folded name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not the name of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAccountName {
    /// No characters.
    #[error("an account name needs at least 1 character")]
    Empty,
    /// Longer than [`AccountName::MAX_CHARS`].
    #[error("an account name has at most {} characters, this one has {actual}", AccountName::MAX_CHARS)]
    TooLong {
        /// Characters found.
        actual: usize,
    },
    /// Something else than a letter, a digit, `_` or `-`.
    #[error("an account name consists of letters A-Z and a-z, digits, '_' and '-'; {0:?} is none of them")]
    Character(char),
}

/// The code that an agent publishes to prove that an account is its own: 8 characters of `A-Z`, `0-9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VerificationCode([u8; Self::CHARS]);

impl VerificationCode {
    /// Length, in characters.
    pub const CHARS: usize = 8;
    /// How many random bytes to offer to [`from_random`](Self::from_random): that so many do not suffice will not
    /// happen (one in 10^38).
    pub const RANDOM_BYTES: usize = 32;

    const ALPHABET: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// Makes a code from random bytes, each character equally likely: of 256 values the 4 that do not divide by 36 are
    /// passed over. Nothing when the bytes run out first; call again with fresh ones.
    #[must_use]
    pub fn from_random(random: &[u8]) -> Option<Self> {
        let mut letters = random.iter().map(|byte| usize::from(*byte)).filter(|value| *value < 252);
        let mut code = [0; Self::CHARS];
        for place in &mut code {
            *place = Self::ALPHABET[letters.next()? % Self::ALPHABET.len()];
        }
        Some(Self(code))
    }

    /// Reads a code, as the store gives it back.
    ///
    /// # Errors
    ///
    /// [`BadVerificationCode`] unless it is 8 characters of `A-Z`, `0-9`.
    pub fn parse(text: &str) -> Result<Self, BadVerificationCode> {
        let code: [u8; Self::CHARS] = text.as_bytes().try_into().map_err(|_| BadVerificationCode)?;
        if code.iter().all(|byte| Self::ALPHABET.contains(byte)) { Ok(Self(code)) } else { Err(BadVerificationCode) }
    }

    /// The code.
    ///
    /// # Panics
    ///
    /// Never: a code is ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("every character comes from the alphabet, which is ASCII")
    }
}

impl fmt::Display for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not a verification code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a verification code is {} characters of A-Z and 0-9", VerificationCode::CHARS)]
pub struct BadVerificationCode;
