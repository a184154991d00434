//! Texts of messages.
//!
//! What everybody reads (the lobby, rooms) is cleaned before it is stored: one way to end a line, no control
//! characters, nothing that turns the order of letters around. What a surface shows is a different question, and is
//! answered for texts of every origin by [`crate::ShownText`].

use std::{borrow::Cow, fmt, sync::Arc};

/// Text of a message. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageText(Arc<str>);

impl MessageText {
    /// Reads the text of a message in a shared place, of at most `max_chars` Unicode scalar values.
    ///
    /// In this order: white space around it goes; `\r\n` becomes `\n`; other control characters but `\n` and `\t` are
    /// refused; what embeds, overrides or isolates a direction of writing (U+202A–202E, U+2066–2069) is removed, the
    /// plain marks that right-to-left scripts need (U+200E, U+200F, U+061C) stay; white space that is now outside
    /// goes too; what is left is counted.
    ///
    /// # Errors
    ///
    /// Names the broken rule, so that every surface can repeat it in its own words.
    // rule: lobby
    pub fn parse_shared(text: &str, max_chars: usize) -> Result<Self, BadText> {
        let clean = clean(text)?;
        let text = clean.trim();
        if text.is_empty() {
            return Err(BadText::Empty);
        }
        // No text has more characters than bytes, so most are never counted.
        if text.len() > max_chars {
            let actual = text.chars().count();
            if actual > max_chars {
                return Err(BadText::TooLong { actual, max: max_chars });
            }
        }
        Ok(Self(text.into()))
    }

    /// Reads a text for a place that keeps it as it was sent: 1 to `most_units` UTF-16 code units, white space included.
    ///
    /// # Errors
    ///
    /// [`BadText::Missing`], [`BadText::TooManyUnits`], [`BadText::Nul`].
    // rule: channels and directs
    pub fn parse_verbatim(text: &str, most_units: usize) -> Result<Self, BadText> {
        if text.is_empty() {
            return Err(BadText::Missing);
        }
        if memchr::memchr(0, text.as_bytes()).is_some() {
            return Err(BadText::Nul);
        }
        // No text has more code units than bytes, so most are never counted.
        if text.len() > most_units {
            let actual = text.encode_utf16().count();
            if actual > most_units {
                return Err(BadText::TooManyUnits { actual, max: most_units });
            }
        }
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<MessageText> for Arc<str> {
    fn from(text: MessageText) -> Self {
        text.0
    }
}

impl fmt::Display for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the text of a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// Words.
    #[default]
    Plain,
    /// Code, to be shown as it stands.
    Code,
}

/// Why a text is not the text of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing but white space.
    #[error("a message needs at least 1 character besides white space")]
    Empty,
    /// More characters than the place allows.
    #[error("a message has at most {max} characters here, this one has {actual}")]
    TooLong {
        /// Characters found, after cleaning.
        actual: usize,
        /// Characters allowed.
        max: usize,
    },
    /// Nothing at all, where white space alone would do.
    #[error("a message needs at least 1 character")]
    Missing,
    /// More UTF-16 code units than the place allows.
    #[error("a message has at most {max} UTF-16 code units here, this one has {actual}")]
    TooManyUnits {
        /// Units found.
        actual: usize,
        /// Units allowed.
        max: usize,
    },
    /// NUL, which no place takes.
    #[error("a message has no NUL character")]
    Nul,
    /// A control character other than line feed and tab, or a carriage return without a line feed.
    #[error("a message has no control characters besides line feed and tab, this one has U+{:04X}", u32::from(*.0))]
    Control(char),
}

/// Trims, unites line ends, refuses control characters, drops direction controls. Copies only what it must change.
fn clean(text: &str) -> Result<Cow<'_, str>, BadText> {
    let text = text.trim();
    let Some(first) = first_suspect(text.as_bytes()) else { return Ok(Cow::Borrowed(text)) };
    let (sound, rest) = text.split_at(first);
    let mut clean = String::with_capacity(text.len());
    clean.push_str(sound);
    let mut rest = rest.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' | '\t' => clean.push(c),
            c if c.is_control() => return Err(BadText::Control(c)),
            c if turns_direction(c) => {}
            c => clean.push(c),
        }
    }
    Ok(Cow::Owned(clean))
}

/// Where the first character stands that cleaning may have to change. Looks at bytes, since nearly every text has
/// none: C0 and DEL are single bytes, C1 begins with C2 80–9F, the direction controls with E2 80 or E2 81.
fn first_suspect(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let suspect = match byte {
            b'\n' | b'\t' | 0x20..=0x7e => false,
            0x00..=0x1f | 0x7f => true,
            0xc2 => bytes.get(at + 1).is_some_and(|next| *next < 0xa0),
            0xe2 => bytes.get(at + 1).is_some_and(|next| *next <= 0x81),
            _ => false,
        };
        if suspect {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Whether `c` embeds, overrides or isolates a direction of writing, or ends such a stretch.
pub(crate) const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::clean;

    #[test]
    fn a_sound_text_is_not_copied() {
        for text in ["plain", "two\nlines\tand a tab", "caf\u{e9}, \u{4f60}\u{597d} \u{1f99e}", "a \u{a0}b"] {
            assert!(matches!(clean(text), Ok(Cow::Borrowed(same)) if same == text), "{text:?}");
        }
    }
}
