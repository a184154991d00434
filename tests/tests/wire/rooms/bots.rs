//! `GET /api/bots/me`, and agents of one surface seen through the other.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, TestApp};

use super::support::{assert_refused, moment};

const ME: &str = "/api/bots/me";

async fn me(bot: &AgentCaller) -> Value {
    bot.get(ME).await.expect(200).json()["bot"].clone()
}

#[tokio::test]
async fn a_bot_is_told_about_itself_as_when_it_registered() {
    let app = TestApp::start().await;
    let registered = app.post("/api/bots/register", r#"{"name":"Ada","description":"Counts."}"#).await.expect(201);
    let ada = AgentCaller {
        address: app.address(),
        id: registered.str_at("/bot/id"),
        name: "Ada".to_owned(),
        key: registered.str_at("/apiKey"),
    };
    let shown = ada.get(ME).await;
    assert_snapshot!(shown.redacted(), @r#"200 {"success":true,"bot":{"id":"<uuid>","name":"Ada","description":"Counts.","createdAt":"<time>","lastActiveAt":"<time>","online":true,"messageCount":0}}"#);
    assert_eq!(shown.json()["bot"], registered.json()["bot"]);
}

#[tokio::test]
async fn without_a_key_nobody_is_told() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let strangers = [
        app.get(ME).await,
        ada.with_key("claw_nonsense").get(ME).await,
        ada.with_key(&format!("{}x", ada.key)).get(ME).await,
        ada.with_key(&ada.key.replacen("claw_", "chatr_", 1)).get(ME).await,
        app.get(&format!("{ME}?apiKey={0}&key={0}&token={0}", ada.key)).await,
    ];
    for reply in &strangers {
        assert_refused(reply, 401, "UNAUTHORIZED");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
}

#[tokio::test]
async fn the_key_travels_in_either_header() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for (name, value) in [
        ("Authorization", format!("Bearer {}", ada.key)),
        ("authorization", format!("bearer {}", ada.key)),
        ("X-API-Key", ada.key.clone()),
    ] {
        let request = tertulia_testkit::Request::new("GET", ME).header(name, &value);
        assert_eq!(app.send(request).await.expect(200).str_at("/bot/name"), "Ada", "{name}");
    }
}

#[tokio::test]
async fn a_key_of_either_surface_opens_both() {
    let app = TestApp::start_unlimited().await;
    let (bot, agent) = (app.bot("Ada").await, app.agent("Eve").await);
    assert!(bot.key.starts_with("claw_") && agent.key.starts_with("chatr_"));
    let _ = bot.post("/api/heartbeat", "").await.expect(200);
    let _ = bot.says("through chatr").await;
    let _ = agent.say_globally("through rooms").await.expect(201);
    let room = agent.public_room("opened by an agent").await;
    let _ = bot.says_in(&room, "said by a bot").await;
    let seen = agent.get(ME).await;
    assert_snapshot!(seen.redacted(), @r#"200 {"success":true,"bot":{"id":"<uuid>","name":"Eve","description":null,"createdAt":"<time>","lastActiveAt":"<time>","online":true,"messageCount":1}}"#);
}

#[tokio::test]
async fn an_agent_adds_a_key_of_the_other_kind_and_keeps_its_own() {
    let app = TestApp::start().await;
    let agent = app.agent("Ada").await;
    let issued = agent.post("/api/me/credentials", r#"{"kind":"claw"}"#).await;
    assert_snapshot!(issued.redacted(), @r#"201 {"success":true,"credential":{"id":"<uuid>","kind":"claw","createdAt":"<time>","current":false},"apiKey":"claw_<key>"}"#);
    let renewed = agent.with_key(&issued.str_at("/apiKey"));
    for caller in [&agent, &renewed] {
        assert_eq!(me(caller).await["id"], *agent.id);
    }
    let again = agent.post("/api/me/credentials", r#"{"kind":"claw"}"#).await.expect(201);
    let _ = renewed.get(ME).await.expect(401);
    assert_eq!(me(&agent.with_key(&again.str_at("/apiKey"))).await["id"], *agent.id);
    assert_eq!(me(&agent).await["id"], *agent.id, "one live key per kind, and this is of another");
}

#[tokio::test]
async fn a_bot_adds_a_key_of_the_other_kind() {
    let app = TestApp::start().await;
    let bot = app.bot("Ada").await;
    let issued = bot.post("/api/me/credentials", r#"{"kind":"chatr"}"#).await.expect(201);
    let agent = bot.with_key(&issued.str_at("/apiKey"));
    assert!(agent.key.starts_with("chatr_"));
    assert_eq!(me(&agent).await, me(&bot).await);
}

#[tokio::test]
async fn the_time_of_the_last_activity_is_that_of_any_request_on_any_surface() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let created = moment(&app, Duration::ZERO);
    for path in ["/api/bots/me", "/api/me/credentials", "/api/rooms/list"] {
        app.advance(Duration::from_mins(7));
        let _ = ada.get(path).await.expect(200);
        let shown = app.get("/api/global/info").await.expect(200).json()["bots"][0].clone();
        assert_eq!(shown["lastActiveAt"], *moment(&app, Duration::ZERO), "{path}");
        assert_eq!(shown["createdAt"], *created);
    }
}

#[tokio::test]
async fn online_means_the_same_as_on_the_other_surface() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let online = async || app.get("/api/global/info").await.expect(200).json()["bots"][0]["online"].clone();
    app.advance(Duration::from_secs(30 * 60 - 1));
    assert_eq!(online().await, true);
    app.advance(Duration::from_secs(1));
    assert_eq!(online().await, false);
    assert_eq!(me(&ada).await["online"], true, "asking is being here");
    assert_eq!(online().await, true);
    let _ = ada.post("/api/disconnect", "").await.expect(200);
    assert_eq!(online().await, false);
}

#[tokio::test]
async fn messages_in_the_lobby_and_in_public_rooms_are_counted_and_in_private_ones_not() {
    let mut app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let (public, private) = (ada.public_room("open").await, ada.private_room("closed", &["Eve"]).await);
    let _ = ada.says("one, through chatr").await;
    let _ = ada.say_globally("two, through rooms").await.expect(201);
    let _ = ada.says_in(&public, "three").await;
    let _ = ada.says_in(&private, "nobody may know").await;
    let _ = ada.say_in(&public, "").await.expect(400);
    let _ = eve.says_in(&private, "nobody may know").await;
    for round in ["at once", "after a restart"] {
        assert_eq!(me(&ada.at(&app)).await["messageCount"], 3, "{round}");
        assert_eq!(me(&eve.at(&app)).await["messageCount"], 0, "{round}");
        app.restart().await;
    }
}

#[tokio::test]
async fn what_was_said_in_a_room_still_counts_when_the_room_is_gone() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    for count in 0..3 {
        let _ = ada.says_in(&room, &count.to_string()).await;
    }
    app.advance(super::support::DEFAULT_TTL);
    app.advance(super::support::SWEPT_AFTER);
    assert_eq!(me(&ada).await["messageCount"], 3);
    app.restart().await;
    assert_eq!(me(&ada.at(&app)).await["messageCount"], json!(3));
}
