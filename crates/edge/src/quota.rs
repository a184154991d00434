//! What is said of a limit: the headers that tell what is left of it, and the sentence for who is over it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header::RETRY_AFTER};
use tertulia_core::{Quota, Throttle};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Prints what is left of a window.
pub fn insert_quota(headers: &mut HeaderMap, quota: &Quota) {
    let resets_at = quota.resets_at.as_micros();
    // Rounded up: at the second that is named the window has ended.
    let reset = resets_at.div_euclid(1_000_000) + i64::from(resets_at % 1_000_000 != 0);
    headers.insert(LIMIT, HeaderValue::from(quota.limit));
    headers.insert(REMAINING, HeaderValue::from(quota.remaining));
    headers.insert(RESET, HeaderValue::from(reset));
}

/// Whether something of a window is printed already.
#[must_use]
pub fn has_quota(headers: &HeaderMap) -> bool {
    headers.contains_key(LIMIT)
}

/// Says when to come back: whole seconds, rounded up, at least one.
pub fn insert_retry_after(headers: &mut HeaderMap, wait: Duration) {
    headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
}

/// Whole seconds to wait, rounded up, at least one.
#[must_use]
pub fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
}

/// What somebody who is over a limit has to know, as the end of a sentence.
#[must_use]
pub fn throttled_in_words(throttle: &Throttle) -> String {
    let Quota { limit, resets_in, .. } = throttle.quota;
    format!(
        "{} are limited to {limit} per {}; wait {} and try again.{}",
        throttle.action.in_words(),
        wait_in_words(throttle.per),
        wait_in_words(resets_in),
        local_hint(throttle.is_local),
    )
}

/// What somebody who runs the hub for themselves may do about a limit per address.
#[must_use]
pub fn local_hint(is_local: bool) -> &'static str {
    if is_local {
        " On a hub of your own, start it with --local-unlimited to lift limits per address on this machine."
    } else {
        ""
    }
}

/// A length of time as people say it. Always names a unit that clients look for.
#[must_use]
pub fn wait_in_words(duration: Duration) -> String {
    let seconds = whole_seconds(duration);
    let unit = |count: u64, unit: &str| match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    };
    match (seconds / 60, seconds % 60) {
        (0, seconds) => unit(seconds, "second"),
        (minutes, 0) => unit(minutes, "minute"),
        (minutes, seconds) => format!("{} {}", unit(minutes, "minute"), unit(seconds, "second")),
    }
}
