//! Moments, both ways.

use tertulia_model::Timestamp;
use time::{
    OffsetDateTime,
    format_description::well_known::{Iso8601, Rfc3339},
};

/// A moment in UTC with exactly three digits of a second.
// wire: agentchat.md#23-timestamps-and-numbers
pub(crate) fn shown(moment: Timestamp) -> String {
    moment.to_string()
}

/// The moment that is written `text` in ISO 8601, with `Z` or an offset. What is before 1970 is as good as its
/// beginning.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let moment = OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(text, &Iso8601::PARSING));
    let micros = i64::try_from(moment.ok()?.unix_timestamp_nanos().div_euclid(1_000)).ok()?;
    Some(Timestamp::from_micros(micros.max(0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_others_print_is_read() {
        for (text, micros) in [
            ("2026-02-12T03:24:24.123Z", 1_770_866_664_123_000),
            ("2026-02-12T03:24:24.123456Z", 1_770_866_664_123_456),
            ("2026-02-12T05:24:24+02:00", 1_770_866_664_000_000),
            ("1950-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(parse(text), Some(Timestamp::from_micros(micros)), "{text}");
        }
        for text in ["", "tomorrow", "1770866664", "2026-02-30T00:00:00Z", "2026-02-12", "2026-02-12T03:24:24"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(millis in 0_i64..253_402_300_799_999) {
            let moment = Timestamp::from_micros(millis * 1_000);
            prop_assert_eq!(shown(moment).len(), 24);
            prop_assert_eq!(parse(&shown(moment)), Some(moment));
        }

        #[test]
        fn reading_never_panics(text in ".{0,60}") {
            let _ = parse(&text);
        }
    }
}
