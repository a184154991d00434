//! `GET /api/rooms/list`: which rooms there are, and how much of each is told to whom.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{AgentCaller, TestApp};

use super::support::{DEFAULT_TTL, assert_disliked, assert_refused, each, listed, members};

const PATH: &str = "/api/rooms/list";

/// What anybody may know of a private room, by the alphabet.
const METADATA: [&str; 8] =
    ["createdAt", "createdBy", "expiresAt", "id", "memberCount", "messageCount", "name", "type"];

/// Rooms `0`, `1`, … that were opened a second after one another; each third one is private.
async fn rooms(app: &TestApp, creator: &AgentCaller, count: usize) {
    for index in 0..count {
        let kind = if index % 3 == 2 { "private" } else { "public" };
        let fields = json!({ "name": index.to_string(), "type": kind, "ttl": 3600 });
        let _ = creator.create_room(&fields).await.expect(201);
        app.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn where_there_are_no_rooms_the_list_is_empty() {
    let app = TestApp::start().await;
    assert_snapshot!(app.get(PATH).await, @r#"200 {"success":true,"rooms":[],"total":0}"#);
}

#[tokio::test]
async fn a_public_room_is_listed_whole_and_a_private_one_as_metadata() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let open = json!({ "name": "open", "description": "Come in." });
    let open = ada.create_room(&open).await.expect(201).json()["room"].clone();
    assert_eq!(app.get(PATH).await.json(), json!({ "success": true, "rooms": [open], "total": 1 }));
    app.advance(Duration::from_secs(1));
    let closed = json!({ "name": "closed", "description": "Secret plans.", "type": "private", "invite": ["Eve"] });
    let closed = ada.create_room(&closed).await.expect(201).str_at("/room/id");
    let _ = eve.says_in(&closed, "a secret").await;
    assert_snapshot!(app.get(PATH).await.redacted(), @r#"200 {"success":true,"rooms":[{"id":"<uuid>","name":"closed","type":"private","createdBy":"Ada","createdAt":"<time>","expiresAt":"<time>","memberCount":2,"messageCount":1},{"id":"<uuid>","name":"open","description":"Come in.","type":"public","createdBy":"Ada","createdAt":"<time>","expiresAt":"<time>","ttl":600,"memberCount":1,"messageCount":0,"lastMessageAt":null}],"total":2}"#);
}

#[tokio::test]
async fn participants_see_their_private_rooms_whole() {
    let app = TestApp::start().await;
    let [ada, eve, kim, zoe] = app.bots(["Ada", "Eve", "Kim", "Zoe"]).await;
    let room = ada.private_room("closed", &["Eve", "Kim"]).await;
    let _ = eve.says_in(&room, "a secret").await;
    for participant in [&ada, &eve, &kim] {
        let seen = participant.get(PATH).await.expect(200).json()["rooms"][0].clone();
        assert_eq!(seen["ttl"], 600, "{}", participant.name);
        assert!(seen["lastMessageAt"].is_string(), "{}", participant.name);
        assert!(members(&seen).contains(&"description"), "{}", participant.name);
    }
    for seen in [zoe.get(PATH).await, app.get(PATH).await] {
        assert_eq!(members(&seen.expect(200).json()["rooms"][0]), METADATA);
    }
    let _ = eve.leave(&room).await.expect(200);
    assert_eq!(members(&eve.get(PATH).await.json()["rooms"][0]), METADATA, "who has left is no participant");
}

#[tokio::test]
async fn the_newest_room_comes_first() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    rooms(&app, &ada, 5).await;
    assert_eq!(listed(&app, "").await, ["4", "3", "2", "1", "0"]);
    // What happens in a room does not move it.
    let oldest = each(&app.get(PATH).await.json()["rooms"], "id")[4].to_owned();
    let _ = ada.says_in(&oldest, "hello").await;
    assert_eq!(listed(&app, "").await, ["4", "3", "2", "1", "0"]);
}

#[tokio::test]
async fn rooms_of_one_moment_have_a_fixed_order() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for index in 0..8 {
        let _ = ada.public_room(&index.to_string()).await;
    }
    let all = listed(&app, "").await;
    assert_eq!(all, ["7", "6", "5", "4", "3", "2", "1", "0"]);
    for (offset, name) in all.iter().enumerate() {
        assert_eq!(listed(&app, &format!("?limit=1&offset={offset}")).await, [&**name]);
    }
}

#[tokio::test]
async fn the_list_can_be_of_one_type() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    rooms(&app, &ada, 6).await;
    for (query, names) in [
        ("?type=public", vec!["4", "3", "1", "0"]),
        ("?type=private", vec!["5", "2"]),
        ("?type=private&limit=1&offset=1", vec!["2"]),
        ("?type=public&offset=3", vec!["0"]),
    ] {
        assert_eq!(listed(&app, query).await, names, "{query}");
        let total = app.get(&format!("{PATH}{query}")).await.json()["total"].clone();
        assert_eq!(total, if query.contains("public") { 4 } else { 2 }, "{query}");
    }
    for kind in ["", "secret", "Public", "lobby"] {
        assert_refused(&app.get(&format!("{PATH}?type={kind}")).await, 400, "INVALID_TYPE");
    }
}

#[tokio::test]
async fn a_page_is_cut_by_limit_and_offset_and_total_counts_all() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    rooms(&app, &ada, 6).await;
    let all = listed(&app, "").await;
    for offset in 0..8 {
        for limit in 1..8 {
            let query = format!("?limit={limit}&offset={offset}");
            let expected: Vec<_> = all.iter().skip(offset).take(limit).cloned().collect();
            assert_eq!(listed(&app, &query).await, expected, "{query}");
            assert_eq!(app.get(&format!("{PATH}{query}")).await.json()["total"], 6, "{query}");
        }
    }
    assert_eq!(listed(&app, "?offset=1000000").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_has_50_rooms_unless_asked_otherwise_and_at_most_100() {
    let app = TestApp::start_unlimited().await;
    let mut names = Vec::new();
    for creator in 0..11 {
        let ada = app.bot(&format!("bot-{creator}")).await;
        for index in 0..10 {
            names.push(format!("{creator}.{index}"));
            let _ = ada.public_room(&names[creator * 10 + index]).await;
        }
        app.advance(Duration::from_secs(1));
    }
    names.reverse();
    assert_eq!(listed(&app, "").await, names[..50]);
    assert_eq!(listed(&app, "?limit=100").await, names[..100]);
    assert_eq!(listed(&app, "?limit=100&offset=100").await, names[100..]);
    assert_eq!(app.get(PATH).await.json()["total"], 110);
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let app = TestApp::start().await;
    for (query, code, field) in [
        ("limit=0", "INVALID_LIMIT", "limit"),
        ("limit=101", "INVALID_LIMIT", "limit"),
        ("limit=x", "INVALID_LIMIT", "limit"),
        ("limit=", "INVALID_LIMIT", "limit"),
        ("offset=-1", "INVALID_OFFSET", "offset"),
        ("offset=x", "INVALID_OFFSET", "offset"),
        ("offset=1000001", "INVALID_OFFSET", "offset"),
        ("type=secret", "INVALID_TYPE", "type"),
    ] {
        assert_disliked(&app.get(&format!("{PATH}?{query}")).await, code, field);
    }
    assert_refused(&app.get(&format!("{PATH}?limit=1&limit=2")).await, 400, "INVALID_QUERY");
    let _ = app.get(&format!("{PATH}?limit=100&offset=0&type=public&x=y")).await.expect(200);
}

#[tokio::test]
async fn rooms_that_have_expired_or_were_destroyed_are_neither_listed_nor_counted() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let _ = ada.public_room("early").await;
    app.advance(Duration::from_secs(1));
    let _ = ada.public_room("late").await;
    let destroyed = ada.public_room("destroyed").await;
    let _ = ada.destroy(&destroyed).await.expect(200);
    assert_eq!(listed(&app, "").await, ["late", "early"]);
    app.advance(DEFAULT_TTL.saturating_sub(Duration::from_millis(1_001)));
    assert_eq!(listed(&app, "").await, ["late", "early"]);
    app.advance(Duration::from_millis(1));
    assert_eq!(listed(&app, "").await, ["late"]);
    assert_eq!(app.get(PATH).await.json()["total"], 1);
    app.advance(Duration::from_secs(1));
    assert_snapshot!(app.get(PATH).await, @r#"200 {"success":true,"rooms":[],"total":0}"#);
}

#[tokio::test]
async fn the_counts_of_a_room_are_live() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    let seen = async || app.get(PATH).await.json()["rooms"][0].clone();
    let _ = ada.says_in(&room, "one").await;
    app.advance(Duration::from_secs(5));
    let last = eve.say_in(&room, "two").await.expect(201).str_at("/message/createdAt");
    let shown = seen().await;
    assert_eq!((&shown["memberCount"], &shown["messageCount"]), (&json!(2), &json!(2)));
    assert_eq!(shown["lastMessageAt"], *last);
    let _ = eve.leave(&room).await.expect(200);
    assert_eq!(seen().await["memberCount"], 1);
}

#[tokio::test]
async fn the_lobby_is_no_room_of_the_list() {
    let app = TestApp::start_unlimited().await;
    let _ = app.bot("Ada").await.say_globally("hello").await.expect(201);
    assert_eq!(app.get(PATH).await.json()["total"], 0);
}
