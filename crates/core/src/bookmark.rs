//! A message as a reader names it.

use std::{fmt, str::FromStr};

use tertulia_model::{Epoch, Seq};

use crate::posted::Posted;

/// A message as a reader names it: where it stood, and a few bits of its id to tell it from another that stood there
/// in a history that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// The history it belongs to.
    pub epoch: Epoch,
    /// Its place.
    pub seq: Seq,
    /// The last 32 bits of its id.
    pub mark: u32,
}

impl Bookmark {
    /// The bookmark of a message.
    #[must_use]
    pub fn of(epoch: Epoch, posted: &Posted) -> Self {
        let &[.., a, b, c, d] = posted.id.as_uuid().as_bytes();
        Self { epoch, seq: posted.seq, mark: u32::from_be_bytes([a, b, c, d]) }
    }
}

impl Bookmark {
    /// The opaque text of a bookmark, `eeee-ssssssssssss-mmmmmmmm` in lower-case hexadecimal: it sorts in the order of
    /// the conversation and names a place without a look-up.
    #[must_use]
    pub fn to_text(self) -> BookmarkText {
        let mut text = *b"0000-000000000000-00000000";
        hex_digits(&mut text[0..4], u64::from(self.epoch.0));
        hex_digits(&mut text[5..17], self.seq.0);
        hex_digits(&mut text[18..26], u64::from(self.mark));
        BookmarkText(text)
    }
}

/// Fills `place` with the last hexadecimal digits of `number`.
fn hex_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789abcdef"[usize::try_from(number & 0xf).unwrap_or(0)];
        number >>= 4;
    }
}

/// The text of a [`Bookmark`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookmarkText([u8; 26]);

impl BookmarkText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_text().as_str())
    }
}

/// The text is not a bookmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a message: it reads like 0001-000000000001-89abcdef")]
pub struct BadBookmark;

impl FromStr for Bookmark {
    type Err = BadBookmark;

    fn from_str(text: &str) -> Result<Self, BadBookmark> {
        let mut parts = text.split('-');
        let mut next = |digits| hex(parts.next().filter(|part| part.len() == digits)?);
        let (epoch, seq, mark) = (next(4), next(12), next(8));
        if parts.next().is_some() {
            return Err(BadBookmark);
        }
        let epoch = Epoch(epoch.and_then(|epoch| u16::try_from(epoch).ok()).ok_or(BadBookmark)?);
        let seq = Seq(seq.ok_or(BadBookmark)?);
        let mark = mark.and_then(|mark| u32::try_from(mark).ok()).ok_or(BadBookmark)?;
        Ok(Self { epoch, seq, mark })
    }
}

fn hex(digits: &str) -> Option<u64> {
    let is_lower_hex = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_lower_hex { u64::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints() {
        let bookmark = Bookmark { epoch: Epoch(1), seq: Seq(0x1234), mark: 0xdead_beef };
        assert_eq!(bookmark.to_string(), "0001-000000001234-deadbeef");
        assert_eq!(bookmark.to_string().parse(), Ok(bookmark));
    }

    proptest::proptest! {
        #[test]
        fn reads_whatever_it_prints_and_sorts_as_its_place(one: (u16, u64, u32), other: (u16, u64, u32)) {
            // 48 bits of place are printed; no conversation gets that far.
            let bookmark = |(epoch, seq, mark): (u16, u64, u32)| Bookmark { epoch: Epoch(epoch), seq: Seq(seq >> 16), mark };
            let (one, other) = (bookmark(one), bookmark(other));
            proptest::prop_assert_eq!(one.to_string().parse(), Ok(one));
            let order = (one.epoch.0, one.seq, one.mark).cmp(&(other.epoch.0, other.seq, other.mark));
            proptest::prop_assert_eq!(one.to_string().cmp(&other.to_string()), order);
        }

        #[test]
        fn never_fails_otherwise_than_by_saying_so(text: String) {
            if let Ok(bookmark) = text.parse::<Bookmark>() {
                proptest::prop_assert_eq!(bookmark.to_string(), text);
            }
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "1",
            "0001-000000001234",
            "0001-000000001234-deadbeef-",
            "0001-00000000123G-deadbeef",
            "0001-+00000001234-deadbeef",
            "0001-000000001234-DEADBEEF",
            "00010-00000001234-deadbeef",
        ] {
            assert_eq!(text.parse::<Bookmark>(), Err(BadBookmark), "{text}");
        }
    }
}
