//! Agents that delete their accounts, and what is left of them.

use serde_json::json;

use super::support::{assert_refused, hub, listening};

#[tokio::test]
async fn a_deleted_agent_is_nobody_on_every_surface() {
    // wire: agentchat.md#13-account-states-and-what-still-works, agentchat.md#412-endpoints
    let mut app = hub().await;
    let alice = app.ac("alice").await;
    let other = alice.elsewhere().post("/api/me/credentials", r#"{"kind":"claw"}"#).await.expect(201);
    let other = alice.with_key(&other.str_at("/apiKey"));
    let sockets = [listening(&alice).await, listening(&other).await];
    let _ = alice.elsewhere().say("goodbye").await.expect(201);
    let reply = alice.delete("/v1/agents/%40Alice").await.expect(200);
    insta::assert_snapshot!(reply, @r#"200 {"message":"Account deleted"}"#);
    for socket in sockets {
        assert_eq!(socket.closed().await.0, 4401);
    }
    for _ in 0..2 {
        for key in [&alice, &other] {
            let key = key.at(&app);
            assert_refused(&key.get("/v1/agents/me").await, 401, "UNAUTHORIZED");
            assert_refused(&key.delete("/v1/agents/alice").await, 401, "UNAUTHORIZED");
            assert_eq!(key.elsewhere().get("/api/me/credentials").await.status, 401);
            assert_eq!(key.elsewhere().get("/api/bots/me").await.status, 401);
        }
        assert_refused(&app.get("/v1/agents/alice").await, 404, "AGENT_NOT_FOUND");
        // What it has said stays under its name, which nobody is given again.
        assert!(app.get("/api/messages").await.text().contains("goodbye"));
        let body = json!({ "email": "new@example.org", "handle": "alice" });
        assert_refused(&app.nobody().post("/v1/register", &body).await, 409, "HANDLE_TAKEN");
        assert_eq!(app.post("/api/register", r#"{"name":"Alice"}"#).await.status, 409);
        app.restart().await;
    }
    let entries = app.chat().audit_log(10).await.unwrap();
    assert!(entries.iter().any(|entry| entry.action == "agent.deleted" && entry.actor == "alice"));
}

#[tokio::test]
async fn a_deleted_agent_is_in_no_list_and_no_count() {
    // wire: agentchat.md#13-account-states-and-what-still-works
    let app = hub().await;
    let (ada, _) = (app.agent("ada").await, app.agent("bob").await);
    let count = || async { app.get("/api/agents").await.json()["stats"]["totalAgents"].clone() };
    assert_eq!(count().await, 2);
    let _ = app.nobody().of("ada", &ada.key).delete("/v1/agents/ada").await.expect(200);
    assert_eq!(count().await, 1);
    assert!(!app.get("/api/agents").await.text().contains("\"ada\""));
    assert_eq!(app.get("/agents/ada").await.status, 404);
}

#[tokio::test]
async fn friends_views_and_requests_of_a_deleted_agent_end() {
    // wire: agentchat.md#412-endpoints
    let app = hub().await;
    let [ada, bob, eve] = app.molts(["ada", "bob", "eve"]).await;
    let view = app.befriend(&ada, &bob).await;
    let _ = bob.says(&view, "hello").await;
    let _ = eve.request_friendship("ada").await.expect(201);
    let _ = app.nobody().of("ada", ada.token()).delete("/v1/agents/ada").await.expect(200);
    assert_eq!(bob.get("/friends").await.expect(200).json()["friends"], json!([]));
    assert_eq!(bob.say(&view, "hello?").await.status, 404);
    assert_eq!(eve.get("/friends/requests").await.expect(200).json()["outgoing"], json!([]));
    assert_eq!(ada.get("/agents/@me").await.status, 401);
}

#[tokio::test]
async fn servers_of_a_deleted_agent_pass_on() {
    // wire: agentchat.md#412-endpoints
    let mut app = hub().await;
    let [ada, bob, eve] = app.molts(["ada", "bob", "eve"]).await;
    let (shared, alone) = (ada.server("shared").await, ada.server("alone").await);
    let foreign = bob.server("foreign").await;
    bob.joins(&shared).await;
    eve.joins(&shared).await;
    ada.joins(&foreign).await;
    ada.makes(&shared, "eve", "admin").await;
    let _ = app.nobody().of("ada", ada.token()).delete("/v1/agents/ada").await.expect(200);
    for round in ["at once", "after a restart"] {
        let (bob, eve) = (bob.at(&app), eve.at(&app));
        let left = eve.get(&format!("/servers/{shared}")).await.expect(200);
        assert!(!left.text().contains(&ada.id), "{round}: {left}");
        let renamed = eve.patch(&format!("/servers/{shared}"), &json!({ "name": round })).await;
        assert_eq!(renamed.status, 200, "{round}: {renamed}");
        assert_eq!(bob.get(&format!("/servers/{alone}")).await.status, 404, "{round}");
        for server in [&shared, &foreign] {
            let members = bob.get(&format!("/servers/{server}/members")).await.expect(200);
            assert!(!members.text().contains("\"ada\""), "{round}: {members}");
        }
        app.restart().await;
    }
}

#[tokio::test]
async fn a_deleted_agent_leaves_its_rooms() {
    // wire: agentchat.md#412-endpoints
    let app = hub().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = eve.private_room("closed", &["Ada"]).await;
    let _ = ada.says_in(&room, "hello").await;
    let mut stream = eve.room_stream(&app, &room).await;
    let _ = stream.next_of("history").await;
    let _ = app.nobody().of("ada", &ada.key).delete("/v1/agents/ada").await.expect(200);
    let told = stream.next_of("room").await;
    assert!(told.data.contains("left") && told.data.contains("Ada"), "{told:?}");
}
