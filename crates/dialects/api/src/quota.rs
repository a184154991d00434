//! The headers that say what is left of a limit.

use http::{HeaderMap, HeaderName, HeaderValue};
use tertulia_core::Quota;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Prints what is left of a window.
// wire: chatr.md#1-conventions
pub fn insert_quota(headers: &mut HeaderMap, quota: &Quota) {
    let resets_at = quota.resets_at.as_micros();
    // Rounded up: at the second that is named the window has ended.
    let reset = resets_at.div_euclid(1_000_000) + i64::from(resets_at % 1_000_000 != 0);
    headers.insert(LIMIT, HeaderValue::from(quota.limit));
    headers.insert(REMAINING, HeaderValue::from(quota.remaining));
    headers.insert(RESET, HeaderValue::from(reset));
}
