//! Registering with a code that is sent by e-mail.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{Reply, TestApp};

use super::support::{assert_refused, hub, members};

/// As long as an address waits for its next code where that is not what is tested.
const A_MOMENT: Duration = Duration::from_millis(1);

async fn register(app: &TestApp, handle: &str, email: &str) -> Reply {
    app.nobody().post("/v1/register", &json!({ "email": email, "handle": handle })).await
}

async fn verify(app: &TestApp, pending: &str, code: &str) -> Reply {
    app.nobody().post("/v1/register/verify", &json!({ "pending_id": pending, "code": code })).await
}

/// Something that waits for a code that was sent to `email`: its id and the code.
async fn pending(app: &TestApp, handle: &str, email: &str) -> (String, String) {
    let pending = register(app, handle, email).await.expect(200).str_at("/pending_id");
    (pending, app.mailbox().code(email).await)
}

/// Another code than this one.
fn other_than(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[tokio::test]
async fn a_registration_answers_a_pending_and_sends_a_code() {
    // wire: agentchat.md#32-post-v1register
    let app = hub().await;
    let reply = register(&app, "alice", "alice@example.org").await.expect(200);
    assert_eq!(members(&reply.json()), ["message", "pending_id"]);
    assert_eq!(reply.str_at("/message"), "Verification code sent to email");
    assert!(reply.str_at("/pending_id").starts_with("pnd_"), "{reply}");
    let (purpose, code) = app.mailbox().letter("alice@example.org").await;
    assert_eq!(purpose, "register");
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "six digits");
}

#[tokio::test]
async fn whoever_tells_the_code_is_an_agent_with_a_key() {
    // wire: agentchat.md#33-post-v1registerverify, agentchat.md#411-shapes
    let app = hub().await;
    let body = json!({
        "email": " Alice@Example.org ", "handle": "@Alice", "display_name": "Alice", "description": "Says hello",
        "settings": { "discoverable": true },
    });
    let pending = app.nobody().post("/v1/register", &body).await.expect(200).str_at("/pending_id");
    let code = app.mailbox().code("alice@example.org").await;
    let reply = verify(&app, &pending, &code).await.expect(201);
    assert_eq!(members(&reply.json()), ["agent", "api_key"]);
    let key = reply.str_at("/api_key");
    // wire: agentchat.md#12-api-key
    assert!(key.starts_with("ac_live_") && key.len() == "ac_live_".len() + 43, "{reply}");
    let agent = reply.json()["agent"].clone();
    assert_eq!(
        members(&agent),
        [
            "avatar_url",
            "created_at",
            "description",
            "display_name",
            "email",
            "email_masked",
            "handle",
            "id",
            "is_system",
            "paused_by_owner",
            "settings",
            "status",
            "updated_at"
        ]
    );
    assert!(agent["id"].as_str().unwrap().starts_with("agt_"));
    let shown = ["handle", "email", "email_masked", "display_name", "description", "status", "paused_by_owner"];
    assert_eq!(
        shown.map(|member| agent[member].as_str().unwrap()),
        ["alice", "alice@example.org", "a****@example.org", "Alice", "Says hello", "active", "none"]
    );
    assert_eq!(agent["settings"], json!({ "inbox_mode": "open", "group_invite_policy": "open" }));
    assert_eq!((&agent["avatar_url"], &agent["is_system"]), (&Value::Null, &json!(false)));
    assert_eq!(agent["created_at"], agent["updated_at"]);
    let me = app.nobody().with_key(&key).get("/v1/agents/me").await.expect(200);
    assert_eq!(me.json(), agent);
}

#[tokio::test]
async fn a_key_opens_every_surface_and_every_kind_of_key_opens_this_one() {
    // wire: agentchat.md#12-api-key
    let app = hub().await;
    let alice = app.ac("alice").await;
    let _ = alice.elsewhere().get("/api/me/credentials").await.expect(200);
    let _ = alice.elsewhere().get("/api/bots/me").await.expect(200);
    let others = [app.agent("Bob").await.key, app.bot("Carol").await.key, app.molt("dave").await.token().to_owned()];
    for (key, handle) in others.iter().zip(["bob", "carol", "dave"]) {
        let me = app.nobody().with_key(key).get("/v1/agents/me").await.expect(200);
        assert_eq!((me.str_at("/handle").as_str(), me.str_at("/email").as_str()), (handle, ""));
        assert_eq!(me.str_at("/email_masked"), "");
    }
    let issued = app.agent("Eve").await.post("/api/me/credentials", r#"{"kind":"ac_live"}"#).await.expect(201);
    let key = issued.str_at("/apiKey");
    assert!(key.starts_with("ac_live_"), "{issued}");
    assert_eq!(app.nobody().with_key(&key).get("/v1/agents/me").await.expect(200).str_at("/handle"), "eve");
}

#[tokio::test]
async fn a_key_is_read_in_the_header_alone() {
    // wire: agentchat.md#12-api-key
    let app = hub().await;
    let alice = app.ac("alice").await;
    let target = format!("/v1/agents/me?token={0}&api_key={0}", alice.key());
    assert_refused(&app.nobody().get(&target).await, 401, "UNAUTHORIZED");
    for header in [format!("bearer {}", alice.key()), format!("BEARER {}", alice.key())] {
        let request = app.nobody().request("GET", "/v1/agents/me").header("Authorization", &header);
        let _ = app.send(request).await.expect(200);
    }
    for header in ["Bearer", "Bearer ac_live_nonsense", "Basic Og==", "nonsense"] {
        let request = app.nobody().request("GET", "/v1/agents/me").header("Authorization", header);
        assert_refused(&app.send(request).await, 401, "UNAUTHORIZED");
    }
    let reply = app.nobody().get("/v1/agents/me").await;
    assert_snapshot!(reply, @r#"401 {"code":"UNAUTHORIZED","message":"Invalid API key"}"#);
}

#[tokio::test]
async fn what_is_malformed_is_named_field_by_field() {
    // wire: agentchat.md#32-post-v1register
    let app = hub().await;
    let long = "x".repeat(101);
    for (field, value) in [
        ("email", json!("nobody")),
        ("email", json!("a@b@c")),
        ("email", json!("")),
        ("email", json!(null)),
        ("email", json!(7)),
        ("handle", json!(7)),
        ("handle", json!(null)),
        ("display_name", json!(long)),
        ("display_name", json!("a\u{0}b")),
        ("description", json!("x".repeat(501))),
    ] {
        let mut body = json!({ "email": "alice@example.org", "handle": "alice" });
        body[field] = value.clone();
        let reply = app.nobody().post("/v1/register", &body).await;
        assert_refused(&reply, 400, "VALIDATION_ERROR");
        assert!(reply.json()["details"]["fieldErrors"][field].is_array(), "{field} {value}: {reply}");
    }
    assert_eq!(app.mailbox().unopened(), 0);
    let nulls = json!({ "email": "alice@example.org", "handle": "alice", "display_name": null, "description": null });
    let _ = app.nobody().post("/v1/register", &nulls).await.expect(200);
}

#[tokio::test]
async fn a_handle_is_narrow_and_some_are_reserved() {
    // wire: agentchat.md#22-handle-grammar-and-reserved-words
    let app = hub().await;
    let long = "a".repeat(31);
    for handle in [
        "ab",
        "1abc",
        "a--b",
        "-ab",
        "ab-",
        "a_b",
        "a b",
        "\u{e4}bc",
        &long,
        "admin",
        "4dmin",
        "chatfather",
        "me",
        "list",
        "global",
        "tertulia",
        "agentchat",
        "recover",
    ] {
        let reply = register(&app, handle, "alice@example.org").await;
        assert_refused(&reply, 400, "INVALID_HANDLE");
        assert!(reply.json()["details"]["fieldErrors"]["handle"].is_array(), "{reply}");
    }
    for handle in ["abc", "a1-b2-c3", &"a".repeat(30)] {
        let _ = register(&app, handle, &format!("{handle}@example.org")).await.expect(200);
    }
}

#[tokio::test]
async fn a_handle_is_one_of_the_names_of_the_hub() {
    // wire: agentchat.md#22-handle-grammar-and-reserved-words
    let app = hub().await;
    let _ = app.agent("Alice").await;
    let _ = app.bot("a_b").await;
    let _ = app.ac("carol").await;
    for handle in ["alice", "a-b", "carol", "@CAROL"] {
        assert_refused(&register(&app, handle, "bob@example.org").await, 409, "HANDLE_TAKEN");
    }
    let taken = app.post("/api/register", r#"{"name":"Carol"}"#).await;
    assert_eq!((taken.status, taken.code().as_str()), (409, "NAME_TAKEN"));
    // Nothing is reserved by asking.
    let (first, code) = pending(&app, "dave", "dave@example.org").await;
    let _ = app.agent("Dave").await;
    assert_refused(&verify(&app, &first, &code).await, 409, "HANDLE_TAKEN");
    assert_refused(&verify(&app, &first, &code).await, 400, "EXPIRED");
}

#[tokio::test]
async fn an_address_backs_so_many_agents_at_once_and_ever() {
    // wire: agentchat.md#32-post-v1register, agentchat.md#11-rate-limits-and-quotas
    let mut app = TestApp::with(|config| {
        crate::any_address(config);
        config.agentchat.code_cooldown = "1ms".parse().unwrap();
        config.agentchat.registration_proofs = tertulia_core::Limit::Off;
        config.agentchat.agents_per_email = 2;
        config.agentchat.agents_per_email_ever = 3;
    })
    .start()
    .await;
    let email = "kim@example.org";
    let one = app.ac_at("one", email).await;
    app.advance(A_MOMENT);
    let (waiting, code) = pending(&app, "three", email).await;
    app.advance(A_MOMENT);
    let _ = app.ac_at("two", email).await;
    let full = register(&app, "four", "KIM@example.org").await;
    assert_refused(&full, 409, "EMAIL_LIMIT_REACHED");
    assert_eq!(full.json()["details"]["limit"], 2);
    assert_refused(&verify(&app, &waiting, &code).await, 409, "EMAIL_LIMIT_REACHED");
    app.restart().await;
    assert_refused(&register(&app, "four", email).await, 409, "EMAIL_LIMIT_REACHED");
    let _ = one.at(&app).delete("/v1/agents/one").await.expect(200);
    app.advance(A_MOMENT);
    let three = app.ac_at("three", email).await;
    let _ = three.delete("/v1/agents/three").await.expect(200);
    let used_up = register(&app, "four", email).await;
    assert_refused(&used_up, 409, "EMAIL_EXHAUSTED");
    assert_eq!(used_up.json()["details"]["limit"], 3);
    let _ = register(&app, "four", "kim+four@example.org").await.expect(200);
}

#[tokio::test]
async fn a_code_is_sent_to_an_address_once_a_minute() {
    // wire: agentchat.md#31-shared-otp-rules
    let app = hub().await;
    let _ = register(&app, "alice", "kim@example.org").await.expect(200);
    app.advance(Duration::from_secs(59));
    let reply = register(&app, "bob", "KIM@example.org").await;
    assert_refused(&reply, 429, "OTP_COOLDOWN");
    assert_eq!(reply.number_in("retry-after"), 1);
    assert_eq!(reply.json()["details"]["retry_after_ms"], 1_000);
    let _ = register(&app, "bob", "joe@example.org").await.expect(200);
    app.advance(Duration::from_secs(1));
    let _ = register(&app, "bob", "kim@example.org").await.expect(200);
}

#[tokio::test]
async fn a_code_is_sent_to_an_address_twenty_times_an_hour() {
    // wire: agentchat.md#31-shared-otp-rules
    let app = TestApp::with(crate::any_address).start().await;
    for _ in 0..20 {
        let _ = register(&app, "alice", "kim@example.org").await.expect(200);
        app.advance(Duration::from_mins(1));
    }
    let reply = register(&app, "alice", "kim@example.org").await;
    assert_refused(&reply, 429, "OTP_HOURLY_CAP");
    assert_eq!(reply.number_in("retry-after"), 40 * 60);
    app.advance(Duration::from_mins(40));
    let _ = register(&app, "alice", "kim@example.org").await.expect(200);
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes() {
    // wire: agentchat.md#31-shared-otp-rules
    let app = hub().await;
    let (first, code) = pending(&app, "alice", "alice@example.org").await;
    app.advance(Duration::from_mins(10));
    assert_refused(&verify(&app, &first, &code).await, 400, "EXPIRED");
    let (second, code) = pending(&app, "alice", "alice@example.org").await;
    app.advance(Duration::from_secs(599));
    let _ = verify(&app, &second, &code).await.expect(201);
}

#[tokio::test]
async fn the_sixth_attempt_is_one_too_many_right_or_wrong() {
    // wire: agentchat.md#31-shared-otp-rules
    let app = hub().await;
    let (pending, code) = pending(&app, "alice", "alice@example.org").await;
    for _ in 0..5 {
        assert_refused(&verify(&app, &pending, &other_than(&code)).await, 400, "INVALID_CODE");
    }
    let exhausted = verify(&app, &pending, &code).await;
    assert_refused(&exhausted, 429, "OTP_ATTEMPTS_EXHAUSTED");
    assert_eq!(exhausted.header("retry-after"), None);
    assert_refused(&verify(&app, &pending, &code).await, 400, "EXPIRED");
}

#[tokio::test]
async fn what_is_no_code_is_malformed_and_no_attempt() {
    // wire: agentchat.md#31-shared-otp-rules
    let app = hub().await;
    let (pending, code) = pending(&app, "alice", "alice@example.org").await;
    for bad in ["", "12345", "1234567"] {
        assert_refused(&verify(&app, &pending, bad).await, 400, "VALIDATION_ERROR");
    }
    for _ in 0..5 {
        assert_refused(&verify(&app, &pending, "abcdef").await, 400, "INVALID_CODE");
    }
    assert_refused(&verify(&app, "pnd_nothing", &code).await, 400, "EXPIRED");
    assert_refused(&app.nobody().post("/v1/register/verify", &json!({})).await, 400, "VALIDATION_ERROR");
    assert_refused(&verify(&app, &pending, &code).await, 429, "OTP_ATTEMPTS_EXHAUSTED");
}

#[tokio::test]
async fn of_two_that_tell_one_code_at_once_one_is_registered() {
    // wire: agentchat.md#31-shared-otp-rules
    let app = hub().await;
    for handle in ["alice", "bob", "carol"] {
        let (pending, code) = pending(&app, handle, &format!("{handle}@example.org")).await;
        let (one, other) = tokio::join!(verify(&app, &pending, &code), verify(&app, &pending, &code));
        let (won, lost) = if one.status == 201 { (one, other) } else { (other, one) };
        let _ = won.expect(201);
        assert_refused(&lost, 400, "EXPIRED");
    }
}

#[tokio::test]
async fn of_two_that_want_one_handle_at_once_one_gets_it() {
    // wire: agentchat.md#33-post-v1registerverify
    let app = hub().await;
    let (first, one) = pending(&app, "alice", "one@example.org").await;
    let (second, two) = pending(&app, "alice", "two@example.org").await;
    let (one, other) = tokio::join!(verify(&app, &first, &one), verify(&app, &second, &two));
    let (won, lost) = if one.status == 201 { (one, other) } else { (other, one) };
    let _ = won.expect(201);
    assert_refused(&lost, 409, "HANDLE_TAKEN");
}

#[tokio::test]
async fn what_waits_survives_a_restart_with_its_attempts() {
    // wire: agentchat.md#31-shared-otp-rules
    let mut app = hub().await;
    let (pending, code) = pending(&app, "alice", "alice@example.org").await;
    for _ in 0..3 {
        assert_refused(&verify(&app, &pending, &other_than(&code)).await, 400, "INVALID_CODE");
    }
    app.restart().await;
    for _ in 0..2 {
        assert_refused(&verify(&app, &pending, &other_than(&code)).await, 400, "INVALID_CODE");
    }
    app.restart().await;
    assert_refused(&verify(&app, &pending, &code).await, 429, "OTP_ATTEMPTS_EXHAUSTED");
}

#[tokio::test]
async fn an_address_guesses_thirty_times_a_day_and_a_restart_forgives_nothing() {
    // wire: agentchat.md#31-shared-otp-rules
    let mut app = TestApp::with(|config| {
        crate::any_address(config);
        config.agentchat.registration_proofs = tertulia_core::Limit::Off;
        config.agentchat.code_attempts = 100;
        config.agentchat.code_lifetime = "24h".parse().unwrap();
    })
    .start()
    .await;
    let (waiting, code) = pending(&app, "alice", "alice@example.org").await;
    for _ in 0..30 {
        assert_refused(&verify(&app, &waiting, &other_than(&code)).await, 400, "INVALID_CODE");
    }
    app.restart().await;
    app.advance(Duration::from_hours(1));
    let (second, right) = pending(&app, "bob", "bob@example.org").await;
    let reply = verify(&app, &second, &right).await;
    assert_refused(&reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), 23 * 3_600);
    app.advance(Duration::from_hours(22) + Duration::from_mins(59));
    assert_refused(&verify(&app, &second, &right).await, 429, "RATE_LIMITED");
    app.advance(Duration::from_mins(1));
    let _ = verify(&app, &second, &right).await.expect(201);
}

#[tokio::test]
async fn a_mail_that_fails_is_as_if_nobody_had_asked() {
    // wire: agentchat.md#31-shared-otp-rules
    let app = hub().await;
    app.mailbox().fail(1);
    let reply = register(&app, "alice", "alice@example.org").await;
    assert_refused(&reply, 500, "OTP_FAILED");
    let (pending, code) = pending(&app, "alice", "alice@example.org").await;
    let _ = verify(&app, &pending, &code).await.expect(201);
}

#[tokio::test]
async fn an_address_asks_five_times_an_hour_and_proves_ten_times_in_ten_minutes() {
    // wire: agentchat.md#11-rate-limits-and-quotas
    let app = TestApp::with(|_| ()).start().await;
    for handle in ["alice", "bob", "carol", "dave"] {
        let _ = register(&app, handle, &format!("{handle}@example.org")).await.expect(200);
    }
    assert_refused(&register(&app, "a_b", "eve@example.org").await, 400, "INVALID_HANDLE");
    let reply = register(&app, "eve", "eve@example.org").await;
    assert_refused(&reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), 3_600);
    // Asking again with the same handle is no new attempt.
    app.advance(Duration::from_mins(1));
    let again = register(&app, "alice", "alice@example.org").await.expect(200).str_at("/pending_id");
    let code = app.mailbox().code("alice@example.org").await;
    for _ in 0..10 {
        assert_refused(&verify(&app, "pnd_nothing", &code).await, 400, "EXPIRED");
    }
    let reply = verify(&app, &again, &code).await;
    assert_refused(&reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), 600);
}
