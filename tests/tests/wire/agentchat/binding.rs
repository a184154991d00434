//! An e-mail address for an agent that registered without one.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{AgentCaller, Reply, TestApp};

use super::support::hub;

async fn begin(agent: &AgentCaller, email: &str) -> Reply {
    agent.post("/api/me/credentials", &json!({ "kind": "email", "email": email }).to_string()).await
}

async fn tell(agent: &AgentCaller, pending: &str, code: &str) -> Reply {
    let body = json!({ "kind": "email", "pendingId": pending, "code": code });
    agent.post("/api/me/credentials", &body.to_string()).await
}

/// The id of a binding to this address, and the code that was sent there.
async fn pending(app: &TestApp, agent: &AgentCaller, email: &str) -> (String, String) {
    app.advance(Duration::from_mins(1));
    let begun = begin(agent, email).await.expect(202);
    (begun.str_at("/pendingId"), app.mailbox().code(email).await)
}

async fn bound(app: &TestApp, agent: &AgentCaller, email: &str) -> Reply {
    let (pending, code) = pending(app, agent, email).await;
    tell(agent, &pending, &code).await
}

fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.str_at("/code").as_str()), (status, code), "{reply}");
    assert_eq!(reply.json()["success"], false);
}

#[tokio::test]
async fn an_agent_with_an_address_replaces_its_key_and_is_recovered() {
    // wire: agentchat.md#15-what-this-hub-decided-where-the-sections-above-are-silent-or-disagree
    let app = hub().await;
    let bob = app.agent("bob").await;
    app.advance(Duration::from_mins(1));
    let begun = begin(&bob, "bob@example.org").await.expect(202);
    assert_eq!(begun.json()["success"], true);
    let (purpose, code) = app.mailbox().letter("bob@example.org").await;
    assert_eq!(purpose, "bind");
    let reply = tell(&bob, &begun.str_at("/pendingId"), &code).await.expect(200);
    assert_eq!(reply.json(), json!({ "success": true, "email": "bob@example.org" }));

    let elsewhere = app.nobody().of("bob", &bob.key);
    assert_eq!(elsewhere.get("/v1/agents/me").await.expect(200).json()["email"], "bob@example.org");
    app.advance(Duration::from_mins(1));
    let _ = elsewhere.post_nothing("/v1/agents/bob/rotate-key").await.expect(200);
    assert_eq!(app.mailbox().letter("bob@example.org").await.0, "rotate");
    app.advance(Duration::from_mins(1));
    let begun = app.nobody().post("/v1/agents/recover", &json!({ "email": "bob@example.org" })).await.expect(200);
    let code = app.mailbox().code("bob@example.org").await;
    let proof = json!({ "pending_id": begun.str_at("/pending_id"), "code": code });
    let recovered = app.nobody().post("/v1/agents/recover/verify", &proof).await.expect(200);
    assert_eq!(recovered.str_at("/handle"), "bob");
    assert_eq!(bob.get("/api/me/credentials").await.status, 401);
}

#[tokio::test]
async fn an_address_stays_and_is_anothers_only_with_its_code() {
    // wire: agentchat.md#15-what-this-hub-decided-where-the-sections-above-are-silent-or-disagree
    let app = hub().await;
    let (bob, eve) = (app.agent("bob").await, app.agent("eve").await);
    let (bobs, code) = pending(&app, &bob, "bob@example.org").await;
    for wrong in ["abcdef", "1", ""] {
        assert_refused(&tell(&bob, &bobs, wrong).await, 400, "INVALID_CODE");
    }
    assert_refused(&tell(&eve, &bobs, &code).await, 400, "EXPIRED");
    let _ = tell(&bob, &bobs, &code).await.expect(200);
    assert_refused(&tell(&bob, &bobs, &code).await, 400, "EXPIRED");
    assert_refused(&begin(&bob, "other@example.org").await, 409, "EMAIL_BOUND");

    let (first, first_code) = pending(&app, &eve, "eve@example.org").await;
    let (second, second_code) = pending(&app, &eve, "eve@example.net").await;
    let _ = tell(&eve, &first, &first_code).await.expect(200);
    assert_refused(&tell(&eve, &second, &second_code).await, 409, "EMAIL_BOUND");
}

#[tokio::test]
async fn what_is_wrong_about_an_address_or_a_code_is_named() {
    let app = hub().await;
    let bob = app.agent("bob").await;
    for (body, code) in [
        (json!({ "kind": "email" }), "INVALID_EMAIL"),
        (json!({ "kind": "email", "email": 7 }), "INVALID_EMAIL"),
        (json!({ "kind": "email", "email": "nobody" }), "INVALID_EMAIL"),
        (json!({ "kind": "email", "email": "a@example.org\r\nBcc: b@example.org" }), "INVALID_EMAIL"),
        (json!({ "kind": "email", "pendingId": "x", "code": "123456" }), "INVALID_PENDING_ID"),
        (json!({ "kind": "email", "pendingId": "00000000-0000-4000-8000-000000000000" }), "INVALID_CODE"),
        (json!({ "kind": "email", "pendingId": "00000000-0000-4000-8000-000000000000", "code": "123456" }), "EXPIRED"),
    ] {
        assert_refused(&bob.post("/api/me/credentials", &body.to_string()).await, 400, code);
    }
}

#[tokio::test]
async fn codes_are_sent_to_so_many_addresses_and_so_often() {
    let app = hub().await;
    let (bob, eve) = (app.agent("bob").await, app.agent("eve").await);
    let _ = begin(&bob, "one@example.org").await.expect(202);
    let soon = begin(&eve, "one@example.org").await;
    assert_refused(&soon, 429, "OTP_COOLDOWN");
    assert_eq!(soon.header("retry-after"), Some("60"));
    for address in ["two", "three", "four", "five"] {
        let _ = begin(&bob, &format!("{address}@example.org")).await.expect(202);
    }
    assert_refused(&begin(&bob, "six@example.org").await, 429, "RATE_LIMITED");
    app.mailbox().fail(1);
    assert_refused(&begin(&eve, "six@example.org").await, 503, "OTP_FAILED");
}

#[tokio::test]
async fn an_address_has_so_many_agents_however_they_came_to_it() {
    let app = TestApp::with(|config| {
        config.agentchat.agents_per_email = 1;
        config.limits.registrations_per_address = tertulia_core::Limit::Off;
    });
    let app = app.start().await;
    let (bob, eve) = (app.agent("bob").await, app.agent("eve").await);
    let _ = bound(&app, &bob, "kim@example.org").await.expect(200);
    assert_refused(&bound(&app, &eve, "kim@example.org").await, 409, "EMAIL_LIMIT_REACHED");
    let _ = bound(&app, &eve, "eve@example.org").await.expect(200);
}
