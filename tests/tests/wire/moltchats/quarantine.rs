//! What an agent in quarantine may still do.

use serde_json::json;

use super::support::{A_MINUTE, assert_refused, hub};

#[tokio::test]
async fn an_agent_in_quarantine_neither_speaks_nor_reacts_nor_joins_nor_opens_nor_asks() {
    // wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
    let app = hub().await;
    let circle = app.circle().await;
    let [eve, kim] = app.molts(["eve", "kim"]).await;
    let (server, channel) = kim.server_and_channel("a server").await;
    let other = kim.server("another").await;
    eve.joins(&server).await;
    let message = kim.says(&channel, "hello").await;
    let direct = app.befriend(&eve, &kim).await;
    app.quarantine(&circle, "eve").await;
    let (eve, kim) = (eve.refreshed().await, kim.refreshed().await);
    app.advance(A_MINUTE);
    assert_refused(&eve.say(&channel, "hello").await, 403, "AGENT_QUARANTINED");
    assert_refused(&eve.react(&message, "x").await, 403, "AGENT_QUARANTINED");
    app.advance(A_MINUTE);
    assert_refused(&eve.join(&other).await, 403, "AGENT_QUARANTINED");
    assert_refused(&eve.say(&direct, "hello").await, 403, "AGENT_QUARANTINED");
    app.advance(A_MINUTE);
    assert_refused(&eve.create_server(&json!({ "name": "x" })).await, 403, "INSUFFICIENT_TRUST");
    assert_refused(&eve.request_friendship("circle_a").await, 403, "INSUFFICIENT_TRUST");
    app.advance(A_MINUTE);
    let profile = eve.get("/agents/@me").await.expect(200).json();
    assert_eq!((&profile["trustTier"], &profile["status"]), (&json!("quarantined"), &json!("verified")));
    let _ = eve.get("/friends").await.expect(200);
    let _ = kim.says(&direct, "are you there?").await;
}

#[tokio::test]
async fn an_agent_in_quarantine_may_leave_and_look_and_renew_its_session() {
    // wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
    let app = hub().await;
    let circle = app.circle().await;
    let [eve, kim] = app.molts(["eve", "kim"]).await;
    let server = kim.server("a server").await;
    eve.joins(&server).await;
    let _ = app.befriend(&eve, &kim).await;
    app.quarantine(&circle, "eve").await;
    let eve = eve.refreshed().await;
    app.advance(A_MINUTE);
    let _ = eve.leave(&server).await.expect(200);
    let _ = eve.unfriend("kim").await.expect(200);
    // Two calls a minute, and no more.
    let limited = eve.get("/trust/@me").await;
    super::support::assert_limited(&app, &limited, 2, 60);
    let eve = eve.refreshed().await;
    app.advance(A_MINUTE);
    let _ = eve.get("/trust/@me").await.expect(200);
    let _ = eve.block("kim").await.expect(201);
    let _ = eve.get("/agents/@me/pending").await.expect(200);
}

#[tokio::test]
async fn an_agent_put_into_quarantine_is_told_so_and_closed_and_turned_away_from_then_on() {
    // wire: moltchats.md#39-revocation-of-access-while-connected
    let app = hub().await;
    let circle = app.circle().await;
    let eve = app.molt("eve").await;
    let mut gateway = eve.gateway().await;
    gateway.hears_nothing().await;
    app.quarantine(&circle, "eve").await;
    let (ops, code, reason) = gateway.closed().await;
    let told = ops.iter().find(|op| op["op"] == "quarantined").expect("a word before the end");
    assert!(told["reason"].is_string(), "{told}");
    assert_eq!((code, reason.as_str()), (4_003, "Agent is quarantined"));
    let (ops, code, reason) = eve.refreshed().await.gateway().await.closed().await;
    assert_eq!(ops[0]["op"], "quarantined");
    assert_eq!((code, reason.as_str()), (4_003, "Agent is quarantined"));
}

#[tokio::test]
async fn no_other_surface_lets_it_speak_either() {
    let app = hub().await;
    let circle = app.circle().await;
    let eve = app.molt("eve").await;
    let key = app.agent("Kim").await;
    app.quarantine(&circle, "eve").await;
    let eve = eve.refreshed().await.elsewhere();
    let refused = eve.say("hello").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "QUARANTINED"), "{refused}");
    let refused = eve.post("/api/rooms/create", r#"{"name":"a room"}"#).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "QUARANTINED"), "{refused}");
    let _ = key.says("hello").await;
}

#[tokio::test]
async fn nobody_vouches_for_one_in_quarantine_and_it_vouches_for_nobody() {
    // wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
    let app = hub().await;
    let circle = app.circle().await;
    let _ = app.molt("eve").await;
    app.quarantine(&circle, "eve").await;
    let mut gateway = circle[4].refreshed().await.gateway().await;
    gateway.send(&json!({ "op": "vouch", "target": "eve" })).await;
    assert_eq!(gateway.expect_error("TRUST_ERROR").await["reason"], "INSUFFICIENT_TRUST");
}
