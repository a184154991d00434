//! `POST /api/rooms/create`: what comes of what is asked for.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, TestApp};

use super::support::{DEFAULT_TTL, LONGEST_TTL, SHORTEST_TTL, listed, moment, with_members};

/// The room that comes of these fields.
async fn created(creator: &AgentCaller, fields: Value) -> Value {
    creator.create_room(&fields).await.expect(201).json()["room"].clone()
}

#[tokio::test]
async fn a_name_is_enough_and_the_rest_has_defaults() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let reply = ada.create_room(&json!({ "name": "ops" })).await;
    assert_snapshot!(reply.redacted(), @r#"201 {"success":true,"room":{"id":"<uuid>","name":"ops","description":null,"type":"public","createdBy":"Ada","createdAt":"<time>","expiresAt":"<time>","ttl":600,"memberCount":1,"messageCount":0,"lastMessageAt":null}}"#);
    assert_eq!(reply.str_at("/room/createdAt"), moment(&app, Duration::ZERO));
    assert_eq!(reply.str_at("/room/expiresAt"), moment(&app, DEFAULT_TTL));
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn every_field_is_kept_to() {
    let app = TestApp::start().await;
    let [ada, _, _] = app.bots(["Ada", "Eve", "Kim"]).await;
    let fields = json!({
        "name": "Night watch", "description": "Who is awake?", "type": "private", "ttl": 3600,
        "invite": ["Eve", "Kim"], "inviteOnlyByCreator": true,
    });
    let reply = ada.create_room(&fields).await;
    assert_snapshot!(reply.redacted(), @r#"201 {"success":true,"room":{"id":"<uuid>","name":"Night watch","description":"Who is awake?","type":"private","createdBy":"Ada","createdAt":"<time>","expiresAt":"<time>","ttl":3600,"memberCount":1,"messageCount":0,"lastMessageAt":null}}"#);
    assert_eq!(reply.str_at("/room/expiresAt"), moment(&app, Duration::from_hours(1)));
}

#[tokio::test]
async fn null_is_as_good_as_nothing() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = created(
        &ada,
        json!({
            "name": "ops", "description": null, "type": null, "isPrivate": null, "ttl": null,
            "invite": null, "inviteOnlyByCreator": null,
        }),
    )
    .await;
    assert_eq!((&room["type"], &room["ttl"], &room["description"]), (&json!("public"), &json!(600), &json!(null)));
}

#[tokio::test]
async fn a_room_is_private_by_type_or_by_is_private() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for (fields, kind) in [
        (json!({ "type": "public" }), "public"),
        (json!({ "type": "private" }), "private"),
        (json!({ "isPrivate": false }), "public"),
        (json!({ "isPrivate": true }), "private"),
        (json!({ "type": "public", "isPrivate": false }), "public"),
        (json!({ "type": "private", "isPrivate": true }), "private"),
    ] {
        let mut fields = fields;
        fields["name"] = json!("a room");
        assert_eq!(created(&ada, fields.clone()).await["type"], kind, "{fields}");
    }
}

#[tokio::test]
async fn a_room_lives_from_a_minute_to_a_week() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for ttl in [SHORTEST_TTL, Duration::from_secs(61), DEFAULT_TTL, LONGEST_TTL] {
        let room = created(&ada, json!({ "name": "a room", "ttl": ttl.as_secs() })).await;
        assert_eq!(room["ttl"], ttl.as_secs());
        assert_eq!(room["createdAt"], *moment(&app, Duration::ZERO));
        assert_eq!(room["expiresAt"], *moment(&app, ttl));
    }
}

#[tokio::test]
async fn the_end_of_a_room_does_not_move_with_what_happens_in_it() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = created(&ada, json!({ "name": "a room" })).await;
    let id = room["id"].as_str().unwrap();
    app.advance(Duration::from_mins(5));
    let _ = eve.says_in(id, "is anybody here?").await;
    let seen = app.get(&format!("/api/rooms/{id}")).await.expect(200).json()["room"].clone();
    assert_eq!((&seen["createdAt"], &seen["expiresAt"]), (&room["createdAt"], &room["expiresAt"]));
    assert_eq!(seen["ttl"], 600, "what was asked for, not what is left");
}

#[tokio::test]
async fn a_room_has_a_name_of_1_to_64_characters_however_many_bytes() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let longest = "🦞".repeat(64);
    for name in ["x", "Two words", "ünï", &longest, "<b>&\"'\\</b>", "list", "global", "a/b?c#d"] {
        assert_eq!(created(&ada, json!({ "name": name })).await["name"], name);
    }
}

#[tokio::test]
async fn names_of_rooms_are_not_unique() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let mut ids = Vec::new();
    for creator in [&ada, &ada, &eve] {
        ids.push(creator.public_room("ops").await);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert_eq!(listed(&app, "").await, ["ops", "ops", "ops"]);
}

#[tokio::test]
async fn the_creator_is_in_and_the_invited_are_not_yet() {
    let app = TestApp::start().await;
    let [ada, eve, _] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Eve", "Kim"]).await;
    let (seen, members) = with_members(ada.look_at(&room).await);
    assert_eq!((members, &seen["memberCount"]), (vec!["Ada".to_owned()], &json!(1)));
    let _ = eve.says_in(&room, "I may, at once").await;
    let (seen, members) = with_members(ada.look_at(&room).await);
    assert_eq!((members, &seen["memberCount"]), (vec!["Ada".to_owned(), "Eve".to_owned()], &json!(2)));
}

#[tokio::test]
async fn names_are_invited_whatever_their_spelling_and_how_often() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada-Bot", "Eve_Bot"]).await;
    for invite in
        [json!(["eve-bot"]), json!(["EVE_BOT", "Eve-Bot", "eve_bot"]), json!(["Eve_Bot", "ada_bot", "Ada-Bot"])]
    {
        let room = created(&ada, json!({ "name": "closed", "type": "private", "invite": invite })).await;
        assert_eq!(room["memberCount"], 1, "{invite}");
        assert_eq!(eve.read(room["id"].as_str().unwrap()).await.expect(200).json()["hasMore"], false, "{invite}");
    }
}

#[tokio::test]
async fn a_creator_that_invites_itself_is_in_once() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.private_room("closed", &["ada", "ADA"]).await;
    let (seen, members) = with_members(ada.look_at(&room).await);
    assert_eq!((members, &seen["memberCount"]), (vec!["Ada".to_owned()], &json!(1)));
}

#[tokio::test]
async fn agents_of_the_other_surface_are_invited_too() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.bot("Ada").await, app.agent("Eve").await);
    let room = ada.private_room("closed", &["Eve"]).await;
    let _ = eve.says_in(&room, "I am no bot").await;
}

#[tokio::test]
async fn a_public_room_may_be_created_with_an_invitation() {
    let app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = created(&ada, json!({ "name": "open", "invite": ["Eve"], "inviteOnlyByCreator": true })).await;
    assert_eq!((&room["type"], &room["memberCount"]), (&json!("public"), &json!(1)));
    for bot in [&eve, &kim] {
        let _ = bot.says_in(room["id"].as_str().unwrap(), "hello").await;
    }
}

#[tokio::test]
async fn a_room_is_there_for_everybody_as_soon_as_it_is_answered() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    for count in 1..=5 {
        let room = ada.public_room(&format!("room {count}")).await;
        assert_eq!(listed(&app, "").await.len(), count);
        let _ = eve.says_in(&room, "first").await;
    }
}

#[tokio::test]
async fn rooms_survive_a_restart_as_they_were() {
    let mut app = TestApp::start_unlimited().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let (open, closed) = (ada.public_room("open").await, ada.private_room("closed", &["Eve", "Kim"]).await);
    let _ = eve.says_in(&open, "one").await;
    let _ = eve.says_in(&closed, "two").await;
    let before = [ada.look_at(&open).await, ada.look_at(&closed).await, ada.read(&closed).await];
    app.restart().await;
    let ada = ada.at(&app);
    let after = [ada.look_at(&open).await, ada.look_at(&closed).await, ada.read(&closed).await];
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.text(), after.text());
    }
    let _ = kim.at(&app).says_in(&closed, "still invited").await;
    assert_eq!(app.bot("Stranger").await.say_in(&closed, "still not").await.expect(403).code(), "NOT_INVITED");
}
