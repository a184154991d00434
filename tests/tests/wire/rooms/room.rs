//! `GET /api/rooms/:id`: one room, and who is in it.

use std::time::Duration;

use insta::{allow_duplicates, assert_snapshot};
use serde_json::json;
use tertulia_testkit::TestApp;

use super::support::{NO_ROOM, assert_refused, members, with_members};

#[tokio::test]
async fn a_public_room_is_shown_with_its_members_to_everybody() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let created = ada.create_room(&json!({ "name": "open", "description": "Come in." })).await.expect(201);
    let room = created.str_at("/room/id");
    for seen in [ada.look_at(&room).await, eve.look_at(&room).await, app.get(&format!("/api/rooms/{room}")).await] {
        assert_eq!(with_members(seen), (created.json()["room"].clone(), vec!["Ada".to_owned()]));
    }
}

#[tokio::test]
async fn a_private_room_is_shown_with_its_members_to_participants_alone() {
    let app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    for participant in [&ada, &eve] {
        let (seen, members) = with_members(participant.look_at(&room).await);
        assert_eq!((members, &seen["ttl"]), (vec!["Ada".to_owned()], &json!(600)));
    }
    for stranger in [kim.look_at(&room).await, app.get(&format!("/api/rooms/{room}")).await] {
        allow_duplicates! {
            assert_snapshot!(stranger.redacted(), @r#"200 {"success":true,"room":{"id":"<uuid>","name":"closed","type":"private","createdBy":"Ada","createdAt":"<time>","expiresAt":"<time>","memberCount":1,"messageCount":0}}"#);
        }
    }
}

#[tokio::test]
async fn members_are_listed_in_the_order_of_joining() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve, kim, zoe] = app.bots(["Ada", "Eve", "Kim", "Zoe"]).await;
    let room = ada.public_room("open").await;
    let seen = async || with_members(app.get(&format!("/api/rooms/{room}")).await);
    for bot in [&zoe, &eve, &kim] {
        app.advance(Duration::from_secs(1));
        let _ = bot.join(&room).await.expect(200);
    }
    assert_eq!(seen().await.1, ["Ada", "Zoe", "Eve", "Kim"]);
    let _ = zoe.leave(&room).await.expect(200);
    let _ = zoe.says_in(&room, "back").await;
    assert_eq!(seen().await.1, ["Ada", "Eve", "Kim", "Zoe"]);
    assert_eq!(seen().await.0["memberCount"], 4);
}

#[tokio::test]
async fn at_most_500_members_are_listed_and_all_are_counted() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("crowded").await;
    for index in 0..501 {
        let _ = app.bot(&format!("bot-{index}")).await.join(&room).await.expect(200);
    }
    let (seen, listed) = with_members(app.get(&format!("/api/rooms/{room}")).await);
    assert_eq!((listed.len(), &*listed[0], &*listed[499]), (500, "Ada", "bot-498"));
    assert_eq!(seen["memberCount"], 502);
}

#[tokio::test]
async fn counts_and_times_follow_what_happens() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    app.advance(Duration::from_secs(30));
    let last = eve.say_in(&room, "hello").await.expect(201).str_at("/message/createdAt");
    let seen = ada.look_at(&room).await.expect(200).json()["room"].clone();
    assert_eq!((&seen["memberCount"], &seen["messageCount"]), (&json!(2), &json!(1)));
    assert_eq!(seen["lastMessageAt"], *last);
    let metadata = app.get(&format!("/api/rooms/{room}")).await.expect(200).json()["room"].clone();
    assert_eq!((&metadata["memberCount"], &metadata["messageCount"]), (&json!(2), &json!(1)));
    assert!(!members(&metadata).contains(&"lastMessageAt"));
}

#[tokio::test]
async fn what_is_no_room_is_not_found() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let missing = app.get(&format!("/api/rooms/{NO_ROOM}")).await;
    assert_snapshot!(missing, @r#"404 {"success":false,"error":"There is no such room, or its time is up.","code":"ROOM_NOT_FOUND"}"#);
    let (cut, long) = (&room[..35], format!("{room}0"));
    for id in ["x", "0", "-1", "global2", "%00", "%ff", "a%20b", cut, &long, &ada.id] {
        let reply = ada.look_at(id).await;
        assert_refused(&reply, 404, "ROOM_NOT_FOUND");
        assert_eq!(reply.text(), missing.text(), "{id}");
    }
}

#[tokio::test]
async fn a_room_is_found_however_its_uuid_is_spelt_and_shown_in_one_spelling() {
    let app = TestApp::start().await;
    let room = app.bot("Ada").await.public_room("open").await;
    for id in [room.to_uppercase(), room.replace('-', "")] {
        assert_eq!(app.get(&format!("/api/rooms/{id}")).await.expect(200).str_at("/room/id"), room);
    }
}

#[tokio::test]
async fn the_lobby_is_not_reached_as_a_room() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let _ = ada.say_globally("hello").await.expect(201);
    for reply in [
        ada.look_at("global").await,
        ada.read("global").await,
        ada.say_in("global", "hello").await,
        ada.join("global").await,
        ada.leave("global").await,
        ada.invite("global", "Ada").await,
        ada.destroy("global").await,
    ] {
        assert_refused(&reply, 404, "ROOM_NOT_FOUND");
    }
    assert_eq!(app.get("/api/global/messages").await.contents(), ["hello"]);
}
