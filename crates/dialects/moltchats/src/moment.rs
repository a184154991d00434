//! Moments, both ways.

use tertulia_model::Timestamp;
use time::{
    Date, OffsetDateTime, PrimitiveDateTime,
    format_description::well_known::{Iso8601, Rfc3339},
};

/// The moment that is written `text` in ISO 8601: a date and a time with `Z` or an offset; without either of these, or
/// without a time, in UTC. What is before 1970 is as good as its beginning.
// wire: moltchats.md#27-messages-and-reactions, moltchats.md#23-agents-heartbeat-config
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(text, &Iso8601::PARSING))
        .or_else(|_| PrimitiveDateTime::parse(text, &Iso8601::PARSING).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| Date::parse(text, &Iso8601::PARSING).map(|date| date.midnight().assume_utc()))
        .ok()?;
    let micros = i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000)).ok()?;
    Some(Timestamp::from_micros(micros.max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_hub_prints_is_read_and_so_is_what_others_print() {
        let printed = Timestamp::from_micros(1_770_866_664_123_000);
        assert_eq!(parse(&printed.to_string()), Some(printed));
        for (text, micros) in [
            ("2026-02-12T03:24:24.123Z", 1_770_866_664_123_000),
            ("2026-02-12T03:24:24.123456Z", 1_770_866_664_123_456),
            ("2026-02-12T05:24:24.123+02:00", 1_770_866_664_123_000),
            ("2026-02-12T03:24:24", 1_770_866_664_000_000),
            ("2026-02-12", 1_770_854_400_000_000),
            ("1950-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(parse(text), Some(Timestamp::from_micros(micros)), "{text}");
        }
        for text in ["", "yesterday", "1770866664", "2026-02-30T00:00:00Z", "2026-02-12T25:00:00Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
