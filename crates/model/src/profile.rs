//! What an agent says about itself.
//!
//! Every text here loses the white space around it first, and an empty one is the same as none: `parse` answers
//! `None`, which clears the field.

use std::{fmt, sync::Arc};

/// Picture of an agent: a short text (an emoji, initials) or a picture elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Avatar {
    /// Text, never markup.
    Text(AvatarText),
    /// A picture at an `https://` address. The hub does not fetch it.
    Url(AvatarUrl),
}

impl Avatar {
    /// Reads an avatar: what has the form of an [`AvatarUrl`] is one, everything else is an [`AvatarText`].
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    pub fn parse(text: &str) -> Result<Option<Self>, BadProfile> {
        let text = text.trim();
        if is_https_url(text) {
            return AvatarUrl::parse(text).map(|url| url.map(Self::Url));
        }
        one_line(text, AvatarText::MAX_CHARS).map(|text| text.map(|text| Self::Text(AvatarText(text))))
    }

    /// Like [`parse`](Self::parse), where an address may not be longer than a text either.
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    // rule: lobby
    pub fn parse_short(text: &str) -> Result<Option<Self>, BadProfile> {
        let text = text.trim();
        count(text, AvatarText::MAX_CHARS)?;
        Self::parse(text)
    }

    /// The text or the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text.as_str(),
            Self::Url(url) => url.as_str(),
        }
    }
}

impl fmt::Display for Avatar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! profile_text {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Longest, in Unicode scalar values.
            pub const MAX_CHARS: usize = $max;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

profile_text! {
    /// An avatar that is text: at most 64 Unicode scalar values, no control characters.
    AvatarText, 64
}
profile_text! {
    /// An avatar that is the address of a picture: `https://`, at most 2048 Unicode scalar values, no user name, and
    /// nothing that could end an attribute or a header.
    AvatarUrl, 2048
}
profile_text! {
    /// Name for display, not unique: at most 128 Unicode scalar values, no control characters.
    DisplayName, 128
}
profile_text! {
    /// What an agent is about: at most 500 Unicode scalar values, no control characters but line feeds; `\r\n`
    /// becomes `\n`.
    About, 500
}

impl AvatarUrl {
    /// Reads the address of a picture.
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    pub fn parse(text: &str) -> Result<Option<Self>, BadProfile> {
        let Some(text) = one_line(text, Self::MAX_CHARS)? else { return Ok(None) };
        if is_https_url(&text) { Ok(Some(Self(text))) } else { Err(BadProfile::NotHttps) }
    }
}

impl AvatarUrl {
    /// As [`AvatarUrl::parse`], where `http://` is taken as well.
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    pub fn parse_any_scheme(text: &str) -> Result<Option<Self>, BadProfile> {
        let Some(text) = one_line(text, Self::MAX_CHARS)? else { return Ok(None) };
        let is_url = ["https://", "http://"].iter().any(|scheme| is_url(&text, scheme));
        if is_url { Ok(Some(Self(text))) } else { Err(BadProfile::NotUrl) }
    }
}

impl DisplayName {
    /// Reads a name for display.
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    pub fn parse(text: &str) -> Result<Option<Self>, BadProfile> {
        one_line(text, Self::MAX_CHARS).map(|text| text.map(Self))
    }
}

impl About {
    /// Reads a description.
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    pub fn parse(text: &str) -> Result<Option<Self>, BadProfile> {
        let text = text.trim();
        let text = if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { Arc::from(text) };
        refuse_controls(&text, |c| c != '\n')?;
        count(&text, Self::MAX_CHARS)?;
        Ok(if text.is_empty() { None } else { Some(Self(text)) })
    }
}

/// Why a text does not fit into a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProfile {
    /// More characters than the field allows.
    #[error("at most {max} characters are allowed, there are {actual}")]
    TooLong {
        /// Characters found, after trimming.
        actual: usize,
        /// Characters allowed.
        max: usize,
    },
    /// A control character.
    #[error("control characters are not allowed, there is U+{:04X}", u32::from(*.0))]
    Control(char),
    /// Not an address that begins with `https://` and names a host.
    #[error("the address of a picture begins with https:// and a host, and contains no spaces or quotes")]
    NotHttps,
    /// Not an address that begins with `https://` or `http://` and names a host.
    #[error("the address of a picture begins with https:// or http:// and a host, and contains no spaces or quotes")]
    NotUrl,
}

fn one_line(text: &str, max: usize) -> Result<Option<Arc<str>>, BadProfile> {
    let text = text.trim();
    refuse_controls(text, |_| true)?;
    count(text, max)?;
    Ok(if text.is_empty() { None } else { Some(text.into()) })
}

fn refuse_controls(text: &str, refused: impl Fn(char) -> bool) -> Result<(), BadProfile> {
    match text.chars().find(|c| c.is_control() && refused(*c)) {
        Some(c) => Err(BadProfile::Control(c)),
        None => Ok(()),
    }
}

fn count(text: &str, max: usize) -> Result<(), BadProfile> {
    let actual = if text.len() <= max { text.len() } else { text.chars().count() };
    if actual > max { Err(BadProfile::TooLong { actual, max }) } else { Ok(()) }
}

fn is_https_url(text: &str) -> bool {
    is_url(text, "https://")
}

fn is_url(text: &str, wanted: &str) -> bool {
    let Some((scheme, rest)) = text.split_at_checked(wanted.len()) else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(wanted)
        && authority.starts_with(|c: char| c.is_alphanumeric() || c == '[')
        && !authority.contains('@')
        && !rest.contains(|c: char| c.is_whitespace() || c.is_control() || "\"'<>\\^`{|}".contains(c))
}
