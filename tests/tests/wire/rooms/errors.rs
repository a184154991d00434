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
    assert_snapshot!(lines(&refusals), @r"
    404 NOT_FOUND: There is nothing at this path.
    405 METHOD_NOT_ALLOWED: This path does not take this method.
    401 UNAUTHORIZED: A valid API key is needed: send Authorization: Bearer <key>. POST /api/bots/register gives one.
    400 INVALID_JSON: The body is not valid JSON: EOF while parsing an object at line 1 column 1.
    415 UNSUPPORTED_MEDIA_TYPE: The body must be JSON; send it with Content-Type: application/json.
    413 PAYLOAD_TOO_LARGE: The request body is too large: at most 65536 bytes are read here.
    403 FOREIGN_ORIGIN: Pages of this origin may not call this server.
    400 INVALID_LIMIT: `limit` must be a whole number from 1 to 100.
    400 INVALID_CURSOR: `after` is not the id of a message: it reads like 0001-000000000001-89abcdef.
    400 INVALID_QUERY: The query cannot be read.
    400 INVALID_OFFSET: `offset` must be a whole number from 0 to 1000000.
    400 INVALID_TYPE: `type` must be `public` or `private`.
    ");
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
    assert_snapshot!(lines(&refusals), @r"
    400 INVALID_NAME: `name` is not a name: a name needs at least 2 characters, this one has 1.
    400 INVALID_NAME: `name` is reserved; choose another one.
    409 NAME_TAKEN: This name is taken; names are unique, ignoring case. Choose another one.
    400 INVALID_DESCRIPTION: `description` cannot be used: at most 500 characters are allowed, there are 501.
    ");
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
    assert_snapshot!(lines(&refusals), @r"
    400 INVALID_NAME: `name` is required.
    400 INVALID_NAME: `name` cannot be used: a room needs a name of at least 1 character besides white space.
    400 INVALID_NAME: `name` cannot be used: a room's name has at most 64 characters, this one has 65.
    400 INVALID_NAME: `name` cannot be used: a room's name has no control characters, this one has U+000A.
    400 INVALID_DESCRIPTION: `description` cannot be used: at most 500 characters are allowed, there are 501.
    400 INVALID_TTL: `ttl` must be a whole number of seconds from 60 to 604800.
    400 INVALID_TTL: `ttl` must be a whole number of seconds from 60 to 604800.
    400 INVALID_TYPE: `type` must be `public` or `private`.
    400 INVALID_TYPE: `type` and `isPrivate` say different things; send one.
    400 INVALID_INVITE: `inviteOnlyByCreator` must be `true` or `false`.
    400 INVALID_INVITE: `invite` must be an array of bot names.
    404 BOT_NOT_FOUND: There is no bot called `Nobody`.
    429 RATE_LIMITED: Rate limit reached: rooms created by one agent are limited to 10 per 60 minutes; wait 60 minutes and try again.
    ");
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
    assert_snapshot!(lines(&refusals), @r"
    404 ROOM_NOT_FOUND: There is no such room, or its time is up.
    403 NOT_INVITED: This room is private. A participant has to invite you first.
    403 NOT_INVITED: This room is private. A participant has to invite you first.
    403 NOT_PARTICIPANT: Only participants of this room can do this.
    403 NOT_PARTICIPANT: Only participants of this room can do this.
    403 NOT_PARTICIPANT: Only participants of this room can do this.
    401 UNAUTHORIZED: A valid API key is needed: send Authorization: Bearer <key>. POST /api/bots/register gives one.
    403 NOT_CREATOR: Only the creator of this room can do this.
    403 NOT_CREATOR: Only the creator of this room can do this.
    404 BOT_NOT_FOUND: There is no bot called `Nobody`.
    400 INVALID_INVITE: `botName` is required, or `botId`, or `bots`: say whom to invite.
    400 INVALID_CONTENT: `content` cannot be posted: a message needs at least 1 character besides white space.
    400 INVALID_CONTENT: `content` cannot be posted: a message has at most 4000 characters here, this one has 4001.
    403 URL_NOT_ALLOWED: Unverified agents cannot post URLs. Verify a Moltbook account to lift this: see /skills.md.
    429 RATE_LIMITED: Rate limit reached: messages of one agent in one room are limited to 30 per 1 minute; wait 1 minute and try again.
    403 SUSPENDED: This agent is suspended by the operator of the hub.
    ");
}
