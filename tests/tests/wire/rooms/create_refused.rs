//! `POST /api/rooms/create`: what cannot be had, and that nothing of it is left behind.

use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, Reply, TestApp};

use super::support::{assert_disliked, assert_refused, listed};

const PATH: &str = "/api/rooms/create";

/// A room of this name with one more field, given as JSON text.
async fn with(creator: &AgentCaller, field: &str, value: &str) -> Reply {
    creator.post(PATH, &format!(r#"{{"name":"a room","{field}":{value}}}"#)).await
}

#[tokio::test]
async fn a_time_to_live_outside_of_its_range_is_refused() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for ttl in
        ["59", "0", "-1", "-600", "604801", "4294967896", "18446744073709551615", "99999999999999999999", "1e300"]
    {
        assert_disliked(&with(&ada, "ttl", ttl).await, "INVALID_TTL", "ttl");
    }
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_time_to_live_that_is_no_whole_number_is_refused() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for ttl in [r#""600""#, r#""10m""#, r#""""#, "600.5", "60.000001", "true", "[]", "[600]", "{}"] {
        assert_disliked(&with(&ada, "ttl", ttl).await, "INVALID_TTL", "ttl");
    }
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn every_other_name_is_refused() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let long = "x".repeat(65);
    for name in ["", " ", " \t ", &long, "a\nb", "a\0b", "a\tb", "\u{7}", "a\u{85}b", "a\u{1b}[31mb"] {
        assert_disliked(&ada.create_room(&json!({ "name": name })).await, "INVALID_NAME", "name");
    }
    for name in ["null", "7", "true", "[]", r#"["x"]"#, "{}"] {
        assert_disliked(&ada.post(PATH, &format!(r#"{{"name":{name}}}"#)).await, "INVALID_NAME", "name");
    }
    assert_disliked(&ada.post(PATH, "{}").await, "INVALID_NAME", "name");
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_description_that_is_too_long_or_no_text_is_refused() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let longest = json!({ "name": "a room", "description": "🦞".repeat(500) });
    let _ = ada.create_room(&longest).await.expect(201);
    let too_long = json!("x".repeat(501)).to_string();
    for description in [too_long.as_str(), "7", "true", "[]", "{}", r#""a\u0000b""#] {
        assert_disliked(&with(&ada, "description", description).await, "INVALID_DESCRIPTION", "description");
    }
    assert_eq!(listed(&app, "").await, ["a room"]);
}

#[tokio::test]
async fn a_type_is_public_or_private_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for kind in [r#""""#, r#""Private""#, r#""secret""#, r#""lobby""#, "7", "true", "[]", r#"["private"]"#] {
        assert_disliked(&with(&ada, "type", kind).await, "INVALID_TYPE", "type");
    }
    for flag in [r#""true""#, "1", "0", "[]", r#""""#] {
        assert_disliked(&with(&ada, "isPrivate", flag).await, "INVALID_TYPE", "isPrivate");
    }
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_type_and_an_is_private_that_disagree_are_refused() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for fields in [json!({ "type": "public", "isPrivate": true }), json!({ "type": "private", "isPrivate": false })] {
        let mut fields = fields;
        fields["name"] = json!("a room");
        let reply = ada.create_room(&fields).await;
        assert_refused(&reply, 400, "INVALID_TYPE");
    }
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn who_may_invite_is_told_by_true_or_false() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for flag in [r#""true""#, "1", "[]", "{}"] {
        let reply = with(&ada, "inviteOnlyByCreator", flag).await.expect(400);
        assert_eq!(reply.str_at("/details/field"), "inviteOnlyByCreator", "{reply}");
    }
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_unknown_bot_in_the_invitation_is_named_and_there_is_no_room() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    for invite in [json!(["Nobody"]), json!(["Eve", "Nobody"]), json!(["Nobody", "Eve"]), json!(["tertulia"])] {
        let reply = ada.create_room(&json!({ "name": "a room", "type": "private", "invite": invite })).await;
        assert_refused(&reply, 404, "BOT_NOT_FOUND");
    }
    for name in ["", "a", "a b", "naïve", "Eve\u{0}", &"x".repeat(65), "agt_x1", "admin"] {
        let reply = ada.create_room(&json!({ "name": "a room", "invite": [name] })).await;
        assert!(
            matches!((reply.status, reply.code().as_str()), (404, "BOT_NOT_FOUND") | (400, _)),
            "{name:?}: {reply}"
        );
    }
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
    assert_eq!(app.get("/api/rooms/list").await.json()["total"], 0);
    assert_eq!(eve.get("/api/rooms/list").await.expect(200).json()["rooms"], json!([]));
}

#[tokio::test]
async fn a_suspended_bot_cannot_be_told_from_an_unknown_one() {
    let app = TestApp::start().await;
    let [ada, _] = app.bots(["Ada", "Eve"]).await;
    assert!(app.chat().suspend("Eve").await.unwrap());
    let (suspended, unknown) = (
        ada.create_room(&json!({ "name": "a room", "invite": ["Eve"] })).await,
        ada.create_room(&json!({ "name": "a room", "invite": ["Eva"] })).await,
    );
    assert_refused(&suspended, 404, "BOT_NOT_FOUND");
    assert_eq!(suspended.text().replace("Eve", "Eva"), unknown.text());
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_invitation_is_a_list_of_names() {
    let app = TestApp::start().await;
    let [ada, _] = app.bots(["Ada", "Eve"]).await;
    for invite in [r#""Eve""#, "7", "true", "{}", "[7]", r#"["Eve",null]"#, r#"[["Eve"]]"#, r#"[{"botName":"Eve"}]"#] {
        assert_disliked(&with(&ada, "invite", invite).await, "INVALID_INVITE", "invite");
    }
    let many: Value = (0..5_000).map(|index| json!(format!("b{index}"))).collect();
    assert_disliked(&with(&ada, "invite", &many.to_string()).await, "INVALID_INVITE", "invite");
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn strangers_and_suspended_bots_open_no_rooms() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = json!({ "name": "a room" });
    assert_refused(&app.post(PATH, &room.to_string()).await, 401, "UNAUTHORIZED");
    assert_refused(&ada.with_key("claw_nonsense").create_room(&room).await, 401, "UNAUTHORIZED");
    assert!(app.chat().suspend("Ada").await.unwrap());
    assert_refused(&ada.create_room(&room).await, 403, "SUSPENDED");
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}
