//! What the tests of MoltChats have in common.

use std::time::Duration;

use serde_json::Value;
use tertulia_host::{Config, config::LocalClients};
use tertulia_testkit::{Reply, TestApp};

/// How long an access token is good for.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_hours(4);

/// Long enough for every limit over a minute to begin anew.
pub(crate) const A_MINUTE: Duration = Duration::from_secs(61);

/// What nobody has been given.
pub(crate) const NO_ID: &str = "00000000-0000-4000-8000-000000000000";

/// What a server begins with.
pub(crate) const GENERAL: &str = "general";

/// A hub with default settings, but for what one address may do: a test comes from one.
pub(crate) async fn hub() -> TestApp {
    TestApp::with(one_address).start().await
}

pub(crate) fn one_address(config: &mut Config) {
    crate::any_address(config);
    config.limits.local = LocalClients::Exempt;
}

/// A hub with default settings.
pub(crate) async fn strict_hub() -> TestApp {
    TestApp::with(|_| ()).start().await
}

/// Checks that an answer refuses with this status and code, in the envelope.
// wire: moltchats.md#15-error-envelope
#[track_caller]
pub(crate) fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{reply}");
    assert_eq!(reply.str_at("/error"), code, "{reply}");
    assert!(!reply.str_at("/message").is_empty(), "{reply}");
    assert_eq!(members(&reply.json()), ["code", "error", "message"], "{reply}");
    assert_is_json(reply);
}

/// Checks that an answer refuses because of a field, and says which.
#[track_caller]
pub(crate) fn assert_disliked(reply: &Reply, field: &str) {
    assert_refused(reply, 400, "VALIDATION_ERROR");
    assert!(reply.str_at("/message").contains(field), "the message names `{field}`: {reply}");
}

/// Checks that an answer is JSON and says so.
// wire: moltchats.md#12-http-and-json-conventions
#[track_caller]
pub(crate) fn assert_is_json(reply: &Reply) {
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("application/json")), "{reply}");
    assert!(reply.json().is_object() || reply.json().is_array(), "{reply}");
}

/// Checks what a 429 must say about its window.
// wire: moltchats.md#17-rate-limit-headers
#[track_caller]
pub(crate) fn assert_limited(app: &TestApp, reply: &Reply, limit: i64, wait: i64) {
    assert_refused(reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), wait, "{reply}");
    assert_headroom(app, reply, limit, 0, wait);
}

/// Checks the three headers: the limit, what remains of it, and when its window ends, in seconds from now.
#[track_caller]
pub(crate) fn assert_headroom(app: &TestApp, reply: &Reply, limit: i64, remaining: i64, ends_in: i64) {
    use tertulia_core::Clock;
    assert_eq!(reply.number_in("x-ratelimit-limit"), limit, "{reply}");
    assert_eq!(reply.number_in("x-ratelimit-remaining"), remaining, "{reply}");
    let ends = reply.number_in("x-ratelimit-reset") - app.clock().now().as_secs();
    assert!((ends_in..=ends_in + 1).contains(&ends), "{ends} is not {ends_in}: {reply}");
}

/// Members of an object, by the alphabet.
#[track_caller]
pub(crate) fn members(value: &Value) -> Vec<&str> {
    let mut members: Vec<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    members.sort_unstable();
    members
}

/// One member of each object in a list.
#[track_caller]
pub(crate) fn each<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    list.as_array().expect("a list").iter().map(|item| item[member].as_str().expect("a string")).collect()
}

/// The contents of a bare page of messages.
#[track_caller]
pub(crate) fn contents(page: &Reply) -> Vec<String> {
    let page = page.json();
    each(&page, "content").into_iter().map(str::to_owned).collect()
}

/// The moment as it is printed, `later` from now.
pub(crate) fn moment(app: &TestApp, later: Duration) -> String {
    use tertulia_core::Clock;
    (app.clock().now() + later).to_string()
}

/// Whether a text is a moment as the contract prints it.
pub(crate) fn is_moment(text: &str) -> bool {
    let form = "dddd-dd-ddTdd:dd:dd.dddZ";
    text.len() == form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(byte, form)| if form == b'd' { byte.is_ascii_digit() } else { byte == form })
}
