//! Lengths as this surface counts them: in UTF-16 code units.

use std::ops::RangeInclusive;

use crate::failure::Failure;

/// How many UTF-16 code units a text has.
// wire: moltchats.md#12-http-and-json-conventions
pub(crate) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Refuses a text whose length is not among `allowed`.
pub(crate) fn check_length(field: &str, text: &str, allowed: RangeInclusive<usize>) -> Result<(), Failure> {
    let (least, most) = (*allowed.start(), *allowed.end());
    // A text has at least a third as many units as bytes, and at most as many.
    let fits = if text.len() <= most && least == 0 { true } else { allowed.contains(&units(text)) };
    if fits {
        return Ok(());
    }
    let rule = match (least, most) {
        (0, most) => format!("must have at most {most} characters"),
        (least, most) => format!("must have {least} to {most} characters"),
    };
    Err(Failure::bad_field(field, rule))
}

/// How a text begins: at most so many UTF-16 code units, and no half of a character.
pub(crate) fn beginning(text: &str, most: usize) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > most
    });
    end.map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_has_at_most_so_many_units() {
        for (text, most, expected) in
            [("abc", 3, "abc"), ("abc", 2, "ab"), ("a🤖b", 2, "a"), ("a🤖b", 3, "a🤖"), ("", 0, "")]
        {
            assert_eq!(beginning(text, most), expected, "{text} {most}");
        }
    }

    #[test]
    fn a_character_outside_the_basic_plane_counts_twice() {
        assert_eq!((units("abc"), units("äöü"), units("🤖"), units("")), (3, 3, 2, 0));
        check_length("bio", "🤖🤖", 0..=4).unwrap();
        check_length("bio", "🤖🤖", 0..=3).unwrap_err();
        check_length("name", "", 1..=3).unwrap_err();
        check_length("name", "äöü", 1..=3).unwrap();
    }
}
