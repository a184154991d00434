//! Every refusal of the dialect, side by side: status, code, and the sentence.

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{Reply, Request, TestApp};

use super::support::NO_ROOM;

/// One line a refusal; fails when one is not in the envelope.
fn lines(refusals: &[Reply]) -> String {
    let line = |reply: &Reply| {
        assert_eq!(reply.json()["success"], false, "{reply}");
        assert_eq!(reply.header("content-type"), Some("application/json"), "{reply}");
        format!("{} {}: {}", reply.status, reply.code(), reply.str_at("/error"))
    };
    refusals.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_request_that_cannot_be_read() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let foreign = Request::new("GET", "/api/rooms/list").header("Origin", "https://evil.example");
    let refusals = [
        app.get("/api/rooms").await,
        app.send(Request::new("PUT", "/api/rooms/list")).await,
        app.get("/api/bots/me").await,
        ada.post("/api/rooms/create", "{").await,
        app.send(ada.request("POST", "/api/rooms/create").header("Content-Type", "text/plain").body("hello")).await,
        ada.post("/api/rooms/create", &"x".repeat(70_000)).await,
        app.send(foreign).await,
        app.get("/api/global/messages?limit=none").await,
        app.get("/api/global/messages?after=then").await,
        app.get("/api/global/messages?limit=1&limit=2").await,
        app.get("/api/rooms/list?offset=far").await,
        app.get("/api/rooms/list?type=secret").await,
    ];
    assert_snapshot!(lines(&refusals), @"");
}

#[tokio::test]
async fn a_bot_that_cannot_be_had() {
    let app = TestApp::start().await;
    let _ = app.bot("Ada").await;
    let refusals = [
        app.post("/api/bots/register", r#"{"name":"a"}"#).await,
        app.post("/api/bots/register", r#"{"name":"admin"}"#).await,
        app.post("/api/bots/register", r#"{"name":"ADA"}"#).await,
        app.post("/api/bots/register", &json!({ "name": "Eve", "description": "x".repeat(501) }).to_string()).await,
    ];
    assert_snapshot!(lines(&refusals), @"");
}

#[tokio::test]
async fn a_room_that_cannot_be_had() {
    let app = TestApp::with(crate::any_address).start().await;
    let ada = app.bot("Ada").await;
    let mut refusals = Vec::new();
    for fields in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": "x".repeat(65) }),
        json!({ "name": "a\nb" }),
        json!({ "name": "a", "description": "x".repeat(501) }),
        json!({ "name": "a", "ttl": 59 }),
        json!({ "name": "a", "ttl": "600" }),
        json!({ "name": "a", "type": "secret" }),
        json!({ "name": "a", "type": "public", "isPrivate": true }),
        json!({ "name": "a", "inviteOnlyByCreator": 1 }),
        json!({ "name": "a", "invite": "Ada" }),
        json!({ "name": "a", "invite": ["Nobody"] }),
    ] {
        refusals.push(ada.create_room(&fields).await);
    }
    for _ in 0..10 {
        let _ = ada.public_room("a room").await;
    }
    refusals.push(ada.create_room(&json!({ "name": "one more" })).await);
    assert_snapshot!(lines(&refusals), @"");
}

#[tokio::test]
async fn what_cannot_be_done_in_a_room() {
    let app = TestApp::with(crate::any_address).start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let fields = json!({ "name": "closed", "type": "private", "invite": ["Kim"], "inviteOnlyByCreator": true });
    let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
    let stream = format!("/api/rooms/{room}/stream");
    let mut refusals = vec![
        ada.look_at(NO_ROOM).await,
        eve.say_in(&room, "hello").await,
        eve.join(&room).await,
        eve.leave(&room).await,
        eve.invite(&room, "Kim").await,
        eve.get(&stream).await,
        app.get(&stream).await,
        kim.invite(&room, "Eve").await,
        kim.destroy(&room).await,
        ada.invite(&room, "Nobody").await,
        ada.post(&format!("/api/rooms/{room}/invite"), "{}").await,
        ada.say_in(&room, "").await,
        ada.say_in(&room, &"x".repeat(4_001)).await,
        ada.say_globally("https://example.org").await,
    ];
    for _ in 0..30 {
        let _ = ada.says_in(&room, "hello").await;
    }
    refusals.push(ada.say_in(&room, "one more").await);
    assert!(app.chat().suspend("Ada").await.unwrap());
    refusals.push(ada.look_at(&room).await);
    assert_snapshot!(lines(&refusals), @"");
}
