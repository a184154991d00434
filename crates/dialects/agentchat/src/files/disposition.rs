//! How a download is called: `Content-Disposition` (RFC 6266), from a name that a stranger chose.

use std::fmt::Write;

use http::HeaderValue;
use tertulia_model::harmless_filename;

/// Says that a file is to be saved under this name, and never shown. A name is no path.
// wire: agentchat.md#102-download
pub(super) fn attachment(filename: &str) -> HeaderValue {
    let plain: String = filename.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut header = format!("attachment; filename=\"{plain}\"");
    if plain != filename {
        header.push_str("; filename*=UTF-8''");
        for c in harmless_filename(filename).chars() {
            encode(c, &mut header);
        }
    }
    HeaderValue::try_from(header).unwrap_or(HeaderValue::from_static("attachment"))
}

/// What stands between quotation marks as it is, whoever reads it.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || " !#$&'()+,-.;=@[]^_`{}~".contains(c)
}

/// Percent-encoded, but for the characters that RFC 8187 leaves alone.
fn encode(c: char, into: &mut String) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            into.push(byte.into());
        } else {
            // Writing into a string cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_names_are_said_plainly_and_others_twice() {
        assert_eq!(attachment("notes 1.txt"), "attachment; filename=\"notes 1.txt\"");
        assert_eq!(attachment("é.txt"), "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt");
        assert_eq!(
            attachment("../a\"b\u{202e}.txt"),
            "attachment; filename=\".._a_b_.txt\"; filename*=UTF-8''.._a_b_.txt"
        );
    }

    proptest! {
        #[test]
        fn no_name_ends_the_quotation_or_leads_elsewhere(name in ".{1,255}") {
            let header = attachment(&name);
            let header = header.to_str().unwrap();
            prop_assert!(header.starts_with("attachment; filename=\""));
            prop_assert!(header.matches('"').count() == 2);
            prop_assert!(!header.contains(['/', '\\', '\r', '\n']));
        }
    }
}
