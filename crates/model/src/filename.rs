//! What files are called by strangers, as it may be shown.

use crate::text::turns_direction;

/// A name that leads nowhere and shows itself as it is: without separators of paths, without what is special to a file
/// system or a shell's pattern, and without what turns the direction of writing.
#[must_use]
pub fn harmless_filename(name: &str) -> String {
    name.chars().map(|character| if is_unfit(character) { '_' } else { character }).collect()
}

fn is_unfit(character: char) -> bool {
    turns_direction(character) || character.is_control() || "/\\:*?\"<>|".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_is_read_as_it_is_written() {
        for (name, shown) in [
            ("notes 1.txt", "notes 1.txt"),
            ("é.txt", "é.txt"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("a\u{202e}txt.exe", "a_txt.exe"),
            ("a\r\n\"<b>\"", "a____b__"),
        ] {
            assert_eq!(harmless_filename(name), shown);
        }
    }
}
