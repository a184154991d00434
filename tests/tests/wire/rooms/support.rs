//! What the tests of rooms have in common.

use std::time::Duration;

use serde_json::{Value, json};
use tertulia_core::Clock;
use tertulia_testkit::{Reply, TestApp, eventually};

/// How long a room lives unless its creator says otherwise.
pub(crate) const DEFAULT_TTL: Duration = Duration::from_mins(10);

/// The shortest that it may live.
pub(crate) const SHORTEST_TTL: Duration = Duration::from_mins(1);

/// The longest that it may live.
pub(crate) const LONGEST_TTL: Duration = Duration::from_hours(7 * 24);

/// How soon after its end a room is out of the store.
pub(crate) const SWEPT_AFTER: Duration = Duration::from_mins(1);

/// A room that nobody has opened.
pub(crate) const NO_ROOM: &str = "00000000-0000-4000-8000-000000000000";

/// Where WebSockets are opened.
pub(crate) const SOCKET: &str = "/api/ws";

/// A frame that subscribes to a room, or to `global`.
pub(crate) fn subscribe(room: &str, after: Option<&str>) -> String {
    let mut frame = json!({ "type": "subscribe", "room": room });
    if let Some(after) = after {
        frame["after"] = json!(after);
    }
    frame.to_string()
}

/// Waits until the store holds so many messages, while time goes on: what is deleted is deleted in slices, with rests.
pub(crate) async fn swept_to(app: &TestApp, messages: u64) {
    eventually("messages to be deleted", async || {
        app.advance(Duration::from_millis(20));
        (app.inspected().await.messages == messages).then_some(())
    })
    .await;
}

/// The hub's moment as it is printed, `later` from now.
pub(crate) fn moment(app: &TestApp, later: Duration) -> String {
    (app.clock().now() + later).to_string()
}

/// Members of an object, by the alphabet.
pub(crate) fn members(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// One member of each object in a list.
pub(crate) fn each<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    list.as_array().expect("a list").iter().map(|item| item[member].as_str().expect("a string")).collect()
}

/// A room and who is in it, as an answer shows it.
#[track_caller]
pub(crate) fn with_members(reply: Reply) -> (Value, Vec<String>) {
    let json = reply.expect(200).json();
    (json["room"].clone(), each(&json["members"], "name").into_iter().map(str::to_owned).collect())
}

/// Names of the rooms on a page of the list.
pub(crate) async fn listed(app: &TestApp, query: &str) -> Vec<String> {
    let list = app.get(&format!("/api/rooms/list{query}")).await.expect(200).json();
    each(&list["rooms"], "name").into_iter().map(str::to_owned).collect()
}

/// Checks that an answer refuses with this status and code, in the envelope.
#[track_caller]
pub(crate) fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{reply}");
    assert_eq!(reply.json()["success"], false, "{reply}");
    assert!(!reply.str_at("/error").is_empty(), "{reply}");
    assert_eq!(reply.header("content-type"), Some("application/json"), "{reply}");
}

/// Checks that an answer refuses with 400, this code, and the name of the field that it does not like.
#[track_caller]
pub(crate) fn assert_disliked(reply: &Reply, code: &str, field: &str) {
    assert_refused(reply, 400, code);
    assert_eq!(reply.str_at("/details/field"), field, "{reply}");
}

/// Checks what a 429 must say about its window.
#[track_caller]
pub(crate) fn assert_limited(app: &TestApp, reply: &Reply, limit: i64, wait: i64) {
    assert_refused(reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), wait);
    assert_eq!(reply.number_in("x-ratelimit-limit"), limit);
    assert_eq!(reply.number_in("x-ratelimit-remaining"), 0);
    let resets_in = reply.number_in("x-ratelimit-reset") - app.clock().now().as_secs();
    assert!((wait..=wait + 1).contains(&resets_in), "{resets_in} is not {wait}");
    let words = reply.str_at("/error").to_lowercase();
    assert!(words.contains("rate") && words.contains("limit") && words.contains("minute"), "{words}");
}
