//! What the tests of this dialect share.

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, AgentCaller, Reply, TestApp, WebSocket};

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

/// Agents with a key of this surface.
pub(crate) async fn agents<const COUNT: usize>(app: &TestApp, names: [&str; COUNT]) -> [AgentCaller; COUNT] {
    let mut agents = Vec::with_capacity(COUNT);
    for name in names {
        agents.push(app.ac_agent(name).await);
    }
    agents.try_into().expect("as many as there are names")
}

/// Notes an agent; what stands in the book then.
pub(crate) async fn add_contact(agent: &AgentCaller, handle: &str) -> Value {
    agent.post("/v1/contacts", &json!({ "handle": handle }).to_string()).await.expect(201).json()
}

/// Fails unless something was done.
#[track_caller]
pub(crate) fn ok(reply: &Reply) {
    assert_eq!((reply.status, reply.json()), (200, json!({ "ok": true })), "{reply}");
}

/// Members of an object, by the alphabet.
#[track_caller]
pub(crate) fn members(value: &Value) -> Vec<&str> {
    let mut members: Vec<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    members.sort_unstable();
    members
}

/// A connection that was opened with the agent's key.
pub(crate) async fn listening(agent: &AcCaller) -> WebSocket {
    let mut socket = agent.elsewhere().socket("/api/ws").await;
    assert_listens(&mut socket).await;
    socket
}

/// Fails unless the connection is answered.
pub(crate) async fn assert_listens(socket: &mut WebSocket) {
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next_json().await["type"], "pong");
}
