//! Verification when Moltbook is in trouble, and the way with an identity token.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{AgentCaller, Reply, Request, TestApp};

const ADA: &str = r#"{"moltbookName":"ada_m"}"#;

async fn ada() -> (TestApp, AgentCaller) {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    app.moltbook().account("ada_m").claimed().owner("ada_h");
    (app, ada)
}

/// As [`ada`], with a verification that needs only to be completed.
async fn almost_verified() -> (TestApp, AgentCaller) {
    let (app, ada) = ada().await;
    let started = ada.post("/api/verify/start", ADA).await.expect(200);
    app.moltbook().post("ada_m", "hello", &started.str_at("/message"));
    (app, ada)
}

fn with_token(agent: &AgentCaller, token: &str, body: &str) -> Request {
    agent.request("POST", "/api/verify/complete").header("X-Moltbook-Identity", token).json(body)
}

#[tokio::test]
async fn while_moltbook_misbehaves_the_code_stays_valid() {
    type Misbehave = fn(&tertulia_doubles::moltbook::Moltbook);
    let ways: [(&str, Misbehave); 4] = [
        ("nonsense", |moltbook| moltbook.nonsense()),
        ("a page", |moltbook| moltbook.html()),
        ("500", |moltbook| moltbook.failing()),
        ("hanging up", |moltbook| moltbook.down()),
    ];
    for (way, misbehave) in ways {
        let (app, ada) = almost_verified().await;
        misbehave(app.moltbook());
        let reply = ada.post("/api/verify/complete", ADA).await;
        assert_eq!((reply.status, reply.code().as_str()), (502, "MOLTBOOK_UNAVAILABLE"), "{way}: {reply}");
        app.moltbook().well();
        app.advance(Duration::from_mins(5));
        let _ = ada.post("/api/verify/complete", ADA).await.expect(200);
    }
}

#[tokio::test]
async fn moltbook_is_waited_for_ten_seconds() {
    let (app, ada) = almost_verified().await;
    app.moltbook().slow();
    let before = u64::try_from(app.moltbook().calls_in_all()).unwrap();
    let asking = {
        let ada = ada.clone();
        async move { ada.post("/api/verify/complete", ADA).await }
    };
    let passing = async {
        app.moltbook().calls_reach(before + 1).await;
        app.advance(Duration::from_secs(10));
    };
    let (reply, ()) = tokio::join!(asking, passing);
    assert_snapshot!(reply, @r#"502 {"success":false,"error":"Moltbook cannot be reached at the moment. The code stays valid; try again in a few minutes.","code":"MOLTBOOK_UNAVAILABLE"}"#);
    app.moltbook().well();
    app.advance(Duration::from_mins(5));
    let _ = ada.post("/api/verify/complete", ADA).await.expect(200);
}

#[tokio::test]
async fn moltbooks_own_limit_is_passed_on() {
    let (app, ada) = almost_verified().await;
    app.moltbook().too_many(40);
    let reply = ada.post("/api/verify/complete", ADA).await.expect(502);
    assert_eq!(reply.code(), "MOLTBOOK_UNAVAILABLE");
    assert_eq!(reply.header("retry-after"), Some("40"));
    // Until then it is left alone.
    app.moltbook().well();
    let before = app.moltbook().calls_in_all();
    assert_eq!(ada.post("/api/verify/complete", ADA).await.expect(502).code(), "MOLTBOOK_UNAVAILABLE");
    assert_eq!(app.moltbook().calls_in_all(), before);
    app.advance(Duration::from_secs(40));
    let _ = ada.post("/api/verify/complete", ADA).await.expect(200);
}

#[tokio::test]
async fn no_key_of_an_agent_reaches_moltbook() {
    let (app, ada) = almost_verified().await;
    let _ = ada.post("/api/verify/complete", ADA).await.expect(200);
    assert!(app.moltbook().called().iter().all(|call| !call.contains("chatr_")), "{:?}", app.moltbook().called());
}

#[tokio::test]
async fn bad_names_are_refused_before_anybody_is_asked() {
    let (app, ada) = ada().await;
    let long = "x".repeat(65);
    for path in ["/api/verify/start", "/api/verify/complete"] {
        for name in [json!(""), json!("a b"), json!("a/b"), json!("ä"), json!(long), json!(7), json!(null)] {
            let reply = ada.post(path, &json!({ "moltbookName": name }).to_string()).await.expect(400);
            assert_eq!(reply.code(), "INVALID_MOLTBOOK_NAME", "{name}");
            assert_eq!(reply.str_at("/details/field"), "moltbookName");
        }
        assert_eq!(ada.post(path, "").await.expect(400).code(), "INVALID_MOLTBOOK_NAME");
        app.advance(Duration::from_mins(1));
    }
    assert_eq!(app.moltbook().calls_in_all(), 0);
    let _ = ada.post("/api/verify/start", &json!({ "moltbookName": "x".repeat(64) }).to_string()).await.expect(200);
    let _ = ada.post("/api/verify/start", r#"{"moltbookName":"x"}"#).await.expect(200);
}

#[tokio::test]
async fn a_post_that_is_named_wrongly_is_refused() {
    let (_app, ada) = almost_verified().await;
    for body in [r#"{"moltbookName":"ada_m","postId":7}"#, r#"{"moltbookName":"ada_m","postUrl":[]}"#] {
        assert_eq!(ada.post("/api/verify/complete", body).await.expect(400).code(), "INVALID_POST", "{body}");
    }
}

#[tokio::test]
async fn completing_is_limited_to_ten_a_minute() {
    let (app, ada) = ada().await;
    let _ = ada.post("/api/verify/start", ADA).await.expect(200);
    for _ in 0..10 {
        assert_eq!(ada.post("/api/verify/complete", ADA).await.expect(400).code(), "CODE_NOT_FOUND");
    }
    let reply = ada.post("/api/verify/complete", ADA).await;
    assert_snapshot!(reply, @r#"429 {"success":false,"error":"Rate limit reached: attempts to complete a verification are limited to 10 per 1 minute; wait 1 minute and try again.","code":"RATE_LIMITED"}"#);
    assert_eq!((reply.number_in("x-ratelimit-limit"), reply.number_in("retry-after")), (10, 60));
    // Another agent has its own ten, and a minute later there are ten again.
    let eve = app.agent("Eve").await;
    assert_eq!(eve.post("/api/verify/complete", ADA).await.expect(400).code(), "VERIFICATION_NOT_STARTED");
    app.advance(Duration::from_mins(1));
    assert_eq!(ada.post("/api/verify/complete", ADA).await.expect(400).code(), "CODE_NOT_FOUND");
}

#[tokio::test]
async fn an_identity_token_verifies_in_one_call() {
    let (app, ada) = ada().await;
    app.moltbook().token("token-1", "ada_m", Some("127.0.0.1"));
    let reply = ada.send(&with_token(&ada, "token-1", "")).await;
    assert_snapshot!(reply, @r#"200 {"success":true,"verified":true,"moltbookName":"ada_m","ownerTwitter":"ada_h","message":"🦞 Verified as ada_m on Moltbook!"}"#);
    assert_eq!(app.get("/api/agents").await.json()["agents"][0]["moltbookVerified"], true);
}

#[tokio::test]
async fn a_token_must_be_of_the_account_that_is_named() {
    let (app, ada) = ada().await;
    app.moltbook().token("token-1", "ada_m", None);
    let refused = ada.send(&with_token(&ada, "token-1", r#"{"moltbookName":"other"}"#)).await;
    assert_snapshot!(refused, @r#"401 {"success":false,"error":"Moltbook refused the identity token (account_mismatch). Get a new one and try again.","code":"IDENTITY_TOKEN_REFUSED"}"#);
    let _ = ada.send(&with_token(&ada, "token-1", r#"{"moltbookName":"ADA_M"}"#)).await.expect(200);
}

#[tokio::test]
async fn refused_tokens_are_told_apart() {
    let (app, ada) = ada().await;
    app.moltbook().expired_token("expired", "ada_m");
    app.moltbook().token("elsewhere", "ada_m", Some("other.example"));
    app.moltbook().account("off").claimed().deactivated();
    app.moltbook().token("deactivated", "off", None);
    app.moltbook().token("nobody", "nobody", None);
    app.moltbook().account("free");
    app.moltbook().token("unclaimed", "free", None);
    let mut answers = Vec::new();
    for token in ["expired", "elsewhere", "unknown", "deactivated", "nobody", "unclaimed"] {
        let reply: Reply = ada.send(&with_token(&ada, token, "")).await;
        answers.push(format!("{token}: {} {}", reply.status, reply.code()));
    }
    assert_snapshot!(answers.join(", "), @"expired: 401 IDENTITY_TOKEN_REFUSED, elsewhere: 401 IDENTITY_TOKEN_REFUSED, unknown: 401 IDENTITY_TOKEN_REFUSED, deactivated: 403 MOLTBOOK_NOT_VERIFIED, nobody: 404 MOLTBOOK_ACCOUNT_NOT_FOUND, unclaimed: 403 MOLTBOOK_NOT_VERIFIED");
    assert_snapshot!(ada.send(&with_token(&ada, "expired", "")).await, @r#"401 {"success":false,"error":"Moltbook refused the identity token (identity_token_expired). Get a new one and try again.","code":"IDENTITY_TOKEN_REFUSED"}"#);
    let empty = ada.send(&with_token(&ada, "", "")).await.expect(400);
    assert_eq!(empty.code(), "INVALID_IDENTITY_TOKEN");
}

#[tokio::test]
async fn a_key_of_the_hub_that_moltbook_refuses_is_the_operators_fault() {
    let (app, ada) = ada().await;
    app.moltbook().require_app_key("right");
    app.moltbook().token("token-1", "ada_m", None);
    let reply = ada.send(&with_token(&ada, "token-1", "")).await.expect(502);
    assert_eq!(reply.code(), "MOLTBOOK_UNAVAILABLE");
}

#[tokio::test]
async fn a_token_binds_an_account_as_a_post_does() {
    let (app, ada) = ada().await;
    app.verify(&ada, "ada_m").await;
    app.moltbook().token("token-1", "ada_m", None);
    let eve = app.agent("Eve").await;
    let reply = eve.send(&with_token(&eve, "token-1", "")).await.expect(409);
    assert_eq!(reply.code(), "MOLTBOOK_ACCOUNT_IN_USE");
}
