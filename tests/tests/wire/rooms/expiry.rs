//! The end of a room: exact for readers and writers, and for good.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{AgentCaller, Connection, Reply, TestApp};

use super::support::{DEFAULT_TTL, LONGEST_TTL, SHORTEST_TTL, SWEPT_AFTER, assert_refused, listed, moment, swept_to};

const MOMENT: Duration = Duration::from_millis(1);

/// An answer to everything that can be asked of a room.
async fn everything(bot: &AgentCaller, room: &str) -> Vec<(&'static str, Reply)> {
    vec![
        ("look", bot.look_at(room).await),
        ("read", bot.read(room).await),
        ("page", bot.get(&format!("/api/rooms/{room}/messages?limit=1&before=0001-000000000002-00000000")).await),
        ("say", bot.say_in(room, "hello?").await),
        ("invite", bot.invite(room, "Kim").await),
        ("join", bot.join(room).await),
        ("stream", bot.get(&format!("/api/rooms/{room}/stream")).await),
        ("leave", bot.leave(room).await),
        ("destroy", bot.destroy(room).await),
    ]
}

async fn assert_gone(app: &TestApp, bots: &[&AgentCaller], room: &str) {
    for bot in bots {
        for (what, reply) in everything(&bot.at(app), room).await {
            assert_eq!((reply.status, reply.code().as_str()), (404, "ROOM_NOT_FOUND"), "{what}: {reply}");
        }
    }
    assert_refused(&app.get(&format!("/api/rooms/{room}")).await, 404, "ROOM_NOT_FOUND");
    assert_refused(&app.get(&format!("/api/rooms/{room}/messages")).await, 404, "ROOM_NOT_FOUND");
}

#[tokio::test]
async fn a_room_lives_until_the_last_moment_and_not_a_moment_longer() {
    for ttl in [SHORTEST_TTL, DEFAULT_TTL, LONGEST_TTL] {
        let app = TestApp::start_unlimited().await;
        let [ada, eve, _] = app.bots(["Ada", "Eve", "Kim"]).await;
        let fields = json!({ "name": "closed", "type": "private", "ttl": ttl.as_secs(), "invite": ["Eve"] });
        let closed = ada.create_room(&fields).await.expect(201).str_at("/room/id");
        let fields = json!({ "name": "open", "ttl": ttl.as_secs() });
        let open = ada.create_room(&fields).await.expect(201).str_at("/room/id");
        app.advance(ttl.saturating_sub(MOMENT));
        for room in [&closed, &open] {
            let _ = eve.says_in(room, "the last word").await;
            assert_eq!(ada.read(room).await.expect(200).contents(), ["the last word"]);
        }
        assert_eq!(listed(&app, "").await.len(), 2);
        app.advance(MOMENT);
        for room in [&closed, &open] {
            assert_gone(&app, &[&ada, &eve], room).await;
        }
        assert_eq!(listed(&app, "").await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_moment_is_the_one_that_was_printed() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    app.advance(Duration::from_millis(12_345));
    let created = ada.create_room(&json!({ "name": "open", "ttl": 61 })).await.expect(201);
    let (room, ends) = (created.str_at("/room/id"), created.str_at("/room/expiresAt"));
    app.advance(Duration::from_secs(61).saturating_sub(MOMENT));
    assert!(moment(&app, Duration::ZERO) < ends);
    let _ = ada.look_at(&room).await.expect(200);
    app.advance(MOMENT);
    assert_eq!(moment(&app, Duration::ZERO), ends);
    assert_refused(&ada.look_at(&room).await, 404, "ROOM_NOT_FOUND");
}

#[tokio::test]
async fn a_room_ends_while_the_hub_is_stopped() {
    let mut app = TestApp::start_unlimited().await;
    let [ada, eve, _] = app.bots(["Ada", "Eve", "Kim"]).await;
    let (open, closed) = (ada.public_room("open").await, ada.private_room("closed", &["Eve"]).await);
    for room in [&open, &closed] {
        let _ = eve.says_in(room, "hello").await;
    }
    app.stop().await;
    app.advance(DEFAULT_TTL);
    app.restart().await;
    for room in [&open, &closed] {
        assert_gone(&app, &[&ada, &eve], room).await;
    }
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_room_that_lives_across_a_restart_ends_when_it_was_to_end() {
    let mut app = TestApp::start_unlimited().await;
    let [ada, _] = app.bots(["Ada", "Kim"]).await;
    let room = ada.public_room("open").await;
    app.advance(DEFAULT_TTL.saturating_sub(Duration::from_secs(10)));
    app.restart().await;
    app.advance(Duration::from_secs(10).saturating_sub(MOMENT));
    let _ = ada.at(&app).says_in(&room, "still here").await;
    app.advance(MOMENT);
    assert_gone(&app, &[&ada], &room).await;
}

#[tokio::test]
async fn an_expired_room_stays_gone_after_a_restart() {
    let mut app = TestApp::start_unlimited().await;
    let [ada, _] = app.bots(["Ada", "Kim"]).await;
    let room = ada.public_room("open").await;
    app.advance(DEFAULT_TTL);
    for _ in 0..2 {
        app.restart().await;
        assert_gone(&app, &[&ada], &room).await;
    }
    app.advance(SWEPT_AFTER);
    assert_gone(&app, &[&ada], &room).await;
}

#[tokio::test]
async fn rooms_end_each_at_its_own_time() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    for ttl in [90, 60, 120, 75] {
        let _ = ada.create_room(&json!({ "name": ttl.to_string(), "ttl": ttl })).await.expect(201);
    }
    let mut seen = Vec::new();
    app.advance(Duration::from_secs(59));
    for _ in 0..62 {
        seen.push(listed(&app, "").await.len());
        app.advance(Duration::from_secs(1));
    }
    let expected: Vec<_> = (59..121).map(|now| [90, 60, 120, 75].iter().filter(|ttl| **ttl > now).count()).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_room_that_has_expired_does_not_count_as_the_creators_name_and_may_be_opened_again() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let first = ada.private_room("ops", &["Eve"]).await;
    let _ = eve.says_in(&first, "before").await;
    app.advance(DEFAULT_TTL);
    let second = ada.private_room("ops", &[]).await;
    assert_ne!(first, second);
    assert_refused(&eve.say_in(&second, "hello").await, 403, "NOT_INVITED");
    assert_eq!(ada.read(&second).await.contents(), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_said_is_out_of_the_store_within_a_minute() {
    let mut app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("a name like no other", &["Eve"]).await;
    let lasting = json!({ "name": "lasting", "ttl": 3600 });
    let lasting = ada.create_room(&lasting).await.expect(201).str_at("/room/id");
    for bot in [&ada, &eve] {
        let _ = bot.says_in(&room, "a text like no other").await;
        let _ = bot.says_in(&lasting, "what is meant to stay").await;
    }
    assert_eq!(app.inspected().await.messages, 4);
    app.advance(DEFAULT_TTL);
    app.advance(SWEPT_AFTER);
    swept_to(&app, 2).await;
    assert_eq!(ada.read(&lasting).await.expect(200).contents().len(), 2);
    app.stop().await;
    for words in ["a text like no other", "a name like no other"] {
        assert_eq!(app.files_with(words.as_bytes()), Vec::<String>::new(), "{words}");
    }
    assert_ne!(app.files_with(b"what is meant to stay"), Vec::<String>::new());
}

#[tokio::test]
async fn what_expired_while_the_hub_was_stopped_is_out_of_the_store_within_a_minute() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.private_room("closed", &[]).await;
    let _ = ada.says_in(&room, "a text like no other").await;
    app.stop().await;
    app.advance(DEFAULT_TTL);
    app.restart().await;
    // The hub is at work again.
    let _ = app.get("/api/rooms/list").await.expect(200);
    app.advance(SWEPT_AFTER);
    swept_to(&app, 0).await;
    app.stop().await;
    assert_eq!(app.files_with(b"a text like no other"), Vec::<String>::new());
}

#[tokio::test]
async fn many_rooms_end_at_once_and_the_lobby_goes_on() {
    let app = TestApp::start_unlimited().await;
    for creator in 0..20 {
        let bot = app.bot(&format!("bot-{creator}")).await;
        for index in 0..10 {
            let room = bot.public_room(&index.to_string()).await;
            let _ = bot.says_in(&room, "hello").await;
        }
    }
    let ada = app.bot("Ada").await;
    assert_eq!(app.get("/api/rooms/list").await.json()["total"], 200);
    app.advance(DEFAULT_TTL);
    assert_eq!(app.get("/api/rooms/list").await.json()["total"], 0);
    let _ = ada.say_globally("still here").await.expect(201);
    app.advance(SWEPT_AFTER);
    swept_to(&app, 1).await;
    assert_eq!(app.get("/api/global/messages").await.contents(), ["still here"]);
}

#[tokio::test]
async fn a_calendar_that_jumps_ahead_ends_rooms_for_readers_and_writers_at_once() {
    let app = TestApp::start_unlimited().await;
    let [ada, _] = app.bots(["Ada", "Kim"]).await;
    let room = ada.public_room("open").await;
    app.clock().jump(i64::try_from(DEFAULT_TTL.as_secs()).unwrap());
    assert_gone(&app, &[&ada], &room).await;
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_over_does_not_come_back_when_the_calendar_is_set_back() {
    let mut app = TestApp::start_unlimited().await;
    let [ada, _] = app.bots(["Ada", "Kim"]).await;
    let room = ada.public_room("open").await;
    let _ = ada.says_in(&room, "hello").await;
    let mut stream = app.room_stream(&room).await;
    let _ = stream.next_of("history").await;
    app.advance(DEFAULT_TTL);
    stream.ends().await;
    app.clock().jump(-3_600);
    assert_gone(&app, &[&ada], &room).await;
    app.clock().jump(3_600);
    swept_to(&app, 0).await;
    app.clock().jump(-3_600);
    for _ in 0..2 {
        assert_gone(&app, &[&ada], &room).await;
        assert_eq!(listed(&app, "").await, Vec::<String>::new());
        assert_eq!(app.get("/api/rooms/list").await.json()["total"], 0);
        app.restart().await;
    }
}

#[tokio::test]
async fn a_body_that_arrives_after_the_end_is_too_late_however_early_it_began() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let other = ada.create_room(&json!({ "name": "lasting", "ttl": 3600 })).await.expect(201).str_at("/room/id");
    app.advance(DEFAULT_TTL.saturating_sub(MOMENT));
    let body = br#"{"content":"a long thought"}"#;
    let mut connections = Vec::new();
    for room in [&room, &other] {
        let request = ada.request("POST", &format!("/api/rooms/{room}/messages"));
        let request = request.header("Content-Length", &body.len().to_string()).body(&body[..10]);
        let mut connection = Connection::open(app.address()).await;
        connection.send(&request).await;
        connections.push(connection);
    }
    app.advance(MOMENT);
    for (connection, status) in connections.iter_mut().zip([404, 201]) {
        connection.send_bytes(&body[10..]).await;
        let _ = connection.read_reply(false).await.expect(status);
    }
}
