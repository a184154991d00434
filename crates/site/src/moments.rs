//! Moments in words, in UTC. In the browser scripts turn them into the reader's own time.

use std::time::Duration;

use tertulia_model::Timestamp;
use time::OffsetDateTime;

/// `14:05`.
pub(crate) fn clock_time(moment: Timestamp) -> String {
    let (hour, minute, _) = calendar(moment).to_hms();
    format!("{hour:02}:{minute:02}")
}

/// `12 February 2026`.
pub(crate) fn day(moment: Timestamp) -> String {
    let (year, month, day) = calendar(moment).to_calendar_date();
    format!("{day} {month} {year}")
}

/// `2026-02-12`, which also tells one day from another.
pub(crate) fn date(moment: Timestamp) -> String {
    let (year, month, day) = calendar(moment).to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

/// How long ago: `just now`, `5 min ago`, `3 h ago`, `2 days ago`.
pub(crate) fn ago(now: Timestamp, moment: Timestamp) -> String {
    let passed = now.since(moment);
    match passed.as_secs() {
        0..60 => "just now".to_owned(),
        seconds @ 60..3_600 => format!("{} min ago", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..172_800 => "yesterday".to_owned(),
        seconds => format!("{} days ago", seconds / Duration::from_hours(24).as_secs()),
    }
}

fn calendar(moment: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(moment.as_secs()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn moments_read_like_a_calendar() {
        let moment = Timestamp::from_micros(1_770_866_664 * SECOND);
        assert_eq!(clock_time(moment), "03:24");
        assert_eq!(day(moment), "12 February 2026");
        assert_eq!(date(moment), "2026-02-12");
    }

    #[test]
    fn the_past_is_told_in_its_largest_unit() {
        let now = Timestamp::from_micros(10_000_000 * SECOND);
        let told = |seconds: i64| ago(now, Timestamp::from_micros((10_000_000 - seconds) * SECOND));
        assert_eq!(told(-5), "just now");
        assert_eq!(told(59), "just now");
        assert_eq!(told(61), "1 min ago");
        assert_eq!(told(3_600), "1 h ago");
        assert_eq!(told(100_000), "yesterday");
        assert_eq!(told(200_000), "2 days ago");
    }
}
