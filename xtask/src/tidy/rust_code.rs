//! Rust without its words: comments and literals blanked, so that a search finds code only.

/// `source` with every byte of comments, strings and character literals replaced by a space; lines stay where they are.
pub(super) fn code_only(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = at + literal_length(bytes, at);
        if end == at {
            code.push(bytes[at]);
            at += 1;
        } else {
            code.extend(bytes[at..end].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
            at = end;
        }
    }
    String::from_utf8(code).expect("whole literals of a valid text are blanked, so what is left is valid")
}

/// Length of the comment or literal that begins at `at`, 0 when none does.
fn literal_length(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment_length(rest),
        [b'"', ..] => quoted_length(rest, b'"'),
        [b'\'', b'\\', ..] => quoted_length(rest, b'\''),
        [b'\'', ..] => character_length(rest),
        [b'r', b'#' | b'"', ..] if begins_word(bytes, at) => raw_string_length(rest),
        _ => 0,
    }
}

fn block_comment_length(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

/// Up to and with the closing `quote`; a backslash takes the next byte with it.
fn quoted_length(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A character literal closes after one character; otherwise the quote begins a lifetime.
fn character_length(rest: &[u8]) -> usize {
    let width = match rest.get(1) {
        Some(first) if *first >= 0xf0 => 4,
        Some(first) if *first >= 0xe0 => 3,
        Some(first) if *first >= 0xc0 => 2,
        _ => 1,
    };
    if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 0 }
}

/// `r"…"`, `r#"…"#` and so on; 0 for a raw identifier such as `r#type`.
fn raw_string_length(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = hashes + 2;
    rest[body..]
        .windows(close.len())
        .position(|window| window == close)
        .map_or(rest.len(), |end| body + end + close.len())
}

/// Whether a word begins at `at`, or at the `b` or `c` before it.
fn begins_word(bytes: &[u8], at: usize) -> bool {
    let is_word = |index: usize| bytes[index].is_ascii_alphanumeric() || bytes[index] == b'_';
    match at {
        0 => true,
        1 => !is_word(0) || matches!(bytes[0], b'b' | b'c'),
        _ => !is_word(at - 1) || (matches!(bytes[at - 1], b'b' | b'c') && !is_word(at - 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_code(source: &str, words: &[&str]) {
        assert_eq!(code_only(source).split_whitespace().collect::<Vec<_>>(), words, "{source}");
    }

    #[test]
    fn comments_are_blank() {
        assert_code("a // b\nc /* d /* e */ f */ g", &["a", "c", "g"]);
    }

    #[test]
    fn literals_are_blank_and_lifetimes_stay() {
        assert_code(r#"a "b \" c" d"#, &["a", "d"]);
        assert_code("a r#\"b \" c\"# d br\"e\" r#type", &["a", "d", "b", "r#type"]);
        assert_code("'x' &'a str '\\'' 'ä' b", &["&'a", "str", "b"]);
    }

    #[test]
    fn lines_stay_where_they_are() {
        let source = "a\n\"b\nc\"\nd";

        assert_eq!(code_only(source).lines().position(|line| line == "d"), Some(3));
    }
}
