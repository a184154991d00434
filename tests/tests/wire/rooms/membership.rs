//! `POST /api/rooms/:id/join` and `POST /api/rooms/:id/leave`.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{AgentCaller, TestApp};

use super::support::{NO_ROOM, assert_refused, with_members};

/// Names of a room's members as its creator sees them.
async fn members(creator: &AgentCaller, room: &str) -> Vec<String> {
    let (seen, members) = with_members(creator.look_at(room).await);
    assert_eq!(seen["memberCount"], members.len());
    members
}

#[tokio::test]
async fn anybody_joins_a_public_room() {
    let app = TestApp::start().await;
    let (ada, eve, kim) = (app.bot("Ada").await, app.bot("Eve").await, app.agent("Kim").await);
    let room = ada.public_room("open").await;
    for bot in [&eve, &kim] {
        assert_eq!(bot.join(&room).await.expect(200).json()["success"], true);
    }
    assert_eq!(members(&ada, &room).await, ["Ada", "Eve", "Kim"]);
}

#[tokio::test]
async fn joining_twice_changes_nothing() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    let first = eve.join(&room).await.expect(200);
    for bot in [&eve, &ada, &eve] {
        assert_eq!(bot.join(&room).await.expect(200).json()["success"], true);
    }
    assert_eq!(first.json()["success"], true);
    assert_eq!(members(&ada, &room).await, ["Ada", "Eve"]);
}

#[tokio::test]
async fn only_the_invited_join_a_private_room() {
    let app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let _ = eve.join(&room).await.expect(200);
    assert_snapshot!(kim.join(&room).await, @r#"403 {"success":false,"error":"This room is private. A participant has to invite you first.","code":"NOT_INVITED"}"#);
    assert_eq!(members(&ada, &room).await, ["Ada", "Eve"]);
}

#[tokio::test]
async fn a_member_leaves_and_is_no_member_any_more() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    let _ = eve.says_in(&room, "hello").await;
    assert_eq!(eve.leave(&room).await.expect(200).json()["success"], true);
    assert_eq!(members(&ada, &room).await, ["Ada"]);
    assert_eq!(app.get(&format!("/api/rooms/{room}/messages")).await.contents(), ["hello"], "what it said stays");
    assert_refused(&eve.leave(&room).await, 403, "NOT_PARTICIPANT");
}

#[tokio::test]
async fn who_was_never_in_cannot_leave() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    for room in [ada.public_room("open").await, ada.private_room("closed", &[]).await] {
        assert_refused(&eve.leave(&room).await, 403, "NOT_PARTICIPANT");
        assert_refused(&app.post(&format!("/api/rooms/{room}/leave"), "").await, 401, "UNAUTHORIZED");
        assert_refused(&app.post(&format!("/api/rooms/{room}/join"), "").await, 401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn who_has_left_a_public_room_may_come_back() {
    let app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.public_room("open").await;
    for bot in [&eve, &kim] {
        let _ = bot.join(&room).await.expect(200);
    }
    let _ = eve.leave(&room).await.expect(200);
    assert_eq!(members(&ada, &room).await, ["Ada", "Kim"]);
    app.advance(Duration::from_millis(1));
    let _ = eve.join(&room).await.expect(200);
    assert_eq!(members(&ada, &room).await, ["Ada", "Kim", "Eve"]);
}

#[tokio::test]
async fn a_private_room_is_left_for_good_until_invited_again() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let _ = eve.says_in(&room, "hello").await;
    let _ = eve.leave(&room).await.expect(200);
    assert_refused(&eve.join(&room).await, 403, "NOT_INVITED");
    assert_refused(&eve.say_in(&room, "hello again").await, 403, "NOT_INVITED");
    assert_refused(&eve.invite(&room, "Ada").await, 403, "NOT_PARTICIPANT");
    assert_eq!(eve.read(&room).await.expect(200).json()["hidden"], true);
    assert_eq!(ada.invite(&room, "Eve").await.expect(200).json()["invited"], json!(["Eve"]));
    assert_eq!(eve.read(&room).await.expect(200).contents(), ["hello"]);
    let _ = eve.says_in(&room, "hello again").await;
}

#[tokio::test]
async fn an_invited_bot_that_leaves_declines() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let _ = eve.leave(&room).await.expect(200);
    assert_refused(&eve.join(&room).await, 403, "NOT_INVITED");
    assert_refused(&eve.leave(&room).await, 403, "NOT_PARTICIPANT");
    assert_eq!(members(&ada, &room).await, ["Ada"]);
}

#[tokio::test]
async fn the_creator_may_leave_and_come_back_and_keeps_the_right_to_destroy() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    for room in [ada.public_room("open").await, ada.private_room("closed", &["Eve"]).await] {
        let _ = eve.join(&room).await.expect(200);
        let _ = ada.leave(&room).await.expect(200);
        assert_eq!(members(&eve, &room).await, ["Eve"]);
        assert_eq!(eve.look_at(&room).await.str_at("/room/createdBy"), "Ada");
        app.advance(Duration::from_millis(1));
        let _ = ada.join(&room).await.expect(200);
        assert_eq!(members(&eve, &room).await, ["Eve", "Ada"]);
        let _ = ada.leave(&room).await.expect(200);
        let _ = ada.destroy(&room).await.expect(200);
        assert_refused(&eve.look_at(&room).await, 404, "ROOM_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_creator_that_has_left_is_no_member_and_remains_a_participant() {
    let app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let mut stream = ada.room_stream(&app, &room).await;
    let _ = stream.next_of("history").await;
    let _ = ada.leave(&room).await.expect(200);
    assert_refused(&ada.leave(&room).await, 403, "NOT_PARTICIPANT");
    assert_eq!(stream.next_of("room").await.json()["data"], json!({ "event": "left", "bot": "Ada" }));
    let _ = eve.says_in(&room, "still heard").await;
    assert_eq!(stream.next_contents(1).await, ["still heard"]);
    assert_eq!(ada.read(&room).await.expect(200).contents(), ["still heard"]);
    assert_eq!(ada.invite(&room, "Kim").await.expect(200).json()["invited"], json!(["Kim"]));
    assert_eq!(members(&kim, &room).await, ["Eve"]);
    app.advance(Duration::from_millis(1));
    let _ = ada.says_in(&room, "back").await;
    assert_eq!(members(&kim, &room).await, ["Eve", "Ada"]);
}

#[tokio::test]
async fn a_room_that_everybody_has_left_lives_on() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    let _ = ada.leave(&room).await.expect(200);
    assert_eq!(members(&eve, &room).await, Vec::<String>::new());
    let _ = eve.says_in(&room, "hello").await;
    assert_eq!(members(&eve, &room).await, ["Eve"]);
}

#[tokio::test]
async fn a_body_is_not_needed_and_not_read() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    for body in ["", "{}", " ", "nonsense"] {
        for action in ["join", "leave"] {
            let _ = eve.post(&format!("/api/rooms/{room}/{action}"), body).await.expect(200);
        }
    }
}

#[tokio::test]
async fn nobody_joins_or_leaves_where_there_is_no_room() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for id in [NO_ROOM, "x", "%00", &ada.id] {
        assert_refused(&ada.join(id).await, 404, "ROOM_NOT_FOUND");
        assert_refused(&ada.leave(id).await, 404, "ROOM_NOT_FOUND");
    }
}

#[tokio::test]
async fn who_is_in_is_so_after_a_restart() {
    let mut app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Eve", "Kim"]).await;
    for bot in [&kim, &eve] {
        let _ = bot.join(&room).await.expect(200);
    }
    let _ = kim.leave(&room).await.expect(200);
    app.restart().await;
    assert_eq!(members(&ada.at(&app), &room).await, ["Ada", "Eve"]);
    assert_refused(&kim.at(&app).join(&room).await, 403, "NOT_INVITED");
}
