//! Sessions: access tokens, how they are renewed, and what happens to those that are not good.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tertulia_core::Clock;
use tertulia_testkit::{MoltAgent, Reply, Request, TestApp};

use super::support::{TOKEN_LIFE, assert_disliked, assert_refused, hub, is_moment, members};

const SECOND: Duration = Duration::from_secs(1);
const A_DAY: Duration = Duration::from_hours(24);

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a JWT has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url without padding")).expect("JSON")
}

fn forged(header: &Value, payload: &Value, signature: &str) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", encoded(header), encoded(payload))
}

async fn refresh(app: &TestApp, token: &str) -> Reply {
    app.stranger().post("/auth/refresh", &json!({ "refreshToken": token })).await
}

async fn me(app: &TestApp, token: &str) -> Reply {
    app.stranger().with_token(token).get("/agents/@me").await
}

#[tokio::test]
async fn an_access_token_says_who_for_how_long() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (header, claims) = (part(ada.token(), 0), part(ada.token(), 1));
    assert_eq!(header["alg"], "HS256");
    let said = (&claims["sub"], &claims["username"], &claims["role"]);
    assert_eq!(said, (&json!(ada.id), &json!("ada"), &json!("agent")));
    assert_eq!(claims["jti"].as_str().map(str::len), Some(36), "{claims}");
    assert_eq!(claims["iat"].as_i64(), Some(app.clock().now().as_secs()));
    assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|at| at + 14_400));
}

#[tokio::test]
async fn an_observers_token_says_so_and_does_not_tell_its_address() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let observer = app.observer("kim@example.org").await;
    let claims = part(observer.token.as_deref().unwrap(), 1);
    assert_eq!(claims["role"], "observer");
    assert_eq!(claims["username"], claims["sub"], "not the e-mail address");
    assert!(claims["jti"].is_string(), "{claims}");
    assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|at| at + 14_400));
}

#[tokio::test]
async fn an_access_token_is_good_for_four_hours() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let ada = app.molt("ada").await;
    app.advance(Duration::from_secs(14_399));
    let _ = ada.get("/agents/@me").await.expect(200);
    app.advance(SECOND);
    assert_refused(&ada.get("/agents/@me").await, 401, "TOKEN_EXPIRED");
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let ada = app.molt("ada").await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = Request::new("GET", "/api/v1/agents/@me");
        let request = request.header("Authorization", &format!("{scheme} {}", ada.token()));
        let _ = app.send(request).await.expect(200);
    }
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (header, claims) = (part(ada.token(), 0), part(ada.token(), 1));
    let signature = ada.token().rsplit('.').next().unwrap().to_owned();
    let mut later = claims.clone();
    later["exp"] = json!(claims["exp"].as_i64().unwrap() + 1);
    let mut other = claims.clone();
    other["role"] = json!("observer");
    let with_alg = |alg: &str| json!({ "alg": alg, "typ": "JWT" });
    let tokens = [
        "x".to_owned(),
        "a.b.c".to_owned(),
        format!("{}.", ada.token()),
        ada.token()[..ada.token().len() - 2].to_owned(),
        forged(&header, &later, &signature),
        forged(&header, &other, &signature),
        forged(&header, &claims, ""),
        forged(&with_alg("none"), &claims, ""),
        forged(&with_alg("HS384"), &claims, &signature),
        forged(&with_alg("HS512"), &claims, &signature),
        forged(&with_alg("RS256"), &claims, &signature),
        ada.refresh_token.clone(),
    ];
    for token in &tokens {
        assert_refused(&me(&app, token).await, 401, "INVALID_CREDENTIALS");
    }
    for value in ["", "Bearer", "Bearer ", "Basic YTpi", ada.token(), &format!("Token {}", ada.token())] {
        let request = Request::new("GET", "/api/v1/agents/@me").header("Authorization", value);
        assert_refused(&app.send(request).await, 401, "INVALID_CREDENTIALS");
    }
    assert_refused(&app.stranger().get("/agents/@me").await, 401, "INVALID_CREDENTIALS");
    let query = app.stranger().get(&format!("/agents/@me?token={}", ada.token())).await;
    assert_refused(&query, 401, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_renewed_session_ends_the_old_one_at_once() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let ada = app.molt("ada").await;
    let reply = refresh(&app, &ada.refresh_token).await.expect(200);
    assert_eq!(members(&reply.json()), ["agentId", "refreshToken", "token"]);
    insta::assert_snapshot!(reply.redacted(), @r#"200 {"agentId":"<uuid>","token":"<jwt>","refreshToken":"msr_<key>"}"#);
    assert_refused(&ada.get("/agents/@me").await, 401, "TOKEN_REVOKED");
    let renewed = MoltAgent::of(&app.stranger(), "ada", &reply);
    let _ = renewed.get("/agents/@me").await.expect(200);
    // Who comes with the old one again does the new one no harm.
    assert_refused(&refresh(&app, &ada.refresh_token).await, 401, "TOKEN_REVOKED");
    let _ = renewed.get("/agents/@me").await.expect(200);
    let _ = renewed.refreshed().await.get("/agents/@me").await.expect(200);
}

#[tokio::test]
async fn an_expired_access_token_of_an_ended_session_is_not_good_either() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let ada = app.molt("ada").await;
    let _ = ada.refreshed().await;
    app.advance(TOKEN_LIFE);
    let reply = ada.get("/agents/@me").await.expect(401);
    assert!(["TOKEN_EXPIRED", "TOKEN_REVOKED"].contains(&&*reply.code()), "{reply}");
}

#[tokio::test]
async fn of_two_who_renew_a_session_at_once_one_does() {
    // wire: moltchats.md#81-auth-and-http
    let app = hub().await;
    let mut ada = app.molt("ada").await;
    for _ in 0..3 {
        let (one, other) = tokio::join!(refresh(&app, &ada.refresh_token), refresh(&app, &ada.refresh_token));
        let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
        assert_refused(&lost, 401, "TOKEN_REVOKED");
        ada = MoltAgent::of(&app.stranger(), "ada", &won.expect(200));
    }
}

#[tokio::test]
async fn a_session_can_be_renewed_for_thirty_days_and_each_time_anew() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let mut ada = app.molt("ada").await;
    for _ in 0..2 {
        app.advance(29 * A_DAY);
        ada = ada.refreshed().await;
    }
    app.advance(30 * A_DAY);
    assert_refused(&refresh(&app, &ada.refresh_token).await, 401, "TOKEN_EXPIRED");
}

#[tokio::test]
async fn what_is_no_refresh_token_of_ours_is_refused() {
    // wire: moltchats.md#22-auth
    let app = hub().await;
    let ada = app.molt("ada").await;
    let unknown = format!("msr_{}", "0".repeat(96));
    for token in [&*unknown, "x", "", &ada.refresh_token[..99], ada.token(), &ada.refresh_token.to_uppercase()] {
        assert_refused(&refresh(&app, token).await, 401, "INVALID_CREDENTIALS");
    }
    for body in [json!({}), json!({ "refreshToken": null }), json!({ "refreshToken": 7 })] {
        assert_disliked(&app.stranger().post("/auth/refresh", &body).await, "refreshToken");
    }
}

#[tokio::test]
async fn an_agent_has_as_many_sessions_as_it_likes() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let ada = app.molt("ada").await;
    let asked = app.stranger().post("/auth/challenge", &json!({ "agentId": ada.id })).await.str_at("/challenge");
    let answer = tertulia_testkit::MoltKey::shared().answer(&ada.id, &asked);
    let second = MoltAgent::of(&app.stranger(), "ada", &app.stranger().post("/agents/verify", &answer).await);
    let renewed = second.refreshed().await;
    for agent in [&ada, &renewed] {
        let _ = agent.get("/agents/@me").await.expect(200);
    }
    assert_refused(&second.get("/agents/@me").await, 401, "TOKEN_REVOKED");
}

#[tokio::test]
async fn a_bad_token_does_no_harm_where_none_is_needed() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let ada = app.molt("ada").await;
    let old = ada.clone();
    let ada = ada.refreshed().await;
    for bad in ["x", "a.b.c", old.token(), ""] {
        let caller = app.stranger().with_token(bad);
        let asked = caller.post("/auth/challenge", &json!({ "agentId": ada.id })).await.expect(200);
        let answer = tertulia_testkit::MoltKey::shared().answer(&ada.id, &asked.str_at("/challenge"));
        let session = caller.post("/agents/verify", &answer).await.expect(200);
        let body = json!({ "refreshToken": session.str_at("/refreshToken") });
        let _ = caller.post("/auth/refresh", &body).await.expect(200);
        for path in ["/agents/ada", "/trust/ada", "/observers/servers", "/search?q=lobby"] {
            let _ = caller.get(path).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_suspended_agent_neither_acts_nor_renews() {
    // wire: moltchats.md#81-auth-and-http
    let app = hub().await;
    let ada = app.molt("ada").await;
    assert!(app.chat().suspend("ada").await.unwrap());
    assert_refused(&ada.get("/agents/@me").await, 403, "AGENT_SUSPENDED");
    assert_refused(&refresh(&app, &ada.refresh_token).await, 403, "AGENT_SUSPENDED");
    assert!(app.chat().unsuspend("ada").await.unwrap());
    let _ = ada.get("/agents/@me").await.expect(200);
}

#[tokio::test]
async fn an_observer_is_no_agent() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let observer = app.observer("kim@example.org").await;
    assert_refused(&observer.get("/agents/@me").await, 403, "FORBIDDEN");
    assert_refused(&observer.post("/servers", &json!({ "name": "a server" })).await, 403, "FORBIDDEN");
}

#[tokio::test]
async fn sessions_outlive_a_restart_and_are_written_down_as_digests() {
    // wire: moltchats.md#13-authentication
    let mut app = hub().await;
    let ada = app.molt("ada").await;
    let ended = ada.clone();
    let ada = ada.refreshed().await;
    app.restart().await;
    let _ = ada.at(&app).get("/agents/@me").await.expect(200);
    assert_refused(&ended.at(&app).get("/agents/@me").await, 401, "TOKEN_REVOKED");
    let renewed = ada.at(&app).refreshed().await;
    app.stop().await;
    for secret in [&*renewed.refresh_token, renewed.token()] {
        assert_eq!(app.files_with(secret.as_bytes()), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_credential_of_any_surface_is_good_on_every_surface() {
    let app = hub().await;
    let ada = app.molt("ada").await;
    assert_eq!(ada.elsewhere().get("/api/bots/me").await.expect(200).str_at("/bot/name"), "ada");
    let eve = app.agent("Eve").await;
    let seen = app.stranger().with_token(&eve.key).get("/agents/@me").await.expect(200);
    assert_eq!((seen.str_at("/username"), seen.str_at("/status")), ("eve".to_owned(), "verified".to_owned()));
    assert!(is_moment(&seen.str_at("/createdAt")), "{seen}");
}
