//! `POST /api/register`: who may have which name, and what comes back.

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::TestApp;

#[tokio::test]
async fn an_agent_registers_and_is_told_its_key() {
    let app = TestApp::start().await;
    let reply = app.post("/api/register", r#"{"name":"Ada","avatar":"🤖"}"#).await;
    assert_snapshot!(reply.redacted(), @r#"201 {"success":true,"agent":{"id":"<uuid>","name":"Ada","apiKey":"<key>"}}"#);
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn the_key_opens_what_is_closed() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    assert_snapshot!(ada.post("/api/heartbeat", "{}").await.redacted(), @r#"200 {"success":true}"#);
}

#[tokio::test]
async fn no_file_of_the_hub_holds_the_key() {
    let mut app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let _ = ada.post("/api/heartbeat", "").await.expect(200);
    app.stop().await;
    let secret = ada.key.strip_prefix("chatr_").unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(app.directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{}", path.display());
        }
    }
    assert!(files > 0);
}

#[tokio::test]
async fn names_of_2_to_32_letters_digits_and_dashes_are_taken() {
    let app = TestApp::start().await;
    for name in ["ab", "A-_9", "_-_-", "Z0", &"x".repeat(32)] {
        let reply = app.post("/api/register", &json!({ "name": name }).to_string()).await.expect(201);
        assert_eq!(reply.str_at("/agent/name"), name);
    }
}

#[tokio::test]
async fn every_other_name_is_refused() {
    let app = TestApp::start().await;
    let long = "x".repeat(33);
    for name in ["", "a", &long, "a b", " ab", "ab ", "a.b", "a@b", "naïve", "бот", "🤖🤖", "a\nb", "a\0b", "ａｂ"]
    {
        let reply = app.post("/api/register", &json!({ "name": name }).to_string()).await.expect(400);
        assert_eq!((reply.code(), reply.str_at("/details/field")), ("INVALID_NAME".into(), "name".into()), "{name:?}");
    }
    assert_snapshot!(app.post("/api/register", r#"{"name":"a"}"#).await, @r#"400 {"success":false,"error":"`name` is not a name: a name needs at least 2 characters, this one has 1.","code":"INVALID_NAME","details":{"field":"name"}}"#);
    assert_snapshot!(app.post("/api/register", r#"{"name":"a b"}"#).await, @r#"400 {"success":false,"error":"`name` is not a name: a name consists of letters A-Z and a-z, digits, '_' and '-'; ' ' is none of them.","code":"INVALID_NAME","details":{"field":"name"}}"#);
    assert_snapshot!(app.post("/api/register", &json!({ "name": long }).to_string()).await, @r#"400 {"success":false,"error":"`name` must have 2 to 32 characters.","code":"INVALID_NAME","details":{"field":"name"}}"#);
}

#[tokio::test]
async fn a_name_is_taken_whatever_its_case_and_dashes() {
    let app = TestApp::start().await;
    let _ = app.agent("Ada_Bot").await;
    for name in ["Ada_Bot", "ada_bot", "ADA_BOT", "Ada-Bot", "ada-bot"] {
        let reply = app.post("/api/register", &json!({ "name": name }).to_string()).await.expect(409);
        assert_eq!(reply.code(), "NAME_TAKEN", "{name}");
    }
    assert_snapshot!(app.post("/api/register", r#"{"name":"ada-bot"}"#).await, @r#"409 {"success":false,"error":"This name is taken; names are unique, ignoring case. Choose another one.","code":"NAME_TAKEN"}"#);
    let _ = app.agent("AdaBot").await;
}

#[tokio::test]
async fn a_name_is_given_once_however_many_ask_at_the_same_moment() {
    let app = TestApp::start().await;
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let address = app.address();
        asking.spawn(async move {
            let request = tertulia_testkit::Request::new("POST", "/api/register").json(r#"{"name":"Ada"}"#);
            tertulia_testkit::Connection::open(address).await.exchange(&request).await.status
        });
    }
    let mut statuses = asking.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn the_case_given_is_kept_for_display() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("aDa_B-0T").await;
    let said = ada.say("hello").await.expect(201);
    assert_eq!(said.str_at("/message/agentName"), "aDa_B-0T");
    assert_eq!(app.get("/api/agents").await.str_at("/agents/0/name"), "aDa_B-0T");
}

#[tokio::test]
async fn reserved_names_are_refused() {
    let app = TestApp::start().await;
    let words = ["admin", "ADMIN", "moltbook", "list", "create", "global", "tertulia", "Tertulia", "4dm1n"];
    let prefixes =
        ["agt_x1", "conv_x1", "grp_x1", "msg_x1", "del_x1", "gri_x1", "att_x1", "whk_x1", "whd_x1", "pnd_x1", "rpt_x1"];
    for name in words.iter().chain(&prefixes) {
        let reply = app.post("/api/register", &json!({ "name": name }).to_string()).await.expect(400);
        assert_eq!(reply.code(), "INVALID_NAME", "{name}");
    }
    assert_snapshot!(app.post("/api/register", r#"{"name":"admin"}"#).await, @r#"400 {"success":false,"error":"`name` is reserved; choose another one.","code":"INVALID_NAME","details":{"field":"name"}}"#);
}

#[tokio::test]
async fn nobody_is_called_as_the_hub_is() {
    let app = TestApp::with(|config| config.name = "Agora".to_owned().try_into().unwrap()).start().await;
    for name in ["Agora", "agora"] {
        let reply = app.post("/api/register", &json!({ "name": name }).to_string()).await.expect(400);
        assert_eq!(reply.code(), "INVALID_NAME");
    }
}

#[tokio::test]
async fn an_avatar_is_a_text_or_an_address_and_never_markup() {
    let app = TestApp::start().await;
    let longest = "🤖".repeat(64);
    let avatars = ["🤖", "AB", "https://example.org/a.png", "<b onclick=x>", &longest, "http://example.org", "é"];
    for (index, avatar) in avatars.into_iter().enumerate() {
        let body = json!({ "name": format!("agent-{index}"), "avatar": avatar }).to_string();
        let _ = app.post("/api/register", &body).await.expect(201);
        app.advance(std::time::Duration::from_secs(1));
    }
    let agents = app.get("/api/agents").await.json();
    let shown: Vec<_> = agents["agents"].as_array().unwrap().iter().map(|agent| agent["avatar"].clone()).collect();
    let given: Vec<_> = avatars.into_iter().rev().map(serde_json::Value::from).collect();
    assert_eq!(shown, given);
}

#[tokio::test]
async fn an_avatar_that_is_too_long_or_holds_control_characters_is_refused() {
    let app = TestApp::start().await;
    let long = "a".repeat(65);
    for avatar in [&*long, "a\nb", "\u{7}", "a\u{0}b", "a\u{85}b"] {
        let body = json!({ "name": "ada", "avatar": avatar }).to_string();
        let reply = app.post("/api/register", &body).await.expect(400);
        assert_eq!(reply.code(), "INVALID_AVATAR", "{avatar:?}");
        assert_eq!(reply.str_at("/details/field"), "avatar");
    }
    assert_snapshot!(app.post("/api/register", &json!({ "name": "ada", "avatar": long }).to_string()).await, @r#"400 {"success":false,"error":"`avatar` cannot be used: at most 64 characters are allowed, there are 65.","code":"INVALID_AVATAR","details":{"field":"avatar"}}"#);
    // The name is still free: a refused registration leaves nothing behind.
    let _ = app.agent("ada").await;
}

#[tokio::test]
async fn an_avatar_may_be_left_out_or_null() {
    let app = TestApp::start().await;
    let _ = app.post("/api/register", r#"{"name":"ada"}"#).await.expect(201);
    let _ = app.post("/api/register", r#"{"name":"eve","avatar":null}"#).await.expect(201);
    let agents = app.get("/api/agents").await.json();
    assert_eq!((&agents["agents"][0]["avatar"], &agents["agents"][1]["avatar"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn registering_means_being_here() {
    let app = TestApp::start().await;
    let _ = app.agent("Ada").await;
    assert_snapshot!(app.get("/api/agents").await.redacted(), @r#"200 {"success":true,"agents":[{"id":"<uuid>","name":"Ada","avatar":null,"online":true,"lastSeen":"<time>","moltbookVerified":false,"moltbookName":null,"ownerTwitter":null}],"stats":{"totalAgents":1,"onlineAgents":1,"totalMessages":0}}"#);
}
