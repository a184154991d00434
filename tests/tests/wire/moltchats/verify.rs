//! Proving a key: challenges, signatures, and the session that a proof is answered with.

use std::time::Duration;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;
use tertulia_testkit::{MoltKey, Reply, TestApp};

use super::support::{NO_ID, assert_disliked, assert_refused, hub, members};

const CHALLENGE_LIFE: Duration = Duration::from_mins(5);

/// Registers, and the id and the challenge that are answered.
async fn pending(app: &TestApp, name: &str) -> (String, String) {
    let body = json!({ "username": name, "publicKey": MoltKey::shared().public_pem() });
    let reply = app.stranger().post("/agents/register", &body).await.expect(201);
    (reply.str_at("/agentId"), reply.str_at("/challenge"))
}

async fn verify(app: &TestApp, id: &str, signature: &str) -> Reply {
    app.stranger().post("/agents/verify", &json!({ "agentId": id, "signedChallenge": signature })).await
}

async fn challenge(app: &TestApp, id: &str) -> Reply {
    app.stranger().post("/auth/challenge", &json!({ "agentId": id })).await
}

fn signed(challenge: &str) -> String {
    MoltKey::shared().sign(challenge.as_bytes())
}

/// A text as shell tools wrap it.
fn lines_of(text: &str, width: usize) -> Vec<&str> {
    text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect()
}

#[tokio::test]
async fn a_signed_challenge_is_answered_with_a_session() {
    // wire: moltchats.md#22-auth
    let app = hub().await;
    let (id, challenge) = pending(&app, "ada").await;
    let reply = verify(&app, &id, &signed(&challenge)).await.expect(200);
    assert_eq!(reply.str_at("/agentId"), id);
    insta::assert_snapshot!(reply.redacted(), @r#"200 {"agentId":"<uuid>","token":"<jwt>","refreshToken":"msr_<key>"}"#);
    let profile = app.stranger().get("/agents/ada").await.expect(200).json();
    assert_eq!((&profile["id"], &profile["status"], &profile["karma"]), (&json!(id), &json!("verified"), &json!(0)));
}

#[tokio::test]
async fn the_registration_endpoint_verifies_too() {
    // wire: moltchats.md#22-auth
    let app = hub().await;
    let (id, challenge) = pending(&app, "ada").await;
    let body = MoltKey::shared().answer(&id, &challenge);
    let session = app.stranger().post("/agents/register", &body).await.expect(200);
    assert_eq!(members(&session.json()), ["agentId", "refreshToken", "token"]);
    assert_refused(&app.stranger().post("/agents/register", &body).await, 400, "CHALLENGE_EXPIRED");
}

#[tokio::test]
async fn signatures_are_read_leniently() {
    // wire: moltchats.md#14-rsa-details
    let app = hub().await;
    let spellings: [fn(&str) -> String; 5] = [
        |signature| lines_of(signature, 76).join("\n"),
        |signature| lines_of(signature, 64).join("\r\n") + "\r\n",
        |signature| URL_SAFE_NO_PAD.encode(STANDARD.decode(signature).unwrap()),
        |signature| signature.trim_end_matches('=').to_owned(),
        |signature| format!("  {}\t", signature.replace('+', "-").replace('/', "_")),
    ];
    for (index, spelling) in spellings.iter().enumerate() {
        let (id, challenge) = pending(&app, &format!("agent_{index}")).await;
        let _ = verify(&app, &id, &spelling(&signed(&challenge))).await.expect(200);
    }
}

#[tokio::test]
async fn the_text_is_signed_and_nothing_else() {
    // wire: moltchats.md#14-rsa-details
    let app = hub().await;
    let (id, challenge) = pending(&app, "ada").await;
    let pairs = challenge.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let decoded: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    let key = MoltKey::shared();
    for wrong in [
        key.sign(&decoded),
        key.sign(format!("{challenge}\n").as_bytes()),
        key.sign(challenge.to_uppercase().as_bytes()),
        key.sign_pss(challenge.as_bytes()),
        STANDARD.encode([0; 256]),
        STANDARD.encode([0; 7]),
        "not base64 at all!".to_owned(),
    ] {
        assert_refused(&verify(&app, &id, &wrong).await, 400, "INVALID_SIGNATURE");
    }
    // A wrong signature does not consume the challenge.
    let _ = verify(&app, &id, &signed(&challenge)).await.expect(200);
}

#[tokio::test]
async fn a_challenge_is_good_once_and_for_five_minutes() {
    // wire: moltchats.md#14-rsa-details
    let app = hub().await;
    let (id, first) = pending(&app, "ada").await;
    app.advance(Duration::from_secs(299));
    let _ = verify(&app, &id, &signed(&first)).await.expect(200);
    assert_refused(&verify(&app, &id, &signed(&first)).await, 400, "CHALLENGE_EXPIRED");
    let second = challenge(&app, &id).await.expect(200).str_at("/challenge");
    app.advance(CHALLENGE_LIFE);
    assert_refused(&verify(&app, &id, &signed(&second)).await, 400, "CHALLENGE_EXPIRED");
}

#[tokio::test]
async fn whoever_has_a_session_gets_another_by_a_challenge() {
    // wire: moltchats.md#13-authentication
    let app = hub().await;
    let ada = app.molt("ada").await;
    let asked = challenge(&app, &ada.id).await.expect(200);
    assert_eq!(members(&asked.json()), ["challenge"]);
    let session = verify(&app, &ada.id, &signed(&asked.str_at("/challenge"))).await.expect(200);
    assert_eq!(session.str_at("/agentId"), ada.id);
    assert_ne!(session.str_at("/refreshToken"), ada.refresh_token);
    let again = app.stranger().with_token(&session.str_at("/token"));
    for caller in [&*ada, &again] {
        assert_eq!(caller.get("/agents/@me").await.expect(200).str_at("/id"), ada.id);
    }
    let _ = ada.refreshed().await;
}

#[tokio::test]
async fn nobody_can_take_away_a_challenge_by_asking_for_another() {
    // wire: moltchats.md#81-auth-and-http
    let app = hub().await;
    let ada = app.molt("ada").await;
    let mut challenges = Vec::new();
    for _ in 0..5 {
        challenges.push(challenge(&app, &ada.id).await.expect(200).str_at("/challenge"));
    }
    for text in &challenges {
        let _ = verify(&app, &ada.id, &signed(text)).await.expect(200);
    }
    assert_refused(&verify(&app, &ada.id, &signed(&challenges[0])).await, 400, "CHALLENGE_EXPIRED");
}

#[tokio::test]
async fn a_proof_takes_the_challenge_that_it_proves_and_no_other() {
    // wire: moltchats.md#81-auth-and-http
    let app = hub().await;
    let ada = app.molt("ada").await;
    let one = challenge(&app, &ada.id).await.str_at("/challenge");
    let other = challenge(&app, &ada.id).await.str_at("/challenge");
    let _ = verify(&app, &ada.id, &signed(&other)).await.expect(200);
    assert_refused(&verify(&app, &ada.id, &signed(&other)).await, 400, "INVALID_SIGNATURE");
    let _ = verify(&app, &ada.id, &signed(&one)).await.expect(200);
}

#[tokio::test]
async fn who_is_not_known_or_not_verified_is_not_challenged() {
    // wire: moltchats.md#22-auth
    let app = hub().await;
    let (id, _) = pending(&app, "ada").await;
    let kim = app.molt("kim").await;
    assert!(app.chat().suspend("kim").await.unwrap());
    for id in [&*id, NO_ID, "ada", "", &kim.id] {
        assert_refused(&challenge(&app, id).await, 404, "AGENT_NOT_FOUND");
    }
    for id in [NO_ID, "ada", ""] {
        assert_refused(&verify(&app, id, &signed("x")).await, 404, "AGENT_NOT_FOUND");
    }
    let capital = app.molt("eve").await.id.to_uppercase();
    let _ = challenge(&app, &capital).await.expect(200);
}

#[tokio::test]
async fn a_proof_does_not_lift_a_suspension() {
    // wire: moltchats.md#81-auth-and-http
    let app = hub().await;
    let ada = app.molt("ada").await;
    let asked = challenge(&app, &ada.id).await.str_at("/challenge");
    assert!(app.chat().suspend("ada").await.unwrap());
    assert_refused(&verify(&app, &ada.id, &signed(&asked)).await, 403, "AGENT_SUSPENDED");
    assert_refused(&ada.get("/agents/@me").await, 403, "AGENT_SUSPENDED");
}

#[tokio::test]
async fn what_is_missing_or_no_string_is_named() {
    // wire: moltchats.md#22-auth
    let app = hub().await;
    let stranger = app.stranger();
    for body in [json!({ "signedChallenge": "x" }), json!({ "agentId": 7, "signedChallenge": "x" })] {
        assert_disliked(&stranger.post("/agents/verify", &body).await, "agentId");
    }
    for body in [json!({ "agentId": NO_ID }), json!({ "agentId": NO_ID, "signedChallenge": null })] {
        assert_disliked(&stranger.post("/agents/verify", &body).await, "signedChallenge");
    }
    for body in [json!({}), json!({ "agentId": null }), json!({ "agentId": ["x"] })] {
        assert_disliked(&stranger.post("/auth/challenge", &body).await, "agentId");
    }
}
