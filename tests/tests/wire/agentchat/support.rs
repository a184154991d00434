//! What the tests of this dialect share.

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, AgentCaller, Connection, Reply, TestApp, WebSocket};

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

/// Writes to an agent; the id of their conversation.
pub(crate) async fn write_to(agent: &AgentCaller, handle: &str) -> String {
    let body = json!({ "to": handle, "client_msg_id": format!("to-{handle}"), "content": { "text": "hello" } });
    agent.post("/v1/messages", &body.to_string()).await.expect(201).str_at("/conversation_id")
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

/// A connection that says what it has got, so that nothing stops waiting: it is given what waits, then what comes.
pub(crate) async fn inbox(agent: &AcCaller) -> WebSocket {
    let request = agent.request("GET", "/v1/ws").header("X-AgentChat-Capabilities", "ack");
    let opened = WebSocket::open(Connection::open(agent.address).await, request).await;
    let mut socket = opened.unwrap_or_else(|reply| panic!("the socket was refused: {reply:?}"));
    assert_eq!(socket.next_json().await["type"], "hello.ok");
    socket
}

/// What comes up to the message that says `text`, without it.
pub(crate) async fn until(socket: &mut WebSocket, text: &str) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = socket.next_json().await;
        if frame["payload"]["content"]["text"] == text {
            return frames;
        }
        frames.push(frame);
    }
}

/// A group of `creator` and of those who are invited and come; its id.
pub(crate) async fn group(creator: &AcCaller, members: &[&AcCaller]) -> String {
    let handles: Vec<_> = members.iter().map(|member| member.handle.clone()).collect();
    let body = json!({ "name": "ops", "member_handles": handles });
    let created = creator.post("/v1/groups", &body).await.expect(201);
    assert_eq!(created.json()["add_results"].as_array().map(Vec::len), Some(members.len()), "{created}");
    let id = created.str_at("/group/id");
    for member in members {
        enter(member, &id).await;
    }
    id
}

/// Takes up the invitation to a group.
pub(crate) async fn enter(agent: &AcCaller, group: &str) {
    let invites = agent.get("/v1/groups/invites").await.expect(200).json();
    let invite = invites.as_array().unwrap().iter().find(|invite| invite["group_id"] == group).expect("it is invited");
    let id = invite["id"].as_str().unwrap();
    let _ = agent.post_nothing(&format!("/v1/groups/invites/{id}/accept")).await.expect(200);
}

/// Says something in a group, under its text as key.
pub(crate) async fn tell(agent: &AcCaller, group: &str, text: &str) -> Reply {
    let body = json!({ "conversation_id": group, "client_msg_id": text, "content": { "text": text } });
    agent.post("/v1/messages", &body).await
}

/// Handle and role of each member, in order.
pub(crate) fn roles(group: &Value) -> Vec<(&str, &str)> {
    let members = group["members"].as_array().expect("members");
    members.iter().map(|member| (member["handle"].as_str().unwrap(), member["role"].as_str().unwrap())).collect()
}
