//! Who an agent is, to itself and to others, and what it changes about that.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{assert_refused, hub, members};

#[tokio::test]
async fn anybody_sees_the_profile_of_anybody() {
    // wire: agentchat.md#411-shapes, agentchat.md#412-endpoints
    let app = hub().await;
    let _ = app.ac("alice").await;
    for target in ["/v1/agents/alice", "/v1/agents/Alice", "/v1/agents/@alice", "/v1/agents/%40Alice"] {
        let reply = app.get(target).await.expect(200);
        assert_eq!(
            members(&reply.json()),
            ["avatar_url", "created_at", "description", "display_name", "handle", "is_system", "status"]
        );
        assert_eq!(reply.str_at("/handle"), "alice", "{target}");
        assert!(!reply.text().contains("example.org"), "{reply}");
    }
    // A bad key is ignored where none is needed.
    let _ = app.nobody().with_key("ac_live_nonsense").get("/v1/agents/alice").await.expect(200);
    for target in ["/v1/agents/nobody", "/v1/agents/a", "/v1/agents/%FF", "/v1/agents/tertulia", "/v1/agents/%40"] {
        assert_refused(&app.get(target).await, 404, "AGENT_NOT_FOUND");
    }
}

#[tokio::test]
async fn whoever_came_from_elsewhere_is_found_by_its_name_in_lower_case() {
    // wire: agentchat.md#22-handle-grammar-and-reserved-words
    let app = hub().await;
    let _ = app.agent("Ada_Bell").await;
    for target in ["/v1/agents/ada_bell", "/v1/agents/ADA-BELL"] {
        assert_eq!(app.get(target).await.expect(200).str_at("/handle"), "ada_bell");
    }
}

#[tokio::test]
async fn who_is_suspended_or_gone_is_not_found() {
    // wire: agentchat.md#412-endpoints
    let app = hub().await;
    let [alice, _] = app.acs(["alice", "bob"]).await;
    assert!(app.chat().suspend("bob").await.unwrap());
    let _ = alice.delete("/v1/agents/alice").await.expect(200);
    for target in ["/v1/agents/alice", "/v1/agents/bob"] {
        assert_refused(&app.get(target).await, 404, "AGENT_NOT_FOUND");
    }
    assert!(app.chat().unsuspend("bob").await.unwrap());
    let _ = app.get("/v1/agents/bob").await.expect(200);
}

#[tokio::test]
async fn a_change_answers_the_record_as_it_is_then() {
    // wire: agentchat.md#412-endpoints
    let app = hub().await;
    let alice = app.ac("alice").await;
    let before = alice.get("/v1/agents/me").await.expect(200).json();
    app.advance(Duration::from_secs(5));
    assert_eq!(alice.patch("/v1/agents/alice", &json!({})).await.expect(200).json(), before);
    let dropped = json!({ "status": "suspended", "email": "x@example.org", "discoverable": true, "handle": "bob" });
    assert_eq!(alice.patch("/v1/agents/%40ALICE", &dropped).await.expect(200).json(), before);
    let change = json!({ "display_name": "Alice", "description": "Says\nhello" });
    let changed = alice.patch("/v1/agents/alice", &change).await.expect(200).json();
    assert_eq!((&changed["display_name"], &changed["description"]), (&json!("Alice"), &json!("Says\nhello")));
    assert!(changed["updated_at"].as_str() > before["updated_at"].as_str());
    assert_eq!(changed["created_at"], before["created_at"]);
    assert_eq!(alice.get("/v1/agents/me").await.json(), changed);
    let cleared = alice.patch("/v1/agents/alice", &json!({ "display_name": null })).await.expect(200).json();
    assert_eq!((&cleared["display_name"], &cleared["description"]), (&Value::Null, &json!("Says\nhello")));
    // One profile, on every surface.
    let profile = app.stranger().get("/agents/alice").await.json();
    assert_eq!(profile["bio"], "Says\nhello", "{profile}");
}

#[tokio::test]
async fn what_cannot_be_said_is_named() {
    // wire: agentchat.md#411-shapes
    let app = hub().await;
    let alice = app.ac("alice").await;
    for (field, value) in [
        ("display_name", json!("x".repeat(101))),
        ("display_name", json!("a\nb")),
        ("display_name", json!(7)),
        ("description", json!("x".repeat(501))),
        ("description", json!("a\u{0}b")),
    ] {
        let reply = alice.patch("/v1/agents/alice", &json!({ field: value })).await;
        assert_refused(&reply, 400, "VALIDATION_ERROR");
        assert!(reply.json()["details"]["fieldErrors"][field].is_array(), "{reply}");
    }
    let longest = json!({ "display_name": "\u{1f916}".repeat(100), "description": "\u{e4}".repeat(500) });
    let _ = alice.patch("/v1/agents/alice", &longest).await.expect(200);
}

#[tokio::test]
async fn a_long_name_from_elsewhere_is_shown_cut() {
    // wire: agentchat.md#411-shapes
    let app = hub().await;
    let ada = app.molt("ada").await;
    let change = json!({ "displayName": "x".repeat(128), "avatarUrl": "https://example.org/a.png" });
    let _ = ada.patch("/agents/@me", &change).await.expect(200);
    let reply = app.get("/v1/agents/ada").await.expect(200);
    assert_eq!(reply.str_at("/display_name"), "x".repeat(100));
    assert_eq!(reply.str_at("/avatar_url"), "https://example.org/a.png");
    let short = json!({ "name": "eve", "avatar": "\u{1f916}" }).to_string();
    let _ = app.post("/api/register", &short).await.expect(201);
    assert_eq!(app.get("/v1/agents/eve").await.expect(200).json()["avatar_url"], Value::Null);
}

#[tokio::test]
async fn nobody_changes_or_deletes_anybody_else() {
    // wire: agentchat.md#412-endpoints
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    for target in ["/v1/agents/bob", "/v1/agents/nobody", "/v1/agents/tertulia"] {
        let reply = alice.patch(target, &json!({ "display_name": "x" })).await;
        assert_refused(&reply, 403, "FORBIDDEN");
        assert_refused(&alice.delete(target).await, 403, "FORBIDDEN");
    }
    assert_refused(&app.nobody().patch("/v1/agents/bob", &json!({})).await, 401, "UNAUTHORIZED");
    assert_refused(&app.nobody().delete("/v1/agents/bob").await, 401, "UNAUTHORIZED");
    assert_eq!(bob.get("/v1/agents/me").await.json()["display_name"], Value::Null);
}

#[tokio::test]
async fn an_agent_of_this_surface_alone_is_on_no_list_of_the_others() {
    // wire: agentchat.md#411-shapes
    let app = hub().await;
    let alice = app.ac("alice").await;
    let listed = || async { app.get("/api/agents").await.json()["stats"]["totalAgents"].clone() };
    assert_eq!(listed().await, 0);
    let searched = app.stranger().get("/search?type=agents&q=alice").await;
    assert!(!searched.text().contains("\"alice\""), "{searched}");
    let _ = alice.get("/v1/agents/me").await.expect(200);
    assert_eq!(listed().await, 0);
}
