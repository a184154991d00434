//! `POST /api/rooms/:id/invite`: who may invite whom, and what comes of it.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, Reply, TestApp};

use super::support::{NO_ROOM, assert_refused, each};

async fn invite(bot: &AgentCaller, room: &str, body: &Value) -> Reply {
    bot.post(&format!("/api/rooms/{room}/invite"), &body.to_string()).await
}

/// Names that an invitation answers with.
fn invited(reply: Reply) -> Vec<String> {
    let list = reply.expect(200).json()["invited"].clone();
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_bot_is_invited_by_name_and_may_read_and_post_at_once() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &[]).await;
    let _ = eve.say_in(&room, "let me in").await.expect(403);
    assert_snapshot!(ada.invite(&room, "Eve").await, @r#"200 {"success":true,"invited":["Eve"]}"#);
    assert_eq!(eve.read(&room).await.expect(200).json()["hasMore"], false);
    assert_eq!(ada.look_at(&room).await.json()["room"]["memberCount"], 1, "the invited are no members yet");
    let _ = eve.says_in(&room, "thank you").await;
}

#[tokio::test]
async fn a_bot_is_invited_by_its_id() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.bot("Ada").await, app.agent("Eve").await);
    let room = ada.private_room("closed", &[]).await;
    assert_eq!(invited(invite(&ada, &room, &json!({ "botId": eve.id })).await), ["Eve"]);
    let _ = eve.says_in(&room, "thank you").await;
}

#[tokio::test]
async fn several_bots_are_invited_at_once() {
    let app = TestApp::start().await;
    let [ada, eve, kim, zoe] = app.bots(["Ada", "Eve", "Kim", "Zoe"]).await;
    let room = ada.private_room("closed", &[]).await;
    assert_eq!(invited(invite(&ada, &room, &json!({ "bots": ["Eve", "Kim"] })).await), ["Eve", "Kim"]);
    for bot in [&eve, &kim] {
        let _ = bot.says_in(&room, "thank you").await;
    }
    let _ = zoe.say_in(&room, "and me?").await.expect(403);
}

#[tokio::test]
async fn names_are_found_in_any_spelling_and_answered_in_their_own() {
    let app = TestApp::start().await;
    let [ada, _] = app.bots(["Ada", "Eve_Bot"]).await;
    for name in ["Eve_Bot", "eve-bot", "EVE_BOT"] {
        let room = ada.private_room("closed", &[]).await;
        assert_eq!(invited(ada.invite(&room, name).await), ["Eve_Bot"]);
    }
    let room = ada.private_room("closed", &[]).await;
    assert_eq!(invited(invite(&ada, &room, &json!({ "bots": ["eve-bot", "EVE_BOT", "Eve_Bot"] })).await), ["Eve_Bot"]);
}

#[tokio::test]
async fn a_name_that_is_the_digits_of_an_id_is_a_name() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.bot("Ada").await, app.agent("Eve").await);
    // The last one is called what another one's id is, but for the hyphens.
    for name in ["0123456789abcdef0123456789abcdef".to_owned(), eve.id.replace('-', "")] {
        let bot = app.bot(&name).await;
        let fields = json!({ "name": "closed", "type": "private", "invite": [name] });
        let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
        let _ = bot.says_in(&room, "thank you").await;
        let room = ada.private_room("closed", &[]).await;
        assert_eq!(invited(invite(&ada, &room, &json!({ "bots": [name] })).await), [name]);
        assert_refused(&eve.say_in(&room, "and me?").await, 403, "NOT_INVITED");
        assert_eq!(invited(invite(&ada, &room, &json!({ "bots": [eve.id] })).await), ["Eve"]);
    }
}

#[tokio::test]
async fn inviting_a_participant_changes_nothing() {
    let app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let _ = kim;
    for name in ["Eve", "Ada", "ada"] {
        assert_eq!(ada.invite(&room, name).await.expect(200).text(), r#"{"success":true,"invited":[]}"#);
    }
    assert_eq!(invited(invite(&ada, &room, &json!({ "bots": ["Ada", "Eve", "Kim"] })).await), ["Kim"]);
    let _ = eve.join(&room).await.expect(200);
    assert_eq!(invited(ada.invite(&room, "Eve").await), Vec::<String>::new());
    assert_eq!(ada.look_at(&room).await.json()["room"]["memberCount"], 2);
}

#[tokio::test]
async fn any_participant_may_invite_the_invited_among_them() {
    let app = TestApp::start().await;
    let [ada, eve, kim, zoe] = app.bots(["Ada", "Eve", "Kim", "Zoe"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    assert_eq!(invited(eve.invite(&room, "Kim").await), ["Kim"]);
    assert_eq!(invited(kim.invite(&room, "Zoe").await), ["Zoe"]);
    let _ = zoe.says_in(&room, "a friend of a friend").await;
    assert_eq!(each(&ada.look_at(&room).await.json()["members"], "name"), ["Ada", "Zoe"], "inviting does not join");
}

#[tokio::test]
async fn where_only_the_creator_may_invite_others_are_told() {
    let app = TestApp::start().await;
    let [ada, eve, _] = app.bots(["Ada", "Eve", "Kim"]).await;
    let fields = json!({ "name": "closed", "type": "private", "invite": ["Eve"], "inviteOnlyByCreator": true });
    let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
    assert_snapshot!(eve.invite(&room, "Kim").await, @r#"403 {"success":false,"error":"Only the creator of this room can do this.","code":"NOT_CREATOR"}"#);
    let _ = eve.join(&room).await.expect(200);
    assert_refused(&eve.invite(&room, "Kim").await, 403, "NOT_CREATOR");
    assert_eq!(invited(ada.invite(&room, "Kim").await), ["Kim"]);
}

#[tokio::test]
async fn who_is_no_participant_invites_nobody() {
    let app = TestApp::start().await;
    let [ada, eve, _] = app.bots(["Ada", "Eve", "Kim"]).await;
    for creator_only in [false, true] {
        let fields = json!({ "name": "closed", "type": "private", "inviteOnlyByCreator": creator_only });
        let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
        for name in ["Kim", "Eve", "Ada"] {
            assert_refused(&eve.invite(&room, name).await, 403, "NOT_PARTICIPANT");
        }
        let stranger = app.post(&format!("/api/rooms/{room}/invite"), r#"{"botName":"Kim"}"#).await;
        assert_refused(&stranger, 401, "UNAUTHORIZED");
        let _ = eve.say_in(&room, "hello").await.expect(403);
    }
}

#[tokio::test]
async fn who_is_no_participant_does_not_learn_which_bots_there_are() {
    let app = TestApp::start().await;
    let [ada, eve, _] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Kim"]).await;
    let (known, unknown) = (eve.invite(&room, "Kim").await, eve.invite(&room, "Nobody").await);
    assert_refused(&known, 403, "NOT_PARTICIPANT");
    assert_eq!(known.text(), unknown.text());
}

#[tokio::test]
async fn an_unknown_bot_invites_nobody_of_the_batch() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &[]).await;
    for body in [
        json!({ "botName": "Nobody" }),
        json!({ "botId": NO_ROOM }),
        json!({ "botId": "not an id" }),
        json!({ "bots": ["Eve", "Nobody"] }),
        json!({ "bots": ["Nobody", "Eve"] }),
    ] {
        assert_refused(&invite(&ada, &room, &body).await, 404, "BOT_NOT_FOUND");
    }
    let _ = eve.say_in(&room, "hello").await.expect(403);
    assert!(app.chat().suspend("Eve").await.unwrap());
    assert_refused(&ada.invite(&room, "Eve").await, 404, "BOT_NOT_FOUND");
}

#[tokio::test]
async fn whom_to_invite_must_be_said() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &[]).await;
    for body in [
        json!({}),
        json!({ "name": "Eve" }),
        json!({ "botName": null }),
        json!({ "botName": 7 }),
        json!({ "botName": ["Eve"] }),
        json!({ "botId": 7 }),
        json!({ "bots": "Eve" }),
        json!({ "bots": [7] }),
        json!({ "bots": [["Eve"]] }),
        json!({ "bots": [] }),
    ] {
        assert_refused(&invite(&ada, &room, &body).await, 400, "INVALID_INVITE");
    }
    let many: Value = (0..5_000).map(|index| json!(format!("b{index}"))).collect();
    assert_refused(&invite(&ada, &room, &json!({ "bots": many })).await, 400, "INVALID_INVITE");
    let most = vec!["Eve"; 100];
    assert_refused(&invite(&ada, &room, &json!({ "bots": most, "botName": "Eve" })).await, 400, "INVALID_INVITE");
    let _ = eve.say_in(&room, "hello").await.expect(403);
}

#[tokio::test]
async fn members_of_a_public_room_may_invite_and_it_changes_nothing() {
    let app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.public_room("open").await;
    assert_refused(&eve.invite(&room, "Kim").await, 403, "NOT_PARTICIPANT");
    let _ = eve.join(&room).await.expect(200);
    assert_eq!(invited(eve.invite(&room, "Kim").await), ["Kim"]);
    assert_eq!(app.get(&format!("/api/rooms/{room}")).await.json()["room"]["memberCount"], 2);
    let _ = kim.says_in(&room, "I could before").await;
}

#[tokio::test]
async fn nobody_is_invited_where_there_is_no_room() {
    let app = TestApp::start().await;
    let [ada, _] = app.bots(["Ada", "Eve"]).await;
    for id in [NO_ROOM, "x", "%00"] {
        assert_refused(&ada.invite(id, "Eve").await, 404, "ROOM_NOT_FOUND");
    }
}

#[tokio::test]
async fn an_invitation_survives_a_restart() {
    let mut app = TestApp::start().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &[]).await;
    let _ = ada.invite(&room, "Eve").await.expect(200);
    app.restart().await;
    let _ = eve.at(&app).says_in(&room, "thank you").await;
    assert_refused(&kim.at(&app).say_in(&room, "and me?").await, 403, "NOT_INVITED");
    assert_eq!(invited(ada.at(&app).invite(&room, "Eve").await), Vec::<String>::new());
}
