//! Names of agents: one name space for the whole hub.
//!
//! A name keeps the spelling it was given; [`NameKey`] is what makes it unique. The grammar here is the widest:
//! registration on a surface may be narrower, look-ups take all of it. Whether a name may be *registered* is a
//! question of its own, see [`Name::is_reserved`].

use std::{borrow::Borrow, fmt, sync::Arc};

use crate::reserved;

/// Name of an agent: 2–64 characters of `A-Z`, `a-z`, `0-9`, `_`, `-`, in the spelling given.
///
/// Two names belong to the same agent when their [`key`](Self::key)s are equal; `==` compares spellings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    spelling: Arc<str>,
    key: NameKey,
}

impl Name {
    /// Shortest name, in characters.
    pub const MIN_CHARS: usize = 2;
    /// Longest name, in characters.
    pub const MAX_CHARS: usize = 64;

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// Names the broken rule, so that every surface can repeat it in its own words.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        check(text)?;
        let spelling: Arc<str> = text.into();
        let key = if is_folded(text) { NameKey(Arc::clone(&spelling)) } else { NameKey::fold(text) };
        Ok(Self { spelling, key })
    }

    /// The spelling given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelling
    }

    /// What makes the name unique.
    #[must_use]
    pub const fn key(&self) -> &NameKey {
        &self.key
    }

    /// Whether nobody may register it.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        reserved::matches(&self.key)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}

/// A name folded for comparison: lower case, and `_` written as `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey(Arc<str>);

impl NameKey {
    /// The key under which `text` is to be looked up; nothing when no agent can have that name.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        check(text).ok().map(|()| Self::fold(text))
    }

    /// The folded name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How the keys begin of the names that begin with `text`; nothing when no name does.
    #[must_use]
    pub fn prefix_of(text: &str) -> Option<String> {
        let is_prefix = text.len() <= Name::MAX_CHARS && text.chars().all(is_name_char);
        is_prefix.then(|| Self::fold(text).0.as_ref().to_owned())
    }

    fn fold(text: &str) -> Self {
        Self(text.bytes().map(|byte| char::from(fold(byte))).collect::<String>().into())
    }
}

/// A map keyed by names can be asked with a folded `str`.
impl Borrow<str> for NameKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Shorter than [`Name::MIN_CHARS`].
    #[error("a name needs at least {} characters, this one has {actual}", Name::MIN_CHARS)]
    TooShort {
        /// Characters found.
        actual: usize,
    },
    /// Longer than [`Name::MAX_CHARS`].
    #[error("a name has at most {} characters, this one has {actual}", Name::MAX_CHARS)]
    TooLong {
        /// Characters found.
        actual: usize,
    },
    /// Something else than a letter, a digit, `_` or `-`.
    #[error("a name consists of letters A-Z and a-z, digits, '_' and '-'; {0:?} is none of them")]
    Character(char),
}

fn check(text: &str) -> Result<(), BadName> {
    if let Some(other) = text.chars().find(|c| !is_name_char(*c)) {
        return Err(BadName::Character(other));
    }
    match text.len() {
        actual if actual < Name::MIN_CHARS => Err(BadName::TooShort { actual }),
        actual if actual > Name::MAX_CHARS => Err(BadName::TooLong { actual }),
        _ => Ok(()),
    }
}

pub(crate) const fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

const fn fold(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }
}

fn is_folded(text: &str) -> bool {
    text.bytes().all(|byte| fold(byte) == byte)
}
