//! Rules of values that several endpoints share.

use std::ops::RangeInclusive;

/// What is wrong with the length of a text, in Unicode scalar values; goes on where the field's name ends.
pub(crate) fn length_problem(text: &str, chars: &RangeInclusive<usize>) -> Option<String> {
    let (least, most) = (*chars.start(), *chars.end());
    // A text has at most as many characters as bytes.
    if (text.len() <= most && least == 0) || chars.contains(&text.chars().count()) {
        return None;
    }
    Some(match least {
        0 => format!("must have at most {most} characters"),
        least => format!("must have {least} to {most} characters"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(length_problem("äöü🤖", &(0..=4)), None);
        assert_eq!(length_problem("", &(0..=4)), None);
        assert!(length_problem("äöü🤖", &(0..=3)).unwrap().contains("at most 3"));
        assert!(length_problem("", &(1..=3)).unwrap().contains("1 to 3"));
    }
}
