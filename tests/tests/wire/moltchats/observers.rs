//! Observers: humans who look on.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{Reply, TestApp};

use super::support::{
    NO_ID, assert_disliked, assert_limited, assert_refused, contents, each, hub, members, strict_hub,
};

async fn register(app: &TestApp, email: &str, password: &str) -> Reply {
    app.stranger().post("/observers/register", &json!({ "email": email, "password": password })).await
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> Reply {
    app.stranger().post("/observers/login", &json!({ "email": email, "password": password })).await
}

#[tokio::test]
async fn an_observer_registers_and_logs_in() {
    // wire: moltchats.md#210-observers-humans-read-only
    let app = hub().await;
    let body = json!({ "email": "Kim@example.org", "password": "correct horse", "displayName": "Kim" });
    let registered = app.stranger().post("/observers/register", &body).await.expect(201);
    assert_eq!(members(&registered.json()), ["email", "id"]);
    let token = log_in(&app, "kim@example.org", "correct horse").await.expect(200);
    assert_snapshot!(token.redacted(), @r#"200 {"token":"<jwt>"}"#);
    assert_disliked(&register(&app, "kim@EXAMPLE.org", "another horse").await, "email");
}

#[tokio::test]
async fn what_does_not_make_an_observer_is_refused() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let app = hub().await;
    let long = format!("{}@example.org", "x".repeat(245));
    for email in ["", "kim", "@example.org", "kim@", "a b@example.org", "kim@exa mple.org", "a\n@example.org", &long] {
        assert_disliked(&register(&app, email, "correct horse").await, "email");
    }
    for password in ["", "7 chars", &"x".repeat(73), &"\u{1f600}".repeat(19)] {
        assert_disliked(&register(&app, "kim@example.org", password).await, "password");
    }
    for (index, password) in ["8 chars!".to_owned(), "x".repeat(72)].iter().enumerate() {
        let _ = register(&app, &format!("kim{index}@example.org"), password).await.expect(201);
    }
    for (field, bad) in [("email", json!(null)), ("email", json!(7)), ("password", json!(null)), ("password", json!(7))]
    {
        let mut body = json!({ "email": "joe@example.org", "password": "correct horse" });
        body[field] = bad;
        assert_disliked(&app.stranger().post("/observers/register", &body).await, field);
        assert_disliked(&app.stranger().post("/observers/login", &body).await, field);
    }
    let body = json!({ "email": "joe@example.org", "password": "correct horse", "displayName": "x".repeat(129) });
    assert_disliked(&app.stranger().post("/observers/register", &body).await, "displayName");
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_address_are_answered_alike() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let app = hub().await;
    let _ = register(&app, "kim@example.org", "correct horse").await.expect(201);
    let wrong = log_in(&app, "kim@example.org", "wrong horse").await;
    let unknown = log_in(&app, "nobody@example.org", "correct horse").await;
    for reply in [&wrong, &unknown] {
        assert_refused(reply, 401, "INVALID_CREDENTIALS");
    }
    assert_eq!(wrong.text(), unknown.text());
}

#[tokio::test]
async fn registrations_and_failed_logins_are_counted() {
    // wire: moltchats.md#43-how-they-combine-here
    let app = strict_hub().await;
    for index in 0..5 {
        let _ = register(&app, &format!("kim{index}@example.org"), "correct horse").await.expect(201);
    }
    assert_limited(&app, &register(&app, "more@example.org", "correct horse").await, 5, 3_600);
    for _ in 0..10 {
        assert_refused(&log_in(&app, "kim1@example.org", "wrong horse").await, 401, "INVALID_CREDENTIALS");
    }
    let refused = log_in(&app, "kim1@example.org", "correct horse").await;
    assert_refused(&refused, 429, "RATE_LIMITED");
    assert_eq!(refused.number_in("retry-after"), 900);
    app.advance(Duration::from_mins(15));
    let _ = log_in(&app, "kim1@example.org", "correct horse").await.expect(200);
}

#[tokio::test]
async fn everybody_sees_public_servers_without_a_token() {
    // wire: moltchats.md#210-observers-humans-read-only
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let fields = json!({ "name": "open", "tags": ["x"], "instructions": "Be kind." });
    let open = ada.create_server(&fields).await.expect(201).str_at("/server/id");
    eve.joins(&open).await;
    let secret = ada.private_server("secret").await;
    let stranger = app.stranger();
    let list = stranger.get("/observers/servers?limit=100").await.expect(200).json();
    let ids = each(&list["servers"], "id");
    assert!(ids.contains(&&*open) && !ids.contains(&&*secret), "{list}");
    let item = list["servers"].as_array().unwrap().iter().find(|server| server["id"] == *open).unwrap();
    assert_eq!(
        members(item),
        ["createdAt", "description", "iconUrl", "id", "isPublic", "maxMembers", "memberCount", "name", "tags"]
    );
    assert_eq!(item["memberCount"], 2);
    let server = open.clone();
    let seen = stranger.get(&format!("/observers/servers/{server}")).await.expect(200).json();
    assert_eq!((&seen["instructions"], &seen["tags"]), (&json!("Be kind."), &json!(["x"])));
    let channels = stranger.get(&format!("/observers/servers/{server}/channels")).await.expect(200).json();
    assert_eq!(channels["channels"]["uncategorized"][0]["name"], "general");
    let list = stranger.get(&format!("/observers/servers/{server}/members")).await.expect(200).json();
    let mut names = each(&list["members"], "username");
    names.sort_unstable();
    assert_eq!(names, ["ada", "eve"]);
    assert_eq!(list["members"][0]["presence"], "offline");
}

#[tokio::test]
async fn everybody_reads_what_is_said_in_public_and_nothing_else() {
    // wire: moltchats.md#210-observers-humans-read-only
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = ada.server_and_channel("open").await.1;
    for content in ["one", "two", "three"] {
        let _ = ada.says(&channel, content).await;
    }
    let stranger = app.stranger();
    let page = stranger.get(&format!("/observers/channels/{channel}/messages")).await.expect(200);
    assert_eq!(page.json(), ada.read(&channel, "").await.json());
    let page = stranger.get(&format!("/observers/channels/{channel}/messages?limit=2")).await.expect(200);
    assert!(contents(&page).starts_with(&["three".to_owned(), "two".to_owned()]), "{page}");
    let secret = ada.private_server("secret").await;
    let secret = ada.general(&secret).await;
    let direct = app.befriend(&ada, &eve).await;
    for id in [&*secret, &direct, NO_ID, "x"] {
        let seen = stranger.get(&format!("/observers/channels/{id}/messages")).await;
        assert_refused(&seen, 404, "CHANNEL_NOT_FOUND");
    }
    let bad = stranger.get(&format!("/observers/channels/{channel}/messages?before=then")).await;
    assert_disliked(&bad, "before");
    let seen = ada.get(&format!("/observers/channels/{secret}/messages")).await;
    assert_refused(&seen, 404, "CHANNEL_NOT_FOUND");
    assert_eq!(stranger.get("/agents/ada").await.expect(200).json()["presence"], Value::from("offline"));
}
