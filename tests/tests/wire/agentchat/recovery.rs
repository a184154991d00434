//! A new key for who has lost its keys, and what nobody learns by asking for one.

use std::time::Duration;

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::support::{assert_refused, hub, listening, members};

async fn recover(app: &TestApp, body: &Value) -> Reply {
    app.nobody().post("/v1/agents/recover", body).await
}

async fn verify(app: &TestApp, pending: &str, code: &str) -> Reply {
    app.nobody().post("/v1/agents/recover/verify", &json!({ "pending_id": pending, "code": code })).await
}

/// Something that waits for a code that was sent to `email`: its id and the code.
async fn pending(app: &TestApp, body: &Value) -> (String, String) {
    app.advance(Duration::from_mins(1));
    let pending = recover(app, body).await.expect(200).str_at("/pending_id");
    (pending, app.mailbox().code(body["email"].as_str().unwrap()).await)
}

/// The whole way, by address alone; the agent with its new key.
async fn recovered(app: &TestApp, agent: &AcCaller) -> AcCaller {
    let (pending, code) = pending(app, &json!({ "email": format!("{}@example.org", agent.handle) })).await;
    let reply = verify(app, &pending, &code).await.expect(200);
    agent.with_key(&reply.str_at("/api_key"))
}

#[tokio::test]
async fn a_recovery_gives_a_new_key() {
    // wire: agentchat.md#34-post-v1agentsrecover, agentchat.md#35-post-v1agentsrecoververify
    let app = hub().await;
    let alice = app.ac("alice").await;
    app.advance(Duration::from_mins(1));
    let begun = recover(&app, &json!({ "email": " ALICE@example.org ", "handle": null })).await.expect(200);
    assert_eq!(members(&begun.json()), ["message", "pending_id"]);
    let (purpose, code) = app.mailbox().letter("alice@example.org").await;
    assert_eq!(purpose, "recover");
    let reply = verify(&app, &begun.str_at("/pending_id"), &code).await.expect(200);
    assert_eq!(members(&reply.json()), ["api_key", "handle"]);
    assert_eq!(reply.str_at("/handle"), "alice");
    let key = reply.str_at("/api_key");
    assert!(key.starts_with("ac_live_") && key != alice.key(), "{reply}");
    assert_refused(&alice.get("/v1/agents/me").await, 401, "UNAUTHORIZED");
    let _ = alice.with_key(&key).get("/v1/agents/me").await.expect(200);
    assert_refused(&verify(&app, &begun.str_at("/pending_id"), &code).await, 400, "EXPIRED");
}

/// What an answer says, but for the id that it gives.
fn said(reply: &Reply) -> (u16, String, Vec<(String, String)>) {
    let id = reply.str_at("/pending_id");
    assert!(id.starts_with("pnd_"), "{reply}");
    let headers = ["content-type", "content-length", "retry-after", "vary"];
    let headers = headers.map(|name| (name.to_owned(), reply.headers(name).join(",")));
    (reply.status, reply.text().replace(&id, "<id>"), headers.into())
}

#[tokio::test]
async fn nobody_learns_who_has_an_account() {
    // wire: agentchat.md#34-post-v1agentsrecover
    let app = hub().await;
    let _ = app.ac("alice").await;
    let _ = app.ac_at("bob", "bob@example.org").await;
    app.advance(Duration::from_mins(1));
    let known = recover(&app, &json!({ "email": "alice@example.org" })).await;
    let answers = [
        recover(&app, &json!({ "email": "nobody@example.org" })).await,
        recover(&app, &json!({ "email": "bob@example.org", "handle": "alice" })).await,
        // The slot is used up: by this, and by what came before.
        recover(&app, &json!({ "email": "alice@example.org" })).await,
        recover(&app, &json!({ "email": "nobody@example.org" })).await,
    ];
    for answer in &answers {
        assert_eq!(said(answer), said(&known));
    }
    let code = app.mailbox().code("alice@example.org").await;
    assert_eq!(app.mailbox().unopened(), 0);
    // Asking to register does not show it either.
    for email in ["alice@example.org", "nobody@example.org", "bob@example.org"] {
        let body = json!({ "email": email, "handle": "carol" });
        assert_refused(&app.nobody().post("/v1/register", &body).await, 429, "OTP_COOLDOWN");
    }
    // And what waits for nothing is as wrong as what waits for another code, and as often.
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    let known = known.str_at("/pending_id");
    for decoy in answers.iter().map(|answer| answer.str_at("/pending_id")) {
        for _ in 0..5 {
            assert_refused(&verify(&app, &decoy, &wrong).await, 400, "INVALID_CODE");
        }
        assert_refused(&verify(&app, &decoy, &code).await, 429, "OTP_ATTEMPTS_EXHAUSTED");
        assert_refused(&verify(&app, &decoy, &code).await, 400, "EXPIRED");
    }
    let refused = verify(&app, &known, &wrong).await;
    let decoy = recover(&app, &json!({ "email": "else@example.org" })).await.str_at("/pending_id");
    let decoyed = verify(&app, &decoy, &wrong).await;
    assert_eq!((refused.status, refused.text()), (decoyed.status, decoyed.text()));
    let _ = verify(&app, &known, &code).await.expect(200);
}

#[tokio::test]
async fn a_mail_that_fails_does_not_show() {
    // wire: agentchat.md#34-post-v1agentsrecover
    let app = hub().await;
    let _ = app.ac("alice").await;
    app.advance(Duration::from_mins(1));
    app.mailbox().fail(1);
    let failed = recover(&app, &json!({ "email": "alice@example.org" })).await;
    let unknown = recover(&app, &json!({ "email": "nobody@example.org" })).await;
    assert_eq!(said(&failed), said(&unknown));
    for pending in [failed.str_at("/pending_id"), unknown.str_at("/pending_id")] {
        assert_refused(&verify(&app, &pending, "abcdef").await, 400, "INVALID_CODE");
    }
}

#[tokio::test]
async fn a_recovery_ends_every_credential_of_every_kind() {
    // wire: agentchat.md#37-effects-of-any-rotation
    let app = hub().await;
    let alice = app.ac("alice").await;
    let mut keys = vec![alice.key().to_owned()];
    for kind in ["chatr", "claw"] {
        let issued = alice.elsewhere().post("/api/me/credentials", &json!({ "kind": kind }).to_string()).await;
        keys.push(issued.expect(201).str_at("/apiKey"));
    }
    let socket = listening(&alice).await;
    let bob = app.ac("bob").await;
    let recovered = recovered(&app, &alice).await;
    for key in &keys {
        assert_refused(&app.nobody().with_key(key).get("/v1/agents/me").await, 401, "UNAUTHORIZED");
    }
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(recovered.get("/v1/agents/me").await.expect(200).str_at("/handle"), "alice");
    let left = recovered.elsewhere().get("/api/me/credentials").await.expect(200).json();
    assert_eq!(left["credentials"].as_array().map(Vec::len), Some(1), "{left}");
    let _ = bob.get("/v1/agents/me").await.expect(200);
    let entries = app.chat().audit_log(10).await.unwrap();
    assert!(entries.iter().any(|entry| entry.action == "agent.key_rotated" && entry.actor == "alice"));
}

#[tokio::test]
async fn an_address_of_several_agents_asks_which() {
    // wire: agentchat.md#35-post-v1agentsrecoververify
    let app = hub().await;
    let email = "kim@example.org";
    let one = app.ac_at("zoe", email).await;
    app.advance(Duration::from_mins(1));
    let two = app.ac_at("alice", email).await;
    let (first, code) = pending(&app, &json!({ "email": email })).await;
    let reply = verify(&app, &first, &code).await;
    assert_refused(&reply, 409, "HANDLE_REQUIRED");
    assert_eq!(reply.json()["details"]["handles"], json!(["zoe", "alice"]));
    assert_refused(&verify(&app, &first, &code).await, 400, "EXPIRED");
    let (second, code) = pending(&app, &json!({ "email": email, "handle": "@Alice" })).await;
    let reply = verify(&app, &second, &code).await.expect(200);
    assert_eq!(reply.str_at("/handle"), "alice");
    assert_refused(&two.get("/v1/agents/me").await, 401, "UNAUTHORIZED");
    let _ = one.get("/v1/agents/me").await.expect(200);
    // Of two that are left one is gone: then the other is meant.
    let _ = one.delete("/v1/agents/zoe").await.expect(200);
    let (third, code) = pending(&app, &json!({ "email": email })).await;
    assert_eq!(verify(&app, &third, &code).await.expect(200).str_at("/handle"), "alice");
}

#[tokio::test]
async fn who_is_gone_meanwhile_is_not_found() {
    // wire: agentchat.md#35-post-v1agentsrecoververify
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let (by_address, code) = pending(&app, &json!({ "email": "alice@example.org" })).await;
    let _ = alice.delete("/v1/agents/alice").await.expect(200);
    assert_refused(&verify(&app, &by_address, &code).await, 404, "AGENT_NOT_FOUND");
    // What waited for it by name went with it.
    let (by_name, code) = pending(&app, &json!({ "email": "bob@example.org", "handle": "bob" })).await;
    let _ = bob.delete("/v1/agents/bob").await.expect(200);
    assert_refused(&verify(&app, &by_name, &code).await, 400, "EXPIRED");
}

#[tokio::test]
async fn a_suspended_agent_recovers_its_key_and_stays_suspended() {
    // wire: agentchat.md#34-post-v1agentsrecover
    let app = hub().await;
    let alice = app.ac("alice").await;
    assert!(app.chat().suspend("alice").await.unwrap());
    let alice = recovered(&app, &alice).await;
    assert_eq!(alice.get("/v1/agents/me").await.expect(200).str_at("/status"), "suspended");
    assert_refused(&alice.get("/v1/directory?q=al").await, 403, "SUSPENDED");
}

#[tokio::test]
async fn of_two_that_recover_at_once_one_does() {
    // wire: agentchat.md#31-shared-otp-rules
    let app = hub().await;
    let _ = app.ac("alice").await;
    let (pending, code) = pending(&app, &json!({ "email": "alice@example.org" })).await;
    let (one, other) = tokio::join!(verify(&app, &pending, &code), verify(&app, &pending, &code));
    let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_refused(&lost, 400, "EXPIRED");
    let _ = app.nobody().with_key(&won.expect(200).str_at("/api_key")).get("/v1/agents/me").await.expect(200);
}

#[tokio::test]
async fn a_recovery_outlives_a_restart() {
    // wire: agentchat.md#31-shared-otp-rules
    let mut app = hub().await;
    let _ = app.ac("alice").await;
    let (pending, code) = pending(&app, &json!({ "email": "alice@example.org" })).await;
    app.restart().await;
    let key = verify(&app, &pending, &code).await.expect(200).str_at("/api_key");
    app.restart().await;
    let _ = app.nobody().with_key(&key).get("/v1/agents/me").await.expect(200);
}

#[tokio::test]
async fn what_is_malformed_is_told_and_nothing_else() {
    // wire: agentchat.md#34-post-v1agentsrecover
    let app = hub().await;
    for body in [json!({}), json!({ "email": 7 }), json!({ "email": "nobody" }), json!({ "email": null })] {
        assert_refused(&recover(&app, &body).await, 400, "VALIDATION_ERROR");
    }
    assert_refused(&recover(&app, &json!({ "email": "a@b.c", "handle": 7 })).await, 400, "VALIDATION_ERROR");
    for handle in ["", "?", "nobody at all"] {
        let _ = recover(&app, &json!({ "email": "a@b.c", "handle": handle })).await.expect(200);
    }
}

#[tokio::test]
async fn an_address_recovers_three_times_an_hour() {
    // wire: agentchat.md#11-rate-limits-and-quotas
    let app = TestApp::with(|_| ()).start().await;
    for number in 0..3 {
        let _ = recover(&app, &json!({ "email": format!("{number}@example.org") })).await.expect(200);
    }
    let reply = recover(&app, &json!({ "email": "x@example.org" })).await;
    assert_refused(&reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), 3_600);
    for _ in 0..10 {
        assert_refused(&verify(&app, "pnd_nothing", "123456").await, 400, "EXPIRED");
    }
    let reply = verify(&app, "pnd_nothing", "123456").await;
    assert_refused(&reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), 600);
}
