//! Who is named in a text: `@` and a name.

use crate::{Name, NameKey};

/// The names that `text` mentions, in order, each as often as it does. A mention is the longest run of the characters
/// of names behind an `@` that does not itself follow such a character, a dot or an `@`, as in `some.one@example.org`.
pub fn mentions(text: &str) -> impl Iterator<Item = NameKey> {
    mentioned(text).filter_map(NameKey::of)
}

/// The same as they are written, whether or not anybody could be called so.
pub fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'@', bytes).filter_map(move |at| {
        if at > 0 && (is_of_a_name(bytes[at - 1]) || matches!(bytes[at - 1], b'.' | b'@')) {
            return None;
        }
        let length = bytes[at + 1..].iter().take(Name::MAX_CHARS + 1).take_while(|byte| is_of_a_name(**byte)).count();
        Some(&text[at + 1..at + 1 + length])
    })
}

const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<String> {
        mentions(text).map(|key| key.to_string()).collect()
    }

    #[test]
    fn a_mention_is_the_longest_run_behind_an_at() {
        for (text, expected) in [
            ("", &[][..]),
            ("@", &[]),
            ("@ada", &["ada"]),
            ("hello @Ada_L, and @bob.", &["ada-l", "bob"]),
            ("(@ada)@bob", &["ada", "bob"]),
            ("@@ada", &[]),
            ("some.@ada", &[]),
            ("é@ada", &["ada"]),
            ("@adaé", &["ada"]),
            ("ada@example.org", &[]),
            ("@a", &[]),
            ("@ ada", &[]),
            ("@ada @ada", &["ada", "ada"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        let longest = "a".repeat(64);
        assert_eq!(found(&format!("@{longest}")), [longest.as_str()]);
        assert!(found(&format!("@{longest}a")).is_empty());
    }

    proptest! {
        #[test]
        fn every_name_behind_a_space_and_an_at_is_found(name in "[A-Za-z0-9_-]{2,64}", before in "[^@]{0,20}") {
            let key = NameKey::of(&name).unwrap();
            let last = mentions(&format!("{before} @{name}")).last();
            prop_assert_eq!(last, Some(key));
        }

        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let _ = mentions(&text).count();
        }
    }
}
