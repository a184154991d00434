//! Registration: names, capabilities, and what a name that is not yet proven is worth.

use std::time::Duration;

use serde_json::{Value, json};
use tertulia_testkit::{MoltKey, Reply, TestApp};

use super::support::{assert_disliked, assert_limited, assert_refused, hub, members, strict_hub};

fn form(name: &str) -> Value {
    json!({ "username": name, "publicKey": MoltKey::shared().public_pem() })
}

async fn register(app: &TestApp, name: &str) -> Reply {
    app.stranger().post("/agents/register", &form(name)).await
}

#[tokio::test]
async fn a_registration_answers_an_id_and_a_challenge() {
    // wire: moltchats.md#22-auth
    let app = hub().await;
    let reply = register(&app, "ada").await.expect(201);
    assert_eq!(members(&reply.json()), ["agentId", "challenge"]);
    let challenge = reply.str_at("/challenge");
    // wire: moltchats.md#14-rsa-details
    assert!(
        challenge.len() == 64 && challenge.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        "{reply}"
    );
    insta::assert_snapshot!(reply.redacted(), @r#"201 {"agentId":"<uuid>","challenge":"<32 bytes>"}"#);
}

#[tokio::test]
async fn a_name_is_kept_in_lower_case() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("Ada_Bell_9").await;
    assert_eq!(ada.get("/agents/@me").await.expect(200).str_at("/username"), "ada_bell_9");
    let longest = "x".repeat(64);
    for name in ["abc", &longest] {
        let _ = register(&app, name).await.expect(201);
    }
}

#[tokio::test]
async fn what_is_no_name_is_refused() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let too_long = "x".repeat(65);
    for name in ["", "ab", "a-b", "a b c", "ada!", "жанна", "ada\u{0}", "ada.bell", "@ada", &too_long] {
        assert_disliked(&register(&app, name).await, "username");
    }
    for name in [json!(null), json!(7), json!(["ada"]), json!({ "ada": 1 })] {
        let body = json!({ "username": name, "publicKey": MoltKey::shared().public_pem() });
        assert_disliked(&app.stranger().post("/agents/register", &body).await, "username");
    }
    let body = json!({ "publicKey": MoltKey::shared().public_pem() });
    assert_disliked(&app.stranger().post("/agents/register", &body).await, "username");
}

#[tokio::test]
async fn a_reserved_name_is_refused() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    for name in ["admin", "4dmin", "list", "create", "global", "tertulia", "agt_ada", "msg_ada", "conv_ada"] {
        assert_disliked(&register(&app, name).await, "username");
    }
}

#[tokio::test]
async fn a_name_is_given_once_on_all_surfaces() {
    // wire: moltchats.md#22-auth
    let app = hub().await;
    let _ = app.molt("ada").await;
    let _ = app.agent("Eve-Bell").await;
    for name in ["ada", "ADA", "eve_bell", "Eve_Bell"] {
        assert_refused(&register(&app, name).await, 409, "USERNAME_TAKEN");
    }
    let reply = app.post("/api/register", r#"{"name":"Ada"}"#).await;
    assert_eq!((reply.status, reply.code().as_str()), (409, "NAME_TAKEN"));
}

#[tokio::test]
async fn capabilities_are_up_to_32_short_strings() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let many: Vec<_> = (0..32).map(|index| format!("{index:0>64}")).collect();
    let mut fields = form("ada");
    fields["capabilities"] = json!(many);
    let registered = app.stranger().post("/agents/register", &fields).await.expect(201);
    let answer = MoltKey::shared().answer(&registered.str_at("/agentId"), &registered.str_at("/challenge"));
    let _ = app.stranger().post("/agents/verify", &answer).await.expect(200);
    assert_eq!(app.stranger().get("/agents/ada").await.json()["capabilities"], json!(many));
    assert_eq!(app.molt("eve").await.get("/agents/@me").await.json()["capabilities"], json!([]));
    let (too_many, too_long) = (vec!["x"; 33], vec!["x".repeat(65)]);
    for bad in [json!("chat"), json!([7]), json!([null]), json!({}), json!(too_many), json!(too_long)] {
        let mut fields = form("kim");
        fields["capabilities"] = bad;
        assert_disliked(&app.stranger().post("/agents/register", &fields).await, "capabilities");
    }
}

#[tokio::test]
async fn whoever_is_pending_is_invisible() {
    // wire: moltchats.md#15-error-envelope
    let app = hub().await;
    let eve = app.molt("eve").await;
    let _ = register(&app, "ada").await.expect(201);
    assert_refused(&app.stranger().get("/agents/ada").await, 404, "AGENT_NOT_FOUND");
    assert_refused(&app.stranger().get("/trust/ada").await, 404, "AGENT_NOT_FOUND");
    assert_refused(&eve.request_friendship("ada").await, 404, "AGENT_NOT_FOUND");
    assert_eq!(eve.get("/search?type=agents&q=ada").await.expect(200).json()["results"], json!([]));
}

#[tokio::test]
async fn a_pending_name_is_free_again_when_its_challenge_has_expired() {
    // wire: moltchats.md#22-auth
    let app = hub().await;
    let first = register(&app, "ada").await.expect(201);
    app.advance(Duration::from_secs(299));
    assert_refused(&register(&app, "ada").await, 409, "USERNAME_TAKEN");
    app.advance(Duration::from_secs(1));
    let second = register(&app, "ada").await.expect(201);
    assert_ne!(first.str_at("/agentId"), second.str_at("/agentId"));
    let late = MoltKey::shared().answer(&first.str_at("/agentId"), &first.str_at("/challenge"));
    assert_refused(&app.stranger().post("/agents/verify", &late).await, 404, "AGENT_NOT_FOUND");
    let answer = MoltKey::shared().answer(&second.str_at("/agentId"), &second.str_at("/challenge"));
    let _ = app.stranger().post("/agents/verify", &answer).await.expect(200);
}

#[tokio::test]
async fn of_two_who_want_a_name_at_once_one_gets_it() {
    // wire: moltchats.md#22-auth
    let app = hub().await;
    for name in ["ada", "eve", "kim"] {
        let (one, other) = tokio::join!(register(&app, name), register(&app, name));
        let (won, lost) = if one.status == 201 { (one, other) } else { (other, one) };
        let _ = won.expect(201);
        assert_refused(&lost, 409, "USERNAME_TAKEN");
    }
}

#[tokio::test]
async fn an_address_registers_five_times_an_hour_whether_it_succeeds_or_not() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let app = strict_hub().await;
    let _ = register(&app, "ada").await.expect(201);
    let _ = register(&app, "eve").await.expect(201);
    assert_refused(&register(&app, "a-b").await, 400, "VALIDATION_ERROR");
    assert_refused(&register(&app, "ada").await, 409, "USERNAME_TAKEN");
    let junk = json!({ "username": "kim", "publicKey": "junk" });
    assert_refused(&app.stranger().post("/agents/register", &junk).await, 400, "INVALID_PUBLIC_KEY");
    assert_limited(&app, &register(&app, "kim").await, 5, 3_600);
    app.advance(Duration::from_hours(1));
    let _ = register(&app, "kim").await.expect(201);
}

#[tokio::test]
async fn the_verify_form_is_no_registration() {
    // wire: moltchats.md#22-auth
    let app = strict_hub().await;
    let registered = register(&app, "ada").await.expect(201);
    let (id, challenge) = (registered.str_at("/agentId"), registered.str_at("/challenge"));
    for _ in 0..6 {
        let wrong = MoltKey::shared().answer(&id, "something else");
        assert_refused(&app.stranger().post("/agents/register", &wrong).await, 400, "INVALID_SIGNATURE");
    }
    let right = MoltKey::shared().answer(&id, &challenge);
    let session = app.stranger().post("/agents/register", &right).await.expect(200);
    assert_eq!(members(&session.json()), ["agentId", "refreshToken", "token"]);
    for name in ["eve", "kim", "joe", "zoe"] {
        let _ = register(&app, name).await.expect(201);
    }
    assert_limited(&app, &register(&app, "one_more").await, 5, 3_600);
}
