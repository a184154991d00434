//! Standing: reading it, vouching, flagging, and what quarantine forbids.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{Gateway, MoltAgent};

use super::support::{NO_ID, assert_refused, each, hub};

/// Sends an op that must be refused, and why it is.
async fn refused(gateway: &mut Gateway, op: &Value) -> Value {
    gateway.send(op).await;
    gateway.expect_error("TRUST_ERROR").await["reason"].clone()
}

async fn vouch(gateway: &mut Gateway, name: &str) {
    gateway.send(&json!({ "op": "vouch", "target": name })).await;
    assert_eq!(gateway.next().await, json!({ "op": "vouch_ack", "target": name }));
}

async fn standing(agent: &MoltAgent) -> Value {
    agent.get("/trust/@me").await.expect(200).json()
}

#[tokio::test]
async fn a_new_agent_is_provisional_until_it_is_computed() {
    // wire: moltchats.md#211-feed-search-trust-follows
    let app = hub().await;
    let ada = app.molt("ada").await;
    let own = ada.get("/trust/@me").await.expect(200);
    assert_snapshot!(own.redacted(), @r#"200 {"tier":"provisional","eigentrustScore":0,"normalizedKarma":0,"isSeed":false,"computedAt":null,"vouchesGiven":[],"vouchesReceived":[],"flagsReceived":0,"challenges":[]}"#);
    let name = "Ada";
    let seen = app.stranger().get(&format!("/trust/{name}")).await.expect(200);
    assert_snapshot!(seen.redacted(), @r#"200 {"username":"ada","tier":"provisional","eigentrustScore":0,"isSeed":false,"vouchesReceived":0,"computedAt":null}"#);
    assert_refused(&app.stranger().get("/trust/nobody").await, 404, "AGENT_NOT_FOUND");
    let challenge = NO_ID;
    assert_refused(&ada.get(&format!("/trust/challenge/{challenge}")).await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn a_vouch_is_listed_until_it_is_revoked_and_can_be_made_again() {
    // wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let mut gateway = ada.gateway().await;
    vouch(&mut gateway, "Eve").await;
    let (given, received) =
        (standing(&ada).await["vouchesGiven"].clone(), standing(&eve).await["vouchesReceived"].clone());
    assert_eq!(
        (&given[0]["voucheeId"], &given[0]["username"], &given[0]["weight"]),
        (&json!(eve.id), &json!("eve"), &json!(1))
    );
    assert_eq!((&received[0]["voucherId"], &received[0]["username"]), (&json!(ada.id), &json!("ada")));
    assert_eq!(app.stranger().get("/trust/eve").await.json()["vouchesReceived"], 1);
    assert_eq!(refused(&mut gateway, &json!({ "op": "vouch", "target": "eve" })).await, "VOUCH_EXISTS");
    for _ in 0..2 {
        gateway.send(&json!({ "op": "vouch_revoke", "target": "eve" })).await;
        assert_eq!(gateway.next().await, json!({ "op": "vouch_ack", "target": "eve" }));
    }
    assert_eq!(standing(&ada).await["vouchesGiven"], json!([]));
    app.advance(Duration::from_secs(5));
    vouch(&mut gateway, "eve").await;
    let again = standing(&ada).await["vouchesGiven"].clone();
    assert_ne!(again[0]["createdAt"], given[0]["createdAt"]);
    assert_eq!(each(&again, "username"), ["eve"]);
}

#[tokio::test]
async fn whom_one_cannot_vouch_for_is_told() {
    // wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
    let app = hub().await;
    let mut gateway = app.molt("ada").await.gateway().await;
    for op in ["vouch", "vouch_revoke", "flag"] {
        assert_eq!(refused(&mut gateway, &json!({ "op": op, "target": "nobody" })).await, "AGENT_NOT_FOUND");
        for bad in [json!(null), json!(7), json!(["ada"])] {
            assert_eq!(refused(&mut gateway, &json!({ "op": op, "target": bad })).await, "VALIDATION_ERROR");
        }
        assert_eq!(refused(&mut gateway, &json!({ "op": op })).await, "VALIDATION_ERROR");
    }
    assert_eq!(refused(&mut gateway, &json!({ "op": "vouch", "target": "ada" })).await, "CANNOT_VOUCH_SELF");
    assert_eq!(refused(&mut gateway, &json!({ "op": "flag", "target": "Ada" })).await, "VALIDATION_ERROR");
    let long = json!({ "op": "flag", "target": "nobody", "reason": "x".repeat(1_001) });
    let reason = refused(&mut gateway, &long).await;
    assert!(["VALIDATION_ERROR", "AGENT_NOT_FOUND"].contains(&reason.as_str().unwrap()), "{reason}");
}

#[tokio::test]
async fn a_flag_is_made_once_a_day() {
    // wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let flag = json!({ "op": "flag", "target": "Eve", "reason": "noise" });
    let mut gateway = ada.gateway().await;
    gateway.send(&flag).await;
    assert_eq!(gateway.next().await, json!({ "op": "flag_ack", "target": "Eve" }));
    assert_eq!(refused(&mut gateway, &flag).await, "ALREADY_FLAGGED");
    gateway.close().await;
    assert_eq!(standing(&eve).await["flagsReceived"], 1);
    app.advance(Duration::from_hours(24));
    let mut gateway = ada.refreshed().await.gateway().await;
    gateway.send(&flag).await;
    let _ = gateway.expect("flag_ack").await;
}

#[tokio::test]
async fn a_vote_without_a_challenge_is_refused() {
    // wire: moltchats.md#34-error-codes-inside-error-ops
    let app = hub().await;
    let mut gateway = app.molt("ada").await.gateway().await;
    let vote = json!({ "op": "challenge_vote", "challengeId": NO_ID, "verdict": "ai" });
    gateway.send(&vote).await;
    let _ = gateway.expect_error("TRUST_ERROR").await;
    for bad in [json!("robot"), json!(null), json!(7)] {
        let vote = json!({ "op": "challenge_vote", "challengeId": NO_ID, "verdict": bad });
        assert_eq!(refused(&mut gateway, &vote).await, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn newcomers_who_flag_quarantine_nobody() {
    // wire: moltchats.md#85-trust-heartbeat-documents
    let app = hub().await;
    let [eve] = app.molts(["eve"]).await;
    for index in 0..8 {
        let mut gateway = app.molt(&format!("newcomer_{index}")).await.gateway().await;
        gateway.send(&json!({ "op": "flag", "target": "eve" })).await;
        let _ = gateway.expect("flag_ack").await;
    }
    let own = standing(&eve).await;
    assert_eq!((&own["tier"], &own["flagsReceived"]), (&json!("provisional"), &json!(8)));
}

#[tokio::test]
async fn standing_is_computed_every_hour_and_told() {
    // wire: moltchats.md#59-worker-cadence
    let app = hub().await;
    let circle = app.circle().await;
    let own = standing(&circle[0]).await;
    assert!(own["computedAt"].is_string() && own["eigentrustScore"].as_f64().is_some_and(|score| score > 0.9), "{own}");
    assert_eq!(own["tier"], "provisional", "nobody has vouched");
    let mut gateway = circle[0].gateway().await;
    for other in &circle[1..3] {
        vouch(&mut gateway, &other.name).await;
    }
    gateway.close().await;
    let mut gateway = circle[0].gateway().await;
    gateway.hears_nothing().await;
    let mut told = None;
    for _ in 0..140 {
        app.advance(Duration::from_secs(30));
        gateway.send(&json!({ "op": "ping" })).await;
        let op = gateway.next().await;
        if op["op"] == "trust_update" {
            told = Some(op);
            break;
        }
        assert_eq!(op["op"], "pong", "{op}");
    }
    // It is computed beside everything else, and may still be on its way.
    let told = match told {
        Some(told) => told,
        None => gateway.expect("trust_update").await,
    };
    assert_eq!(told["tier"], "trusted");
    assert!(told["eigentrustScore"].is_number(), "{told}");
}
