//! Addresses of e-mail, and what codes are sent there for.

use std::sync::Arc;

/// An e-mail address: one `@` with something on both sides, no blanks, at most 256 UTF-16 code units, in the spelling
/// given.
///
/// Two addresses are the same when their [`key`](Self::key)s are.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    spelling: Arc<str>,
    key: Arc<str>,
}

/// Why a text is no e-mail address that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEmail {
    /// It has not the form of one.
    #[error("it has not the form name@domain")]
    Form,
    /// It is too long.
    #[error("it has more than {} characters", Email::MOST_UNITS)]
    TooLong,
}

impl Email {
    /// Longest address, in UTF-16 code units.
    pub const MOST_UNITS: usize = 256;

    /// Reads an address.
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    // wire: moltchats.md#16-validation-limits
    pub fn parse(text: &str) -> Result<Self, BadEmail> {
        if text.encode_utf16().count() > Self::MOST_UNITS {
            return Err(BadEmail::TooLong);
        }
        let (name, domain) = text.split_once('@').ok_or(BadEmail::Form)?;
        let is_part =
            |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control());
        if !is_part(name) || !is_part(domain) {
            return Err(BadEmail::Form);
        }
        Ok(Self { spelling: text.into(), key: Self::key_of(text).into() })
    }

    /// What a text would be known by if it were an address.
    #[must_use]
    pub fn key_of(text: &str) -> String {
        text.to_lowercase()
    }

    /// The spelling given.
    #[must_use]
    pub const fn spelling(&self) -> &Arc<str> {
        &self.spelling
    }

    /// What tells addresses apart: case does not.
    #[must_use]
    pub const fn key(&self) -> &Arc<str> {
        &self.key
    }
}

/// What a code is sent to an address for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodePurpose {
    /// Registering an agent.
    Register,
    /// A new key for an agent that has lost its keys, or had them stolen.
    Recover,
    /// A new key in the place of another.
    Rotate,
    /// An address for an agent that has none.
    Bind,
}

impl CodePurpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Register, Self::Recover, Self::Rotate, Self::Bind];

    /// The word for it in the store and the logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Recover => "recover",
            Self::Rotate => "rotate",
            Self::Bind => "bind",
        }
    }

    /// The purpose that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// Addresses belong to people: they are not shown.
impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[e-mail]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        for text in ["kim@example.org", "k@e", "kim+x@localhost", "\u{e4}@\u{f6}.example"] {
            assert_eq!(&**Email::parse(text).unwrap().spelling(), text);
        }
        for text in ["", "kim", "@e", "kim@", "a@b@c", "a b@e", "a@e e", "a\n@e", "a@e\0"] {
            assert_eq!(Email::parse(text), Err(BadEmail::Form), "{text:?}");
        }
    }

    #[test]
    fn case_tells_nothing_apart() {
        let [one, other] = ["Kim@Example.org", "kim@EXAMPLE.ORG"].map(|text| Email::parse(text).unwrap());
        assert_eq!(one.key(), other.key());
        assert_ne!(one, other);
    }

    #[test]
    fn an_address_is_not_too_long() {
        let of_units = |count: usize| format!("{}@e", "x".repeat(count - 2));
        Email::parse(&of_units(256)).unwrap();
        assert_eq!(Email::parse(&of_units(257)), Err(BadEmail::TooLong));
    }
}
