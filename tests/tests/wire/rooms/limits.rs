//! How often what may be done through rooms.

use std::time::Duration;

use serde_json::json;
use tertulia_core::Limit;
use tertulia_testkit::{AgentCaller, TestApp};

use super::support::{assert_limited, assert_refused};

/// Says as much in a room as fits into a window, and checks that each answer says what is left.
async fn fill(bot: &AgentCaller, room: &str) {
    for left in (0..30).rev() {
        let said = bot.say_in(room, &left.to_string()).await.expect(201);
        assert_eq!(said.number_in("x-ratelimit-limit"), 30);
        assert_eq!(said.number_in("x-ratelimit-remaining"), left);
    }
}

#[tokio::test]
async fn a_bot_says_30_things_a_minute_in_a_room() {
    let app = TestApp::with(crate::any_address).start().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    fill(&ada, &room).await;
    assert_limited(&app, &ada.say_in(&room, "one more").await, 30, 60);
    app.advance(Duration::from_millis(59_999));
    assert_eq!(ada.say_in(&room, "one more").await.expect(429).number_in("retry-after"), 1);
    app.advance(Duration::from_millis(1));
    fill(&ada, &room).await;
    assert_eq!(ada.look_at(&room).await.json()["room"]["messageCount"], 60);
}

#[tokio::test]
async fn each_bot_and_each_room_is_counted_alone_and_the_lobby_too() {
    let app = TestApp::with(crate::any_address).start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let (room, other) = (ada.public_room("open").await, ada.private_room("closed", &["Eve"]).await);
    fill(&ada, &room).await;
    fill(&eve, &room).await;
    fill(&ada, &other).await;
    let _ = ada.say_globally("hello").await.expect(201);
    for (bot, room) in [(&ada, &room), (&eve, &room), (&ada, &other)] {
        assert_refused(&bot.say_in(room, "one more").await, 429, "RATE_LIMITED");
    }
    let _ = eve.says_in(&other, "my first here").await;
}

#[tokio::test]
async fn a_badge_changes_nothing_in_a_room() {
    let app = TestApp::with(crate::any_address).start().await;
    let ada = app.bot("Ada").await;
    app.verify(&ada, "ada_m").await;
    let room = ada.public_room("open").await;
    fill(&ada, &room).await;
    assert_limited(&app, &ada.say_in(&room, "one more").await, 30, 60);
}

#[tokio::test]
async fn what_is_refused_in_a_room_is_not_counted() {
    let app = TestApp::with(crate::any_address).start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &[]).await;
    for _ in 0..3 {
        let _ = ada.say_in(&room, "").await.expect(400);
        let _ = ada.say_in(&room, &"x".repeat(4_001)).await.expect(400);
        let _ = ada.post(&format!("/api/rooms/{room}/messages"), "{").await.expect(400);
    }
    fill(&ada, &room).await;
    for _ in 0..40 {
        let _ = eve.say_in(&room, "let me in").await.expect(403);
    }
    let _ = ada.invite(&room, "Eve").await.expect(200);
    fill(&eve, &room).await;
}

#[tokio::test]
async fn who_is_over_the_limit_is_not_counted_again_and_does_not_join() {
    let app = TestApp::with(crate::any_address).start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    fill(&eve, &room).await;
    let _ = eve.leave(&room).await.expect(200);
    for _ in 0..5 {
        assert_refused(&eve.say_in(&room, "one more").await, 429, "RATE_LIMITED");
    }
    assert_eq!(ada.look_at(&room).await.json()["room"]["memberCount"], 1);
    app.advance(Duration::from_mins(1));
    fill(&eve, &room).await;
}

#[tokio::test]
async fn a_bot_opens_ten_rooms_an_hour() {
    let app = TestApp::with(crate::any_address).start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let create = async |bot: &AgentCaller| bot.create_room(&json!({ "name": "a room", "ttl": 7200 })).await;
    for left in (0..10).rev() {
        let created = create(&ada).await.expect(201);
        assert_eq!(created.number_in("x-ratelimit-limit"), 10);
        assert_eq!(created.number_in("x-ratelimit-remaining"), left);
    }
    assert_limited(&app, &create(&ada).await, 10, 3_600);
    let _ = create(&eve).await.expect(201);
    assert_eq!(app.get("/api/rooms/list").await.json()["total"], 11);
    app.advance(Duration::from_hours(1).saturating_sub(Duration::from_millis(1)));
    assert_eq!(create(&ada).await.expect(429).number_in("retry-after"), 1);
    app.advance(Duration::from_millis(1));
    let _ = create(&ada).await.expect(201);
}

#[tokio::test]
async fn destroying_rooms_gives_nothing_back() {
    let app = TestApp::with(crate::any_address).start().await;
    let ada = app.bot("Ada").await;
    for _ in 0..10 {
        let room = ada.public_room("a room").await;
        let _ = ada.destroy(&room).await.expect(200);
    }
    assert_refused(&ada.create_room(&json!({ "name": "a room" })).await, 429, "RATE_LIMITED");
}

#[tokio::test]
async fn a_room_that_was_refused_is_not_counted() {
    let app = TestApp::with(crate::any_address).start().await;
    let ada = app.bot("Ada").await;
    for _ in 0..12 {
        let _ = ada.create_room(&json!({ "name": "" })).await.expect(400);
        let _ = ada.create_room(&json!({ "name": "a room", "ttl": 1 })).await.expect(400);
        let _ = ada.create_room(&json!({ "name": "a room", "invite": ["Nobody"] })).await.expect(404);
    }
    assert_eq!(ada.create_room(&json!({ "name": "a room" })).await.expect(201).number_in("x-ratelimit-remaining"), 9);
}

#[tokio::test]
async fn an_address_asks_120_times_a_minute_on_both_surfaces_together() {
    let app = TestApp::with(|_| {}).start().await;
    let ada = app.bot("Ada").await;
    for index in 0..119 {
        let paths = ["/api/messages", "/api/global/messages", "/api/rooms/list", "/api/agents", "/api/global/info"];
        let _ = app.get(paths[index % paths.len()]).await.expect(200);
    }
    for path in ["/api/rooms/list", "/api/global/messages", "/api/messages", "/api/global/stream"] {
        assert_limited(&app, &app.get(path).await, 120, 60);
    }
    assert_refused(&ada.say_globally("hello").await, 429, "RATE_LIMITED");
    let _ = app.get("/heartbeat.md").await.expect(200);
    app.advance(Duration::from_mins(1));
    let _ = ada.say_globally("hello").await.expect(201);
}

#[tokio::test]
async fn streams_of_rooms_and_of_the_lobby_are_counted_together() {
    let app = TestApp::with(crate::any_address).start().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(app.stream().await);
        open.push(app.room_stream("global").await);
    }
    open.push(app.room_stream(&room).await);
    open.push(ada.room_stream(&app, &room).await);
    let refused = [
        app.get("/api/stream").await,
        app.get("/api/global/stream").await,
        app.get(&format!("/api/rooms/{room}/stream")).await,
    ];
    for reply in &refused {
        assert_refused(reply, 429, "TOO_MANY_STREAMS");
        assert_eq!(reply.text(), refused[0].text());
        assert!(reply.number_in("retry-after") > 0);
    }
    let _ = ada.destroy(&room).await.expect(200);
    open.pop().unwrap().ends().await;
    tertulia_testkit::eventually("a place to be free", async || {
        let mut connection = tertulia_testkit::Connection::open(app.address()).await;
        connection.send(&tertulia_testkit::Request::new("GET", "/api/global/stream")).await;
        (connection.read_head().await.0 == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_limit_is_told_where_there_is_none() {
    let app = TestApp::with(|config| {
        crate::any_address(config);
        config.limits.lobby_unverified = Limit::Off;
    })
    .start()
    .await;
    let ada = app.bot("Ada").await;
    assert_eq!(ada.say_globally("hello").await.expect(201).header("x-ratelimit-limit"), None);
}
