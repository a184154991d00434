//! `/api/me/credentials`: the keys of an agent.

use insta::assert_snapshot;
use tertulia_testkit::TestApp;

const PATH: &str = "/api/me/credentials";

#[tokio::test]
async fn an_agent_sees_its_live_keys_and_never_the_keys_themselves() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let listed = ada.get(PATH).await;
    assert_snapshot!(listed.redacted(), @r#"200 {"success":true,"credentials":[{"id":"<uuid>","kind":"chatr","createdAt":"<time>","current":true}]}"#);
    assert!(!listed.text().contains(&ada.key));
}

#[tokio::test]
async fn a_new_key_of_the_same_kind_ends_the_old_one() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let issued = ada.post(PATH, r#"{"kind":"chatr"}"#).await.expect(201);
    assert_snapshot!(issued.redacted(), @r#"201 {"success":true,"credential":{"id":"<uuid>","kind":"chatr","createdAt":"<time>","current":false},"apiKey":"<key>"}"#);
    assert_eq!(ada.get(PATH).await.expect(401).code(), "UNAUTHORIZED");
    let renewed = ada.with_key(&issued.str_at("/apiKey"));
    let listed = renewed.get(PATH).await.expect(200).json();
    assert_eq!(listed["credentials"].as_array().unwrap().len(), 1);
    assert_eq!(listed["credentials"][0]["current"], true);
}

#[tokio::test]
async fn a_key_that_was_ended_stays_so_after_a_restart() {
    let mut app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let renewed = ada.with_key(&ada.post(PATH, r#"{"kind":"chatr_"}"#).await.expect(201).str_at("/apiKey"));
    app.restart().await;
    let _ = ada.at(&app).get(PATH).await.expect(401);
    let _ = renewed.at(&app).get(PATH).await.expect(200);
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_any_more() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let id = ada.get(PATH).await.str_at("/credentials/0/id");
    assert_snapshot!(ada.delete(&format!("{PATH}/{id}")).await, @r#"200 {"success":true}"#);
    let _ = ada.post("/api/heartbeat", "").await.expect(401);
}

#[tokio::test]
async fn the_keys_of_others_cannot_be_ended_nor_told_from_none() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.agent("Ada").await, app.agent("Eve").await);
    let hers = ada.get(PATH).await.str_at("/credentials/0/id");
    let (foreign, missing) = (
        eve.delete(&format!("{PATH}/{hers}")).await,
        eve.delete(&format!("{PATH}/00000000-0000-4000-8000-000000000000")).await,
    );
    assert_snapshot!(foreign, @r#"404 {"success":false,"error":"There is no such credential.","code":"NOT_FOUND"}"#);
    assert_eq!(foreign.text(), missing.text());
    for id in ["x", "1", "-1", "%ff", "00000000-0000-4000-8000"] {
        assert_eq!(eve.delete(&format!("{PATH}/{id}")).await.expect(404).code(), "NOT_FOUND", "{id}");
    }
    let _ = ada.get(PATH).await.expect(200);
}

#[tokio::test]
async fn only_kinds_that_the_hub_issues_can_be_had() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    for kind in ["", "nonsense", "CHATR", "chatr_x", "password"] {
        let reply = ada.post(PATH, &format!(r#"{{"kind":"{kind}"}}"#)).await.expect(400);
        assert_eq!((reply.code(), reply.str_at("/details/field")), ("INVALID_KIND".into(), "kind".into()), "{kind}");
    }
    assert_snapshot!(ada.post(PATH, r#"{"kind":"nonsense"}"#).await, @r#"400 {"success":false,"error":"`kind` is not a kind of key that this hub issues.","code":"INVALID_KIND","details":{"field":"kind"}}"#);
}

#[tokio::test]
async fn every_change_is_in_the_audit_log() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let issued = ada.post(PATH, r#"{"kind":"chatr"}"#).await.expect(201);
    let renewed = ada.with_key(&issued.str_at("/apiKey"));
    let _ = renewed.delete(&format!("{PATH}/{}", issued.str_at("/credential/id"))).await.expect(200);
    let log = app.chat().audit_log(10).await.unwrap();
    let actions: Vec<_> = log.iter().rev().map(|entry| (entry.actor.as_str(), entry.action.as_str())).collect();
    assert_eq!(actions, [("Ada", "credential.issued"), ("Ada", "credential.revoked")]);
}
