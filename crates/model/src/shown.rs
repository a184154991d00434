//! Texts as terminals and logs show them.
//!
//! A stored text may come from a place that keeps it as sent, and may hold characters that move a cursor, colour a
//! terminal, forge a log line or turn the order of letters around. Shown, they become visible: `\u{1b}`. Everything
//! else passes unchanged. This is no markup escape; pages have their template engine for that.

use std::fmt::{self, Write as _};

use crate::text::turns_direction;

/// A text whose `Display` is harmless. Borrowed; nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct ShownText<'a> {
    text: &'a str,
    lines: Lines,
}

#[derive(Clone, Copy, Debug)]
enum Lines {
    Kept,
    Escaped,
}

impl<'a> ShownText<'a> {
    /// Keeps line feeds and tabs.
    #[must_use]
    pub const fn with_lines(text: &'a str) -> Self {
        Self { text, lines: Lines::Kept }
    }

    /// For a log or a table: shows line feeds, tabs and the separators U+2028 and U+2029 as well.
    #[must_use]
    pub const fn on_one_line(text: &'a str) -> Self {
        Self { text, lines: Lines::Escaped }
    }

    fn passes(self, c: char) -> bool {
        match c {
            '\n' | '\t' | '\u{2028}' | '\u{2029}' => matches!(self.lines, Lines::Kept),
            c => !c.is_control() && !turns_direction(c),
        }
    }
}

impl fmt::Display for ShownText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.text;
        while let Some(at) = rest.find(|c| !self.passes(c)) {
            let (sound, tail) = rest.split_at(at);
            f.write_str(sound)?;
            let mut tail = tail.chars();
            if let Some(c) = tail.next() {
                c.escape_unicode().try_for_each(|c| f.write_char(c))?;
            }
            rest = tail.as_str();
        }
        f.write_str(rest)
    }
}
