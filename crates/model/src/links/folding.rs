//! Reads the characters of a text as a browser reads those of a host, so that the rule sees one spelling.

/// A soft spot: in the original something stood here by which one reader ends a word and another does not. That is a
/// character without width, or the change from ASCII to another script (`example.com` directly before a Chinese word).
pub(super) const SOFT: char = '\0';

/// Folds a text:
///
/// - lower case; full-width, mathematical, circled and letter-like forms of Latin letters and digits become plain;
/// - every character that hosts take for a dot becomes `.`;
/// - characters without width vanish and leave at most a [`SOFT`] spot, inside a word or after an `@`;
/// - full-width `：／／` becomes `://`. Other full-width punctuation stays: it ends a host.
pub(super) fn fold(text: &str) -> String {
    let mut folded = Folded { text: String::with_capacity(text.len()), last: ' ', skipped: false };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            SOFT => folded.push(' '),
            '\u{ff1a}' if chars.peek().is_some_and(|next| matches!(next, '/' | '\u{ff0f}')) => folded.push(':'),
            '\u{ff0f}' if folded.text.ends_with(':') || folded.text.ends_with(":/") => folded.push('/'),
            c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            c if has_no_width(c) => folded.skipped = true,
            c => plain(c).to_lowercase().for_each(|c| folded.push(c)),
        }
    }
    folded.text
}

struct Folded {
    text: String,
    last: char,
    /// Something without width was left out since `last`.
    skipped: bool,
}

impl Folded {
    fn push(&mut self, c: char) {
        let script_changes = self.last.is_ascii() != c.is_ascii();
        let inside_word = is_label_char(c) && is_host_char(self.last);
        let after_at = self.last == '@' && self.skipped;
        if after_at || (inside_word && (self.skipped || script_changes)) {
            self.text.push(SOFT);
        }
        self.text.push(c);
        self.last = c;
        self.skipped = false;
    }
}

/// What may stand in a host in its widest reading, its dots and soft spots included.
pub(super) const fn is_host_char(c: char) -> bool {
    matches!(c, '.' | SOFT) || is_label_char(c)
}

/// What may stand between the dots. Outside ASCII that is everything but white space, controls and punctuation: hosts
/// in other scripts exist, and so do some of emoji.
pub(super) const fn is_label_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    }
    !matches!(c,
        '\u{80}'..='\u{bf}' // controls, no-break space, marks of Western languages
        | '\u{d7}' | '\u{f7}' // multiplication, division
        | '\u{1680}' | '\u{2000}'..='\u{206f}' // spaces, dashes, quotation marks, ellipsis
        | '\u{3000}'..='\u{303f}' // East Asian punctuation
        | '\u{fe10}'..='\u{fe1f}' | '\u{fe30}'..='\u{fe6f}' // its vertical and small forms
        | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' // its full-width forms
        | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}'
        | '\u{fffd}')
}

/// Characters that show nothing by themselves: joiners, spaces of no width, fillers, direction marks, variation selectors,
/// tags.
const fn has_no_width(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// The plain form of a character that hosts take for another one.
fn plain(c: char) -> char {
    match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' | '\u{fe52}' => '.',
        '\u{2010}' | '\u{2011}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => nth(c, 0xff01, '!', 94),
        '\u{1d400}'..='\u{1d6a3}' => mathematical(c),
        '\u{1d7ce}'..='\u{1d7ff}' => nth(c, 0x1d7ce, '0', 10),
        '\u{24b6}'..='\u{24cf}' => nth(c, 0x24b6, 'a', 26),
        '\u{24d0}'..='\u{24e9}' => nth(c, 0x24d0, 'a', 26),
        '\u{1f130}'..='\u{1f149}' => nth(c, 0x1f130, 'a', 26),
        c => letter_like(c),
    }
}

/// The character as far from `first` as `c` is from `start`, counted round in circles of `size`.
fn nth(c: char, start: u32, first: char, size: u32) -> char {
    char::from_u32(u32::from(first) + (u32::from(c) - start) % size).unwrap_or(c)
}

/// Mathematical alphabets: each of 26 capital and 26 small letters.
fn mathematical(c: char) -> char {
    nth(c, 0x1d400, 'a', 26)
}

/// Letters with a code point of their own where an alphabet would have another one: superscripts, script and
/// double-struck letters, long s.
const fn letter_like(c: char) -> char {
    match c {
        '\u{aa}' => 'a',
        '\u{212c}' => 'b',
        '\u{2102}' | '\u{212d}' => 'c',
        '\u{2145}' | '\u{2146}' => 'd',
        '\u{212f}' | '\u{2130}' | '\u{2147}' => 'e',
        '\u{2131}' => 'f',
        '\u{210a}' => 'g',
        '\u{210b}'..='\u{210e}' => 'h',
        '\u{2110}' | '\u{2111}' | '\u{2139}' | '\u{2148}' | '\u{2071}' => 'i',
        '\u{2149}' => 'j',
        '\u{2112}' | '\u{2113}' => 'l',
        '\u{2133}' => 'm',
        '\u{2115}' | '\u{207f}' => 'n',
        '\u{ba}' | '\u{2134}' => 'o',
        '\u{2119}' => 'p',
        '\u{211a}' => 'q',
        '\u{211b}'..='\u{211d}' => 'r',
        '\u{17f}' => 's',
        '\u{2124}' | '\u{2128}' => 'z',
        c => c,
    }
}
