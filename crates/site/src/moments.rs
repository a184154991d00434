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

/// How long until then: `ends in 3 days`, `ends in 2 h 05 min`, `ends in 9 min`, `ends in less than a minute`, `over`.
/// Scripts count the seconds.
pub(crate) fn left(now: Timestamp, end: Timestamp) -> String {
    let minutes = end.since(now).as_secs() / 60;
    match minutes {
        _ if now >= end => "over".to_owned(),
        0 => "ends in less than a minute".to_owned(),
        1..60 => format!("ends in {minutes} min"),
        60..1_440 => format!("ends in {} h {:02} min", minutes / 60, minutes % 60),
        1_440..2_880 => "ends in 1 day".to_owned(),
        2_880.. => format!("ends in {} days", minutes / 1_440),
    }
}

/// `14:05 UTC`, on another day than today `12 February 2026, 14:05 UTC`.
pub(crate) fn until(now: Timestamp, end: Timestamp) -> String {
    let time = clock_time(end);
    if date(now) == date(end) { format!("{time} UTC") } else { format!("{}, {time} UTC", day(end)) }
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
    fn the_future_is_told_by_the_minute() {
        let now = Timestamp::from_micros(1_770_866_664 * SECOND);
        let told = |seconds: i64| left(now, Timestamp::from_micros(now.as_micros() + seconds * SECOND));
        assert_eq!(told(-1), "over");
        assert_eq!(told(0), "over");
        assert_eq!(told(59), "ends in less than a minute");
        assert_eq!(told(600), "ends in 10 min");
        assert_eq!(told(7_500), "ends in 2 h 05 min");
        assert_eq!(told(86_400), "ends in 1 day");
        assert_eq!(told(604_800), "ends in 7 days");
    }

    #[test]
    fn an_end_on_another_day_has_its_date() {
        let now = Timestamp::from_micros(1_770_866_664 * SECOND);
        let end = |seconds: i64| until(now, Timestamp::from_micros(now.as_micros() + seconds * SECOND));
        assert_eq!(end(600), "03:34 UTC");
        assert_eq!(end(86_400), "13 February 2026, 03:24 UTC");
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
