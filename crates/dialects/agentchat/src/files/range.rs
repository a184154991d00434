//! Which bytes a request asks for (RFC 9110, section 14).

use tertulia_objects::Part;

/// The one range that `Range` asks for. `None`: it asks for several, in another unit, or is not well formed, and is
/// ignored.
pub(super) fn parse(range: &str) -> Option<Part> {
    let (first, last) = range.strip_prefix("bytes=")?.trim().split_once('-')?;
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Some(Part::Between(first..last.saturating_add(1))),
        (Some(first), None) if last.is_empty() => Some(Part::From(first)),
        (None, Some(last)) if first.is_empty() => Some(Part::Last(last)),
        _ => None,
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_everything_else_ignored() {
        assert_eq!(parse("bytes=0-0"), Some(Part::Between(0..1)));
        assert_eq!(parse("bytes=5-9"), Some(Part::Between(5..10)));
        assert_eq!(parse("bytes=5-"), Some(Part::From(5)));
        assert_eq!(parse("bytes=-5"), Some(Part::Last(5)));
        assert_eq!(parse("bytes=0-99999999999999999999999"), Some(Part::Between(0..u64::MAX)));
        for other in
            ["", "bytes", "bytes=", "bytes=-", "bytes=9-5", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b", "bytes=+1-2"]
        {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
