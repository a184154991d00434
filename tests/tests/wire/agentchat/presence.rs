//! Presence as agents declare it, and as those see it who have noted them.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, eventually};

use super::support::{add_contact, agents, assert_refused, hub, ok};

async fn seen(agent: &AgentCaller, handle: &str) -> Value {
    agent.get(&format!("/v1/presence/{handle}")).await.expect(200).json()
}

#[tokio::test]
async fn presence_is_declared_and_seen_by_who_has_noted_the_agent() {
    // wire: agentchat.md#47-presence
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "Bob"]).await;
    add_contact(&ada, "bob").await;
    let declared = bob.put("/v1/presence", r#"{"status":"busy","custom_message":"thinking"}"#).await;
    assert_snapshot!(declared.redacted(), @r#"200 {"handle":"bob","status":"busy","custom_message":"thinking","last_seen":"<time>"}"#);
    assert_eq!(seen(&ada, "%40BOB").await, declared.json());
    assert_eq!(seen(&bob, "bob").await, declared.json());
    for (status, message) in [("online", Value::Null), ("offline", json!("back soon"))] {
        let body = json!({ "status": status, "custom_message": message }).to_string();
        let _ = bob.put("/v1/presence", &body).await.expect(200);
        let now = seen(&ada, "bob").await;
        assert_eq!((&now["status"], &now["custom_message"]), (&json!(status), &message));
    }
}

#[tokio::test]
async fn what_is_declared_is_checked() {
    // wire: agentchat.md#47-presence
    let app = hub().await;
    let [ada] = agents(&app, ["ada"]).await;
    let longest = json!({ "status": "online", "custom_message": "é".repeat(200) }).to_string();
    let _ = ada.put("/v1/presence", &longest).await.expect(200);
    let alias = ada.put("/v1/presence", r#"{"status":"busy","custom_status":"by another name"}"#).await.expect(200);
    assert_eq!(alias.str_at("/custom_message"), "by another name");
    let too_long = json!({ "status": "online", "custom_message": "x".repeat(201) }).to_string();
    for bad in [
        "{}",
        r#"{"status":"idle"}"#,
        r#"{"status":null}"#,
        r#"{"status":"busy","custom_message":7}"#,
        too_long.as_str(),
    ] {
        assert_refused(&ada.put("/v1/presence", bad).await, 400, "VALIDATION_ERROR");
    }
    assert_eq!(seen(&ada, "ada").await["custom_message"], "by another name", "nothing has changed");
}

#[tokio::test]
async fn it_holds_for_five_minutes_and_what_was_seen_last_stays() {
    // wire: agentchat.md#47-presence
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    let declared = bob.put("/v1/presence", r#"{"status":"busy","custom_message":"thinking"}"#).await.expect(200);
    app.advance(Duration::from_secs(299));
    assert_eq!(seen(&ada, "bob").await["status"], "busy");
    app.advance(Duration::from_secs(1));
    let expected = json!({
        "handle": "bob", "status": "offline", "custom_message": null, "last_seen": declared.json()["last_seen"],
    });
    assert_eq!(seen(&ada, "bob").await, expected);
}

#[tokio::test]
async fn a_stranger_learns_nothing() {
    // wire: agentchat.md#47-presence
    let app = hub().await;
    let [ada, bob, eve] = agents(&app, ["ada", "bob", "eve"]).await;
    add_contact(&bob, "ada").await;
    add_contact(&ada, "eve").await;
    app.chat().suspend("eve").await.unwrap();
    let nobody = ada.get("/v1/presence/nobody").await;
    assert_refused(&nobody, 404, "NOT_FOUND");
    for handle in ["bob", "eve", "%FF", "not%20a%20handle", "tertulia"] {
        let reply = ada.get(&format!("/v1/presence/{handle}")).await;
        assert_refused(&reply, 404, "NOT_FOUND");
        assert_eq!(reply.text(), nobody.text(), "{handle}");
    }
    assert_refused(&eve.put("/v1/presence", r#"{"status":"online"}"#).await, 403, "SUSPENDED");
}

#[tokio::test]
async fn several_are_asked_for_at_once_in_their_order() {
    // wire: agentchat.md#47-presence
    let app = hub().await;
    let [ada, bob, ..] = agents(&app, ["ada", "bob", "Eve"]).await;
    let _ = bob.put("/v1/presence", r#"{"status":"busy"}"#).await.expect(200);
    let body = json!({ "handles": ["@EVE", "nobody", "bob", "", "ada"] }).to_string();
    let presences = ada.post("/v1/presence/batch", &body).await.expect(200).json();
    let seen: Vec<_> =
        presences["presences"].as_array().unwrap().iter().map(|one| (&one["handle"], &one["status"])).collect();
    let expected = [("eve", "offline"), ("bob", "busy"), ("ada", "offline")]
        .map(|(handle, status)| (json!(handle), json!(status)));
    assert_eq!(seen, expected.iter().map(|(handle, status)| (handle, status)).collect::<Vec<_>>());
    let most = json!({ "handles": vec!["bob"; 100] }).to_string();
    assert_eq!(
        ada.post("/v1/presence/batch", &most).await.expect(200).json()["presences"].as_array().unwrap().len(),
        100
    );
    let too_many = json!({ "handles": vec!["bob"; 101] }).to_string();
    for bad in ["{}", r#"{"handles":[]}"#, r#"{"handles":[7]}"#, r#"{"handles":"bob"}"#, too_many.as_str()] {
        assert_refused(&ada.post("/v1/presence/batch", bad).await, 400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn a_connection_to_any_surface_is_presence() {
    // wire: agentchat.md#76-connections-presence-heartbeat
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    assert_eq!(seen(&ada, "bob").await["status"], "offline");
    let socket = bob.socket("/api/ws").await;
    eventually("bob is online", || async { (seen(&ada, "bob").await["status"] == "online").then_some(()) }).await;
    let _ = bob.put("/v1/presence", r#"{"status":"busy","custom_message":"here"}"#).await.expect(200);
    app.advance(Duration::from_secs(20));
    assert_eq!(seen(&ada, "bob").await["status"], "busy");
    drop(socket);
    eventually("bob is offline", || async { (seen(&ada, "bob").await["status"] == "offline").then_some(()) }).await;
    assert_eq!(seen(&ada, "bob").await["custom_message"], Value::Null);
}

#[tokio::test]
async fn a_heartbeat_elsewhere_is_a_sign_of_life() {
    // wire: agentchat.md#47-presence
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    let beat = json!({ "agentId": bob.id }).to_string();
    let _ = bob.post("/api/heartbeat", &beat).await.expect(200);
    assert_eq!(seen(&ada, "bob").await["status"], "online");
    // What it has said stays what it says.
    let _ = bob.put("/v1/presence", r#"{"status":"busy"}"#).await.expect(200);
    app.advance(Duration::from_mins(4));
    let _ = bob.post("/api/heartbeat", &beat).await.expect(200);
    app.advance(Duration::from_mins(4));
    assert_eq!(seen(&ada, "bob").await["status"], "busy");
    app.advance(Duration::from_mins(1));
    assert_eq!(seen(&ada, "bob").await["status"], "offline");
}

#[tokio::test]
async fn who_is_taken_out_of_a_book_is_not_seen_any_more() {
    // wire: agentchat.md#47-presence
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    assert_eq!(seen(&ada, "bob").await["status"], "offline");
    ok(&ada.delete("/v1/contacts/bob").await);
    assert_refused(&ada.get("/v1/presence/bob").await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn a_restart_forgets_what_was_declared_and_not_who_was_seen() {
    // wire: agentchat.md#47-presence
    let mut app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    let declared = bob.put("/v1/presence", r#"{"status":"busy"}"#).await.expect(200);
    app.restart().await;
    let now = seen(&ada.at(&app), "bob").await;
    assert_eq!((&now["status"], &now["last_seen"]), (&json!("offline"), &declared.json()["last_seen"]));
}
