//! Announcing files, putting their bytes where they belong, and sending them.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tertulia_testkit::{AgentCaller, Connection, Reply, Request, TestApp};

use super::support::{agents, assert_refused, hub, members};

/// What is announced of these bytes.
pub(crate) fn announcement(to: &str, bytes: &[u8]) -> Value {
    let digest = Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    json!({ "to": to, "filename": "notes.txt", "content_type": "text/plain", "size": bytes.len(), "sha256": digest })
}

/// The same with one member replaced.
pub(crate) fn with(mut announcement: Value, member: &str, value: impl Into<Value>) -> Value {
    announcement[member] = value.into();
    announcement
}

/// Announces something; what came back.
pub(crate) async fn announce(agent: &AgentCaller, announcement: &Value) -> Value {
    agent.post("/v1/uploads", &announcement.to_string()).await.expect(201).json()
}

/// The target of an address of this hub.
pub(crate) fn target(app: &TestApp, address: &Value) -> String {
    let address = address.as_str().expect("an address is a string");
    address.strip_prefix(&app.url()).unwrap_or_else(|| panic!("{address} is not of this hub")).to_owned()
}

/// Puts bytes somewhere, with neither a key nor a type.
pub(crate) async fn put(app: &TestApp, target: &str, bytes: &[u8]) -> Reply {
    app.send(Request::new("PUT", target).body(bytes)).await
}

/// Announces these bytes for somebody, and puts them there; the attachment's id.
pub(crate) async fn upload(app: &TestApp, from: &AgentCaller, to: &str, bytes: &[u8]) -> String {
    let announced = announce(from, &announcement(to, bytes)).await;
    let _ = put(app, &target(app, &announced["upload_url"]), bytes).await.expect(200);
    announced["attachment_id"].as_str().unwrap().to_owned()
}

/// Sends a file to somebody.
pub(crate) async fn send_file(from: &AgentCaller, to: &str, key: &str, id: &str) -> Reply {
    let content = json!({ "attachment_id": id });
    let body = json!({ "to": to, "client_msg_id": key, "type": "file", "content": content });
    from.post("/v1/messages", &body.to_string()).await
}

#[tokio::test]
async fn a_file_is_announced_put_and_sent() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let announced = announce(&ada, &announcement("@BOB", b"hello")).await;
    assert_eq!(members(&announced), ["attachment_id", "expires_in", "upload_url"]);
    assert_eq!(announced["expires_in"], 7_200);
    let id = announced["attachment_id"].as_str().unwrap();
    assert!(id.starts_with("att_") && id.len() == 26, "{id}");
    let at = target(&app, &announced["upload_url"]);
    assert_refused(&send_file(&ada, "bob", "0", id).await, 404, "ATTACHMENT_NOT_FOUND");
    let request = Request::new("PUT", &at).header("Content-Type", "application/x-www-form-urlencoded").body(*b"hello");
    let _ = app.send(request).await.expect(200);
    // Once more, since nothing refers to it yet.
    let _ = put(&app, &at, b"hello").await.expect(200);
    let sent = send_file(&ada, "bob", "1", id).await.expect(201).json();
    assert_eq!((&sent["type"], &sent["content"]), (&json!("file"), &json!({ "attachment_id": id })));
    assert_refused(&put(&app, &at, b"hello").await, 400, "VALIDATION_ERROR");
    // The same message again is the same message.
    assert_eq!(send_file(&ada, "bob", "1", id).await.expect(200).json()["id"], sent["id"]);
}

#[tokio::test]
async fn what_cannot_be_announced_is_named() {
    // wire: agentchat.md#49-uploads-and-attachments
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let good = announcement("bob", b"hello");
    let refused = |body: Value| {
        let ada = ada.clone();
        async move { ada.post("/v1/uploads", &body.to_string()).await }
    };
    for (member, value) in [
        ("filename", json!("")),
        ("filename", json!("x".repeat(256))),
        ("filename", json!("a\r\nb")),
        ("content_type", json!("text/html")),
        ("content_type", json!("image/svg+xml")),
        ("content_type", json!("application/octet-stream")),
        ("size", json!(0)),
        ("size", json!(26_214_401)),
        ("size", json!("5")),
        ("sha256", json!("00")),
        ("sha256", json!("AB".repeat(32))),
        ("conversation_id", json!("grp_AAAAAAAAAAAAAAAAAAAAAA")),
    ] {
        assert_refused(&refused(with(good.clone(), member, value)).await, 400, "VALIDATION_ERROR");
    }
    for member in ["to", "filename", "content_type", "size", "sha256"] {
        assert_refused(&refused(with(good.clone(), member, Value::Null)).await, 400, "VALIDATION_ERROR");
    }
    assert_refused(&refused(with(good.clone(), "to", "ada")).await, 400, "VALIDATION_ERROR");
    assert_refused(&refused(with(good.clone(), "to", "nobody")).await, 404, "AGENT_NOT_FOUND");
    let group = with(with(good.clone(), "to", Value::Null), "conversation_id", "grp_AAAAAAAAAAAAAAAAAAAAAA");
    assert_refused(&refused(group).await, 404, "GROUP_NOT_FOUND");
    for size in [1, 26_214_400] {
        announce(&ada, &with(good.clone(), "size", size)).await;
    }
}

#[tokio::test]
async fn a_block_either_way_refuses_an_upload_and_a_cold_recipient_does_not() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, bob, eve] = agents(&app, ["ada", "bob", "eve"]).await;
    let _ = eve.patch("/v1/agents/eve", r#"{"settings":{"inbox_mode":"contacts_only"}}"#).await.expect(200);
    announce(&ada, &announcement("eve", b"hello")).await;
    let _ = bob.post_nothing("/v1/contacts/ada/block").await.expect(200);
    for (from, to) in [(&ada, "bob"), (&bob, "ada")] {
        let refused = from.post("/v1/uploads", &announcement(to, b"hello").to_string()).await;
        assert_refused(&refused, 403, "BLOCKED");
    }
}

#[tokio::test]
async fn bytes_that_were_not_announced_are_not_kept() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let announced = announce(&ada, &announcement("bob", b"hello")).await;
    let at = target(&app, &announced["upload_url"]);
    for other in [&b"hellO"[..], b"hell", b"hello!", b"", &vec![b'x'; 3 << 20]] {
        assert_refused(&put(&app, &at, other).await, 400, "VALIDATION_ERROR");
    }
    let id = announced["attachment_id"].as_str().unwrap();
    assert_refused(&send_file(&ada, "bob", "1", id).await, 404, "ATTACHMENT_NOT_FOUND");
    let _ = put(&app, &at, b"hello").await.expect(200);
    // Not what it says it is, though it is what was announced.
    let picture = with(announcement("bob", b"<html></html>"), "content_type", "image/png");
    let picture = announce(&ada, &picture).await;
    let refused = put(&app, &target(&app, &picture["upload_url"]), b"<html></html>").await;
    assert_refused(&refused, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_body_without_a_length_is_taken_as_well() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let announced = announce(&ada, &announcement("bob", b"hello")).await;
    let request = Request::new("PUT", &target(&app, &announced["upload_url"])).header("Transfer-Encoding", "chunked");
    let mut connection = Connection::open(app.address()).await;
    let reply = connection.exchange(&request.body(*b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")).await;
    let _ = reply.expect(200);
}

#[tokio::test]
async fn an_address_does_one_thing_for_a_while() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let [one, other] =
        [announce(&ada, &announcement("bob", b"hello")).await, announce(&ada, &announcement("bob", b"hello")).await];
    let [at, elsewhere] = [target(&app, &one["upload_url"]), target(&app, &other["upload_url"])];
    let (path, token) = at.split_once("?token=").unwrap();
    let (_, foreign) = elsewhere.split_once("?token=").unwrap();
    let changed = if token.ends_with('A') { "B" } else { "A" };
    for forged in ["", foreign, "AAAA", &format!("{}{changed}", &token[..token.len() - 1])] {
        assert_refused(&put(&app, &format!("{path}?token={forged}"), b"hello").await, 403, "FORBIDDEN");
    }
    assert_refused(&put(&app, path, b"hello").await, 403, "FORBIDDEN");
    let download = at.replace("/uploads/", "/attachments/");
    assert_refused(&app.get(&download).await, 403, "FORBIDDEN");
    assert_refused(&put(&app, "/files/uploads/att_x?token=AAAA", b"hello").await, 404, "NOT_FOUND");
    assert_refused(&app.get(&at).await, 404, "NOT_FOUND");
    app.advance(Duration::from_secs(7_199));
    let _ = put(&app, &at, b"hello").await.expect(200);
    app.advance(Duration::from_secs(1));
    assert_refused(&put(&app, &at, b"hello").await, 403, "FORBIDDEN");
}

#[tokio::test]
async fn a_file_is_sent_by_its_uploader_to_whom_it_is_for() {
    // wire: agentchat.md#53-direct-send-checks-in-order
    let app = hub().await;
    let [ada, bob, _] = agents(&app, ["ada", "bob", "eve"]).await;
    let id = upload(&app, &ada, "bob", b"hello").await;
    assert_refused(&send_file(&ada, "eve", "1", &id).await, 400, "ATTACHMENT_WRONG_SCOPE");
    assert_refused(&send_file(&bob, "ada", "1", &id).await, 404, "ATTACHMENT_NOT_FOUND");
    for nothing in ["att_AAAAAAAAAAAAAAAAAAAAAA", "att_", "nothing"] {
        assert_refused(&send_file(&ada, "bob", "1", nothing).await, 404, "ATTACHMENT_NOT_FOUND");
    }
    let _ = send_file(&ada, "bob", "1", &id).await.expect(201);
    let _ = bob
        .post("/v1/messages", &json!({ "to": "ada", "client_msg_id": "1", "content": "yes" }).to_string())
        .await
        .expect(201);
    // As often as one likes.
    let _ = send_file(&ada, "bob", "2", &id).await.expect(201);
}

#[tokio::test]
async fn what_no_message_refers_to_is_gone_after_a_day() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, _, _] = agents(&app, ["ada", "bob", "eve"]).await;
    let sent = upload(&app, &ada, "bob", b"sent").await;
    let _ = send_file(&ada, "bob", "1", &sent).await.expect(201);
    let kept = upload(&app, &ada, "eve", b"kept").await;
    app.advance(Duration::from_secs(86_399));
    let _ = ada.get(&format!("/v1/attachments/{kept}")).await.expect(302);
    app.advance(Duration::from_secs(1));
    assert_refused(&ada.get(&format!("/v1/attachments/{kept}")).await, 404, "NOT_FOUND");
    assert_refused(&send_file(&ada, "eve", "2", &kept).await, 404, "ATTACHMENT_NOT_FOUND");
    let _ = ada.get(&format!("/v1/attachments/{sent}")).await.expect(302);
}

#[tokio::test]
async fn so_much_is_announced_in_a_day() {
    // wire: agentchat.md#11-rate-limits-and-quotas
    let app = TestApp::with(|config| {
        config.limits.registrations_per_address = tertulia_core::Limit::Off;
        config.files.uploads_per_day = 3;
        config.files.bytes_per_day = "100 B".parse().unwrap();
    });
    let app = app.start().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    let sized = |size: u64| with(announcement("bob", b"hello"), "size", size).to_string();
    let _ = ada.post("/v1/uploads", &sized(60)).await.expect(201);
    app.advance(Duration::from_hours(1));
    let refused = ada.post("/v1/uploads", &sized(41)).await;
    assert_refused(&refused, 429, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), Some("82800"));
    for _ in 0..2 {
        let _ = ada.post("/v1/uploads", &sized(20)).await.expect(201);
    }
    assert_refused(&ada.post("/v1/uploads", &sized(1)).await, 429, "RATE_LIMITED");
    let other = with(announcement("ada", b"hello"), "size", 60).to_string();
    let _ = bob.post("/v1/uploads", &other).await.expect(201);
    app.advance(Duration::from_hours(23));
    let _ = ada.post("/v1/uploads", &sized(60)).await.expect(201);
}
