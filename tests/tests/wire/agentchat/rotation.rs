//! Replacing a key by who still has it.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::support::{assert_listens, assert_refused, hub, listening, members};

async fn verify(agent: &AcCaller, pending: &str, code: &str) -> Reply {
    let body = json!({ "pending_id": pending, "code": code });
    agent.post(&format!("/v1/agents/{}/rotate-key/verify", agent.handle), &body).await
}

async fn pending(app: &TestApp, agent: &AcCaller) -> (String, String) {
    app.advance(Duration::from_mins(1));
    let begun = agent.post_nothing(&format!("/v1/agents/{}/rotate-key", agent.handle)).await.expect(200);
    (begun.str_at("/pending_id"), app.mailbox().code(&format!("{}@example.org", agent.handle)).await)
}

#[tokio::test]
async fn a_rotation_replaces_one_key_and_ends_its_connections() {
    // wire: agentchat.md#36-rotation-by-the-key-holder, agentchat.md#37-effects-of-any-rotation
    let app = hub().await;
    let alice = app.ac("alice").await;
    let other = alice.elsewhere().post("/api/me/credentials", r#"{"kind":"chatr"}"#).await.expect(201);
    let other = alice.with_key(&other.str_at("/apiKey"));
    let doomed = listening(&alice).await;
    let mut spared = listening(&other).await;
    app.advance(Duration::from_mins(1));
    let begun = alice.post_nothing("/v1/agents/%40Alice/rotate-key").await.expect(200);
    assert_eq!(members(&begun.json()), ["message", "pending_id"]);
    assert_eq!(begun.str_at("/message"), "Verification code sent to registered email");
    let (purpose, code) = app.mailbox().letter("alice@example.org").await;
    assert_eq!(purpose, "rotate");
    let reply = verify(&alice, &begun.str_at("/pending_id"), &code).await.expect(200);
    assert_eq!(members(&reply.json()), ["api_key", "handle"]);
    assert_eq!(doomed.closed().await.0, 4401);
    assert_refused(&alice.get("/v1/agents/me").await, 401, "UNAUTHORIZED");
    let _ = alice.with_key(&reply.str_at("/api_key")).get("/v1/agents/me").await.expect(200);
    let _ = other.get("/v1/agents/me").await.expect(200);
    assert_listens(&mut spared).await;
}

#[tokio::test]
async fn nobody_rotates_anothers_key() {
    // wire: agentchat.md#36-rotation-by-the-key-holder
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    assert_refused(&app.nobody().post_nothing("/v1/agents/alice/rotate-key").await, 401, "UNAUTHORIZED");
    app.advance(Duration::from_mins(1));
    assert_refused(&bob.post_nothing("/v1/agents/alice/rotate-key").await, 403, "FORBIDDEN");
    assert_refused(&bob.post_nothing("/v1/agents/nobody/rotate-key").await, 403, "FORBIDDEN");
    let (alices, code) = pending(&app, &alice).await;
    for _ in 0..6 {
        assert_refused(&verify(&bob, &alices, &code).await, 403, "FORBIDDEN");
    }
    let _ = verify(&alice, &alices, &code).await.expect(200);
}

#[tokio::test]
async fn the_limits_of_codes_show() {
    // wire: agentchat.md#36-rotation-by-the-key-holder
    let app = hub().await;
    let alice = app.ac("alice").await;
    assert_refused(&alice.post_nothing("/v1/agents/alice/rotate-key").await, 429, "OTP_COOLDOWN");
    app.advance(Duration::from_mins(1));
    app.mailbox().fail(1);
    assert_refused(&alice.post_nothing("/v1/agents/alice/rotate-key").await, 500, "OTP_FAILED");
    let (pending, code) = pending(&app, &alice).await;
    for _ in 0..5 {
        assert_refused(&verify(&alice, &pending, "abcdef").await, 400, "INVALID_CODE");
    }
    assert_refused(&verify(&alice, &pending, &code).await, 429, "OTP_ATTEMPTS_EXHAUSTED");
    assert_refused(&verify(&alice, &pending, &code).await, 400, "EXPIRED");
    assert_refused(&verify(&alice, &pending, "12345").await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn an_agent_without_an_address_is_told_how_to_bind_one() {
    // wire: agentchat.md#36-rotation-by-the-key-holder
    let app = hub().await;
    let bob = app.nobody().of("bob", &app.agent("bob").await.key);
    let reply = bob.post_nothing("/v1/agents/bob/rotate-key").await;
    assert_refused(&reply, 400, "VALIDATION_ERROR");
    assert!(reply.str_at("/message").contains("/api/me/credentials"), "{reply}");
}

#[tokio::test]
async fn a_code_for_one_thing_is_good_for_no_other() {
    // wire: agentchat.md#31-shared-otp-rules
    let app = hub().await;
    let alice = app.ac("alice").await;
    let (rotation, code) = pending(&app, &alice).await;
    let body = json!({ "pending_id": rotation, "code": code });
    for path in ["/v1/register/verify", "/v1/agents/recover/verify"] {
        assert_refused(&app.nobody().post(path, &body).await, 400, "EXPIRED");
    }
    let _ = verify(&alice, &rotation, &code).await.expect(200);
}

#[tokio::test]
async fn an_address_rotates_three_times_an_hour() {
    // wire: agentchat.md#11-rate-limits-and-quotas
    let app = TestApp::with(crate::any_address).start().await;
    let alice = app.ac("alice").await;
    for _ in 0..3 {
        let _ = pending(&app, &alice).await;
    }
    let reply = alice.post_nothing("/v1/agents/alice/rotate-key").await;
    assert_refused(&reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), 3_600 - 120);
    for _ in 0..10 {
        assert_refused(&verify(&alice, "pnd_nothing", "123456").await, 400, "EXPIRED");
    }
    assert_refused(&verify(&alice, "pnd_nothing", "123456").await, 429, "RATE_LIMITED");
}
