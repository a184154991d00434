//! What goes wrong with files: a disk that does not write, senders that wait, crowd in or send what nobody takes, and an
//! operator who removes one.

use std::{fs, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use tertulia_model::MessageId;
use tertulia_testkit::{AgentCaller, Connection, Request, TestApp, eventually};

use super::{
    avatars::gif,
    support::{agents, assert_refused, hub},
    uploads::{announce, announcement, put, send_file, target, upload, with},
};

/// An address that waits for `bytes` bytes.
async fn slot(app: &TestApp, from: &AgentCaller, bytes: usize) -> String {
    target(app, &announce(from, &announcement("bob", &vec![b'x'; bytes])).await["upload_url"])
}

/// A sender that has announced a body of so many bytes and sent one of them.
async fn sender(app: &TestApp, at: &str, bytes: usize) -> Connection {
    let mut connection = Connection::open(app.address()).await;
    let head = format!("PUT {at} HTTP/1.1\r\nHost: {}\r\nContent-Length: {bytes}\r\n\r\nx", app.address());
    connection.send_bytes(head.as_bytes()).await;
    connection
}

#[tokio::test]
async fn a_disk_that_does_not_write_is_said_to_be_unavailable_and_heals() {
    // wire: agentchat.md#16-error-envelope
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let (attachments, avatars) = (app.directory().join("files/attachments"), app.directory().join("files/avatars"));
    for shelf in [&attachments, &avatars] {
        fs::write(shelf, "in the way").unwrap();
    }
    let at = slot(&app, &ada, 5).await;
    let refused = put(&app, &at, b"xxxxx").await;
    assert_refused(&refused, 503, "STORAGE_UNAVAILABLE");
    assert!(refused.header("retry-after").is_some(), "{refused}");
    let picture = ada.request("PUT", "/v1/agents/ada/avatar").body(gif(200, 7));
    assert_refused(&ada.send(&picture).await, 503, "STORAGE_UNAVAILABLE");
    assert_eq!(ada.get("/v1/agents/ada").await.json()["avatar_url"], Value::Null);
    for shelf in [&attachments, &avatars] {
        fs::remove_file(shelf).unwrap();
    }
    let _ = put(&app, &at, b"xxxxx").await.expect(200);
    let _ = ada.send(&picture).await.expect(200);
}

#[tokio::test]
async fn a_file_whose_bytes_are_lost_is_not_found() {
    // wire: agentchat.md#102-download
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let id = upload(&app, &ada, "bob", b"hello").await;
    let found = ada.get(&format!("/v1/attachments/{id}")).await.expect(302);
    let at = target(&app, &Value::from(found.header("location").unwrap()));
    fs::remove_dir_all(app.directory().join("files/attachments")).unwrap();
    assert_refused(&app.get(&at).await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn who_sends_too_much_hears_it_though_it_goes_on_sending() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let at = slot(&app, &ada, 5).await;
    let large = vec![b'x'; 30 << 20];
    assert_refused(&put(&app, &at, &large).await, 400, "VALIDATION_ERROR");
    let (path, _) = at.split_once('?').unwrap();
    assert_refused(&put(&app, path, &large).await, 403, "FORBIDDEN");
    // As much as an announcement may be and more, of a file that may be so long.
    let longest = with(announcement("bob", b"x"), "size", 26_214_400);
    let longest = target(&app, &announce(&ada, &longest).await["upload_url"]);
    assert_refused(&put(&app, &longest, &large).await, 413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn who_asks_before_it_sends_is_refused_before_it_sends() {
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let at = slot(&app, &ada, 5).await;
    let (path, _) = at.split_once('?').unwrap();
    let asks = |at: &str| {
        let head = "Content-Length: 5\r\nExpect: 100-continue";
        format!("PUT {at} HTTP/1.1\r\nHost: {}\r\n{head}\r\n\r\n", app.address())
    };
    let mut connection = Connection::open(app.address()).await;
    connection.send_bytes(asks(path).as_bytes()).await;
    assert_refused(&connection.read_reply(false).await, 403, "FORBIDDEN");
    let mut connection = Connection::open(app.address()).await;
    connection.send_bytes(asks(&at).as_bytes()).await;
    assert_eq!(connection.read_head().await.0, 100);
    connection.send_bytes(b"xxxxx").await;
    let _ = connection.read_reply(false).await.expect(200);
}

#[tokio::test]
async fn a_sender_that_falls_silent_is_not_waited_for() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let at = slot(&app, &ada, 5).await;
    let mut silent = sender(&app, &at, 5).await;
    let refused = app.while_time_passes(Duration::from_secs(10), silent.read_reply(false)).await;
    assert_refused(&refused, 408, "VALIDATION_ERROR");
    // Nothing of it is left, and it may come again.
    assert!(!app.directory().join("files/attachments").exists());
    let at = slot(&app, &ada, 5).await;
    let _ = put(&app, &at, b"xxxxx").await.expect(200);
}

#[tokio::test]
async fn one_agent_does_not_take_all_the_room_there_is_for_arriving_files() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let at = slot(&app, &ada, 5).await;
        let mut connection = Connection::open(app.address()).await;
        let head = "Content-Length: 5\r\nExpect: 100-continue";
        let head = format!("PUT {at} HTTP/1.1\r\nHost: {}\r\n{head}\r\n\r\n", app.address());
        connection.send_bytes(head.as_bytes()).await;
        // Who is asked for the body has got room.
        assert_eq!(connection.read_head().await.0, 100);
        connection.send_bytes(b"x").await;
        waiting.push(connection);
    }
    let at = slot(&app, &ada, 5).await;
    let refused = put(&app, &at, b"xxxxx").await;
    assert_refused(&refused, 429, "RATE_LIMITED");
    assert!(refused.header("retry-after").is_some(), "{refused}");
    let _ = upload(&app, &bob, "ada", b"hello").await;
    let mut first = waiting.pop().unwrap();
    first.send_bytes(b"xxxx").await;
    let _ = first.read_reply(false).await.expect(200);
    let _ = put(&app, &at, b"xxxxx").await.expect(200);
}

fn uuid_of(id: &str) -> MessageId {
    let bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix("msg_").unwrap()).unwrap();
    MessageId::from_uuid(bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")).parse().unwrap())
}

/// How many files lie there.
fn kept(app: &TestApp) -> usize {
    fs::read_dir(app.directory().join("files/attachments")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_file_goes_with_the_message_that_the_operator_removes() {
    // rule: removal
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    let id = upload(&app, &ada, "bob", b"hello").await;
    let other = upload(&app, &ada, "bob", b"stays").await;
    let first = send_file(&ada, "bob", "1", &id).await.expect(201);
    let told = serde_json::json!({ "to": "ada", "client_msg_id": "1", "content": "yes" });
    let _ = bob.post("/v1/messages", &told.to_string()).await.expect(201);
    let _ = send_file(&ada, "bob", "2", &id).await.expect(201);
    let _ = send_file(&ada, "bob", "3", &other).await.expect(201);
    let found = bob.get(&format!("/v1/attachments/{id}")).await.expect(302);
    let at = target(&app, &Value::from(found.header("location").unwrap()));
    let _ = app.get(&at).await.expect(200);
    assert!(app.chat().remove_message(uuid_of(&first.str_at("/id"))).await.unwrap());
    // For everybody, and at once: also where somebody has the address.
    assert_refused(&app.get(&at).await, 404, "NOT_FOUND");
    for agent in [&ada, &bob] {
        assert_refused(&agent.get(&format!("/v1/attachments/{id}")).await, 404, "NOT_FOUND");
        let _ = agent.get(&format!("/v1/attachments/{other}")).await.expect(302);
    }
    assert_refused(&send_file(&ada, "bob", "4", &id).await, 404, "ATTACHMENT_NOT_FOUND");
    let page = ada.get(&format!("/v1/messages/{}", first.str_at("/conversation_id"))).await.expect(200).json();
    let contents: Vec<_> = page.as_array().unwrap().iter().map(|message| message["content"].to_string()).collect();
    assert!(contents.contains(&r#"{"text":"[removed by the operator]"}"#.to_owned()), "{contents:?}");
    // Its bytes go with the next sweep.
    assert_eq!(kept(&app), 2);
    eventually("the bytes to be removed", async || {
        app.advance(Duration::from_mins(1));
        (kept(&app) == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_bytes_to_which_no_message_refers_are_removed() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let sent = upload(&app, &ada, "bob", b"sent").await;
    let _ = send_file(&ada, "bob", "1", &sent).await.expect(201);
    let _ = upload(&app, &ada, "bob", b"never sent").await;
    assert_eq!(kept(&app), 2);
    app.advance(Duration::from_hours(25));
    eventually("the bytes to be removed", async || {
        app.advance(Duration::from_mins(1));
        (kept(&app) == 1).then_some(())
    })
    .await;
    let _ = ada.get(&format!("/v1/attachments/{sent}")).await.expect(302);
}

#[tokio::test]
async fn an_upload_is_for_who_has_the_address_whatever_else_it_says() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let at = slot(&app, &ada, 5).await;
    let (path, token) = at.split_once("?token=").unwrap();
    for elsewhere in [
        format!("{path}/../../../hub.db?token={token}"),
        format!("/files/uploads/..%2f..%2fhub.db?token={token}"),
        format!("/files/uploads/att_%2e%2e%2f?token={token}"),
    ] {
        let refused = put(&app, &elsewhere, b"xxxxx").await;
        assert_refused(&refused, 404, "NOT_FOUND");
    }
    let request = Request::new("PUT", &at).header("Authorization", "Bearer nonsense").body(*b"xxxxx");
    let _ = app.send(request).await.expect(200);
}
