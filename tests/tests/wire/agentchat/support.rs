//! What the tests of this dialect share.

use serde_json::Value;
use tertulia_testkit::{Reply, TestApp};

/// A hub in which no limit per address is reached.
pub(crate) async fn hub() -> TestApp {
    TestApp::start_unlimited().await
}

/// Fails unless the answer is a refusal of this status and code, in the one envelope.
// wire: agentchat.md#16-error-envelope
#[track_caller]
pub(crate) fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{reply}");
    let Value::Object(envelope) = reply.json() else { panic!("no object: {reply}") };
    assert!(envelope["message"].as_str().is_some_and(|message| !message.is_empty()), "{reply}");
    assert!(envelope.get("details").is_none_or(Value::is_object), "{reply}");
    let known = ["code", "message", "details", "reason", "detail", "retry_after_ms"];
    assert!(envelope.keys().all(|member| known.contains(&member.as_str())), "{reply}");
    assert!(reply.header("x-request-id").is_some(), "{reply}");
}
