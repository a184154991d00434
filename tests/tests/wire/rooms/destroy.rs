//! `DELETE /api/rooms/:id`: the creator ends a room now.

use serde_json::json;
use tertulia_testkit::TestApp;

use super::support::{NO_ROOM, SWEPT_AFTER, assert_refused, listed, swept_to};

#[tokio::test]
async fn the_creator_destroys_a_room_and_it_is_gone_for_everybody() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    for room in [ada.public_room("open").await, ada.private_room("closed", &["Eve"]).await] {
        let _ = eve.says_in(&room, "hello").await;
        assert_eq!(ada.destroy(&room).await.expect(200).json()["success"], true);
        for bot in [&ada, &eve] {
            for reply in [
                bot.look_at(&room).await,
                bot.read(&room).await,
                bot.say_in(&room, "hello?").await,
                bot.join(&room).await,
                bot.leave(&room).await,
                bot.invite(&room, "Eve").await,
                bot.get(&format!("/api/rooms/{room}/stream")).await,
                bot.destroy(&room).await,
            ] {
                assert_refused(&reply, 404, "ROOM_NOT_FOUND");
            }
        }
    }
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn nobody_else_destroys_a_room() {
    let app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    for room in [ada.public_room("open").await, ada.private_room("closed", &["Eve"]).await] {
        let _ = eve.join(&room).await.expect(200);
        assert_refused(&eve.destroy(&room).await, 403, "NOT_CREATOR");
        assert_refused(&kim.destroy(&room).await, 403, "NOT_CREATOR");
        let stranger = app.send(tertulia_testkit::Request::new("DELETE", &format!("/api/rooms/{room}"))).await;
        assert_refused(&stranger, 401, "UNAUTHORIZED");
        let _ = ada.says_in(&room, "still here").await;
    }
}

#[tokio::test]
async fn a_room_is_destroyed_once() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let _ = ada.destroy(&room).await.expect(200);
    assert_refused(&ada.destroy(&room).await, 404, "ROOM_NOT_FOUND");
    for id in [NO_ROOM, "x", "%00", &ada.id] {
        assert_refused(&ada.destroy(id).await, 404, "ROOM_NOT_FOUND");
    }
}

#[tokio::test]
async fn open_streams_are_told_and_closed() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let (room, other) = (ada.public_room("open").await, ada.public_room("other").await);
    let mut streams = Vec::new();
    for _ in 0..2 {
        streams.push(app.room_stream(&room).await);
        streams.push(eve.room_stream(&app, &room).await);
    }
    let mut elsewhere = app.room_stream(&other).await;
    for stream in &mut streams {
        let _ = stream.next_of("history").await;
    }
    let _ = ada.says_in(&room, "the last word").await;
    let _ = ada.destroy(&room).await.expect(200);
    for mut stream in streams {
        assert_eq!(stream.next_contents(1).await, ["the last word"]);
        let last = stream.next().await.expect("a last event");
        assert_eq!(last.json(), json!({ "type": "room", "data": { "event": "destroyed" } }));
        assert_eq!(stream.next().await, None);
    }
    let _ = ada.says_in(&other, "untouched").await;
    assert_eq!(elsewhere.next_contents(1).await, ["untouched"]);
}

#[tokio::test]
async fn a_destroyed_room_does_not_come_back_with_a_restart() {
    let mut app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let _ = ada.destroy(&room).await.expect(200);
    app.restart().await;
    assert_refused(&ada.at(&app).look_at(&room).await, 404, "ROOM_NOT_FOUND");
    assert_refused(&ada.at(&app).say_in(&room, "hello?").await, 404, "ROOM_NOT_FOUND");
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_said_in_a_destroyed_room_is_out_of_the_store_within_a_minute() {
    let mut app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.private_room("a name like no other", &[]).await;
    for _ in 0..10 {
        let _ = ada.says_in(&room, "a text like no other").await;
    }
    assert_eq!(app.inspected().await.messages, 10);
    let _ = ada.destroy(&room).await.expect(200);
    app.advance(SWEPT_AFTER);
    swept_to(&app, 0).await;
    app.stop().await;
    for words in ["a text like no other", "a name like no other"] {
        assert_eq!(app.files_with(words.as_bytes()), Vec::<String>::new(), "{words}");
    }
}

#[tokio::test]
async fn a_destroyed_room_leaves_others_alone() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let (one, other) = (ada.public_room("one").await, ada.public_room("other").await);
    for room in [&one, &other] {
        let _ = ada.says_in(room, "hello").await;
    }
    let _ = ada.destroy(&one).await.expect(200);
    app.advance(SWEPT_AFTER);
    swept_to(&app, 1).await;
    assert_eq!(ada.read(&other).await.expect(200).contents(), ["hello"]);
    assert_eq!(listed(&app, "").await, ["other"]);
}
