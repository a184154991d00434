//! `POST /api/bots/register`: who may have which name, and what comes back.

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{Connection, Request, TestApp};

use super::support::{assert_disliked, assert_refused};

const PATH: &str = "/api/bots/register";

#[tokio::test]
async fn a_bot_registers_and_is_told_its_key() {
    let app = TestApp::start().await;
    let reply = app.post(PATH, r#"{"name":"Ada","description":"Counts stars."}"#).await;
    assert_snapshot!(reply.redacted(), @r#"201 {"success":true,"bot":{"id":"<uuid>","name":"Ada","description":"Counts stars.","createdAt":"<time>","lastActiveAt":"<time>","online":true,"messageCount":0},"apiKey":"claw_<key>"}"#);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(
        reply.header("cache-control"),
        app.post("/api/register", r#"{"name":"Eve"}"#).await.header("cache-control")
    );
}

#[tokio::test]
async fn the_key_opens_what_is_closed_and_is_shown_once() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let me = ada.get("/api/bots/me").await.expect(200);
    assert_eq!(me.str_at("/bot/id"), ada.id);
    assert!(!me.text().contains(&ada.key));
    assert!(!ada.get("/api/me/credentials").await.expect(200).text().contains(&ada.key));
}

#[tokio::test]
async fn no_file_of_the_hub_holds_the_key() {
    let mut app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let _ = ada.get("/api/bots/me").await.expect(200);
    app.stop().await;
    assert_eq!(app.files_with(ada.key.strip_prefix("claw_").unwrap().as_bytes()), Vec::<String>::new());
    assert_ne!(app.files_with(b"Ada in a test"), Vec::<String>::new(), "what is looked for in files is found there");
}

#[tokio::test]
async fn names_of_2_to_32_letters_digits_and_dashes_are_taken() {
    let app = TestApp::start().await;
    for name in ["ab", "A-_9", "_-_-", "Z0", &"x".repeat(32)] {
        let reply = app.post(PATH, &json!({ "name": name }).to_string()).await.expect(201);
        assert_eq!(reply.str_at("/bot/name"), name);
    }
}

#[tokio::test]
async fn every_other_name_is_refused() {
    let app = TestApp::start().await;
    let long = "x".repeat(33);
    for name in ["", "a", &long, "a b", " ab", "ab ", "a.b", "a@b", "naïve", "бот", "🤖🤖", "a\nb", "a\0b", "ａｂ"]
    {
        let reply = app.post(PATH, &json!({ "name": name, "description": "d" }).to_string()).await;
        assert_disliked(&reply, "INVALID_NAME", "name");
    }
    for body in ["{}", r#"{"description":"nameless"}"#, r#"{"name":null}"#, r#"{"name":7}"#, r#"{"name":["Ada"]}"#] {
        assert_disliked(&app.post(PATH, body).await, "INVALID_NAME", "name");
    }
    assert_eq!(app.get("/api/global/info").await.expect(200).json()["botCount"], 0);
}

#[tokio::test]
async fn a_refusal_of_a_name_says_the_same_as_on_the_other_surface() {
    let app = TestApp::start().await;
    let _ = app.bot("Ada").await;
    for name in ["a", "a b", "admin", "ada", &"x".repeat(33)] {
        let body = json!({ "name": name }).to_string();
        let (bot, agent) = (app.post(PATH, &body).await, app.post("/api/register", &body).await);
        assert_eq!((bot.status, bot.text()), (agent.status, agent.text()), "{name}");
        assert!(matches!(bot.status, 400 | 409), "{bot}");
    }
}

#[tokio::test]
async fn a_name_is_taken_on_both_surfaces_whatever_its_case_and_dashes() {
    let app = TestApp::start().await;
    let _ = app.bot("Ada_Bot").await;
    let _ = app.agent("Eve-Bot").await;
    for name in ["Ada_Bot", "ada_bot", "ADA-BOT", "Eve-Bot", "eve_bot", "EVE-BOT"] {
        for path in [PATH, "/api/register"] {
            let reply = app.post(path, &json!({ "name": name, "description": "again" }).to_string()).await;
            assert_refused(&reply, 409, "NAME_TAKEN");
        }
    }
    let _ = app.bot("AdaBot").await;
}

#[tokio::test]
async fn a_name_is_given_once_however_many_ask_at_the_same_moment_on_either_surface() {
    let app = TestApp::start().await;
    let mut asking = tokio::task::JoinSet::new();
    for index in 0..8 {
        let (address, path) = (app.address(), [PATH, "/api/register"][index % 2]);
        asking.spawn(async move {
            let request = Request::new("POST", path).json(r#"{"name":"Ada"}"#);
            Connection::open(address).await.exchange(&request).await.status
        });
    }
    let mut statuses = asking.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn reserved_names_are_refused() {
    let app = TestApp::start().await;
    let words = ["admin", "ADMIN", "list", "create", "global", "Global", "tertulia", "4dm1n"];
    let prefixes =
        ["agt_x1", "conv_x1", "grp_x1", "msg_x1", "del_x1", "gri_x1", "att_x1", "whk_x1", "whd_x1", "pnd_x1", "rpt_x1"];
    for name in words.iter().chain(&prefixes) {
        let reply = app.post(PATH, &json!({ "name": name }).to_string()).await;
        assert_disliked(&reply, "INVALID_NAME", "name");
    }
}

#[tokio::test]
async fn a_description_has_at_most_500_characters_however_many_bytes() {
    let app = TestApp::start().await;
    let longest = "🦞".repeat(500);
    let reply = app.post(PATH, &json!({ "name": "Ada", "description": longest }).to_string()).await.expect(201);
    assert_eq!(reply.str_at("/bot/description"), longest);
    let too_long = json!({ "name": "Eve", "description": "x".repeat(501) }).to_string();
    assert_disliked(&app.post(PATH, &too_long).await, "INVALID_DESCRIPTION", "description");
    for wrong in ["7", "true", "[]", "{}", r#"["x"]"#, r#""a\u0000b""#] {
        let reply = app.post(PATH, &format!(r#"{{"name":"Eve","description":{wrong}}}"#)).await;
        assert_disliked(&reply, "INVALID_DESCRIPTION", "description");
    }
    // A refused registration leaves nothing behind.
    let _ = app.bot("Eve").await;
}

#[tokio::test]
async fn a_description_may_be_left_out_or_null() {
    let app = TestApp::start().await;
    for body in [r#"{"name":"Ada"}"#, r#"{"name":"Eve","description":null}"#] {
        let reply = app.post(PATH, body).await.expect(201);
        assert_eq!(reply.json()["bot"]["description"], json!(null), "{body}");
    }
}

#[tokio::test]
async fn a_description_is_text_and_never_markup() {
    let app = TestApp::start().await;
    let hostile = "<script>alert(1)</script> \" \\ ' & </textarea>";
    let reply = app.post(PATH, &json!({ "name": "Ada", "description": hostile }).to_string()).await.expect(201);
    assert_eq!(reply.str_at("/bot/description"), hostile);
    assert_eq!(app.get("/api/global/info").await.str_at("/bots/0/description"), hostile);
}

#[tokio::test]
async fn an_address_registers_five_an_hour_on_both_surfaces_together() {
    for (first, second) in [(PATH, "/api/register"), ("/api/register", PATH)] {
        let app = TestApp::with(|_| {}).start().await;
        for index in 0..5 {
            let path = if index < 3 { first } else { second };
            let reply = app.post(path, &json!({ "name": format!("bot-{index}") }).to_string()).await.expect(201);
            assert_eq!(reply.number_in("x-ratelimit-remaining"), 4 - index);
        }
        for path in [first, second] {
            let refused = app.post(path, r#"{"name":"one-too-many"}"#).await;
            super::support::assert_limited(&app, &refused, 5, 3_600);
        }
        app.advance(std::time::Duration::from_hours(1));
        let _ = app.bot("one-too-many").await;
    }
}

#[tokio::test]
async fn attempts_to_register_count_and_repeating_one_on_another_surface_does_not() {
    let app = TestApp::with(|_| {}).start().await;
    for (name, path) in [("Ada", PATH), ("a b", "/api/register"), ("admin", PATH), ("x", "/api/register")] {
        let _ = app.post(path, &json!({ "name": name }).to_string()).await;
    }
    for (name, path) in [("ada", "/api/register"), ("a b", PATH), ("admin", "/api/register"), ("x", PATH)] {
        let reply = app.post(path, &json!({ "name": name }).to_string()).await;
        assert!(matches!(reply.status, 400 | 409), "{reply}");
    }
    let _ = app.bot("Eve").await;
    assert_refused(&app.post(PATH, r#"{"name":"Kim"}"#).await, 429, "RATE_LIMITED");
}

#[tokio::test]
async fn registering_means_being_here_on_both_surfaces() {
    let app = TestApp::start().await;
    let _ = app.bot("Ada").await;
    assert_snapshot!(app.get("/api/agents").await.redacted(), @r#"200 {"success":true,"agents":[{"id":"<uuid>","name":"Ada","avatar":null,"online":true,"lastSeen":"<time>","moltbookVerified":false,"moltbookName":null,"ownerTwitter":null}],"stats":{"totalAgents":1,"onlineAgents":1,"totalMessages":0}}"#);
    assert_eq!(app.get("/api/global/info").await.expect(200).json()["botCount"], 1);
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored() {
    let app = TestApp::start().await;
    let body = r#"{"name":"Ada","Name":"Eve","apiKey":"claw_mine","id":"mine","messageCount":9,"avatar":7}"#;
    let reply = app.post(PATH, body).await.expect(201).json();
    assert_eq!((&reply["bot"]["name"], &reply["bot"]["messageCount"]), (&json!("Ada"), &json!(0)));
    assert_ne!(reply["apiKey"], "claw_mine");
    assert_ne!(reply["bot"]["id"], "mine");
}
