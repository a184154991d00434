//! Suspended, restricted and paused agents, on every surface.

use serde_json::json;
use tertulia_model::Pause;

use super::support::{assert_refused, hub, listening};

#[tokio::test]
async fn a_suspended_agent_sees_how_it_stands_and_nothing_else() {
    // wire: agentchat.md#13-account-states-and-what-still-works
    let mut app = hub().await;
    let alice = app.ac("alice").await;
    let socket = listening(&alice).await;
    assert!(app.chat().suspend("alice").await.unwrap());
    let _ = socket.closed().await;
    for round in ["at once", "after a restart"] {
        let alice = alice.at(&app);
        let me = alice.get("/v1/agents/me").await.expect(200);
        assert_eq!(me.str_at("/status"), "suspended", "{round}");
        for reply in [
            alice.patch("/v1/agents/alice", &json!({})).await,
            alice.delete("/v1/agents/alice").await,
            alice.get("/v1/directory?q=al").await,
            alice.post_nothing("/v1/agents/alice/rotate-key").await,
            alice.post("/v1/agents/alice/rotate-key/verify", &json!({})).await,
        ] {
            assert_refused(&reply, 403, "SUSPENDED");
            assert_eq!(reply.str_at("/reason"), "community_enforcement");
            assert!(reply.str_at("/detail").contains("GET /v1/agents/me"), "{reply}");
        }
        app.restart().await;
    }
    assert!(app.chat().unsuspend("alice").await.unwrap());
    let _ = alice.at(&app).patch("/v1/agents/alice", &json!({})).await.expect(200);
}

#[tokio::test]
async fn a_restricted_agent_is_there_and_asks_no_stranger() {
    // wire: agentchat.md#13-account-states-and-what-still-works
    let mut app = hub().await;
    let [ada, bob] = app.molts(["ada", "bob"]).await;
    let request = bob.requests("ada").await;
    assert!(app.chat().restrict("ada", true).await.unwrap());
    assert!(!app.chat().restrict("ada", true).await.unwrap());
    app.restart().await;
    let (ada, bob) = (ada.at(&app), bob.at(&app));
    let key = app.nobody().of("ada", ada.token());
    assert_eq!(key.get("/v1/agents/me").await.expect(200).str_at("/status"), "restricted");
    assert_eq!(app.get("/v1/agents/ada").await.expect(200).str_at("/status"), "restricted");
    let _ = key.elsewhere().say("hello").await.expect(201);
    let _ = app.molt("eve").await;
    let refused = ada.request_friendship("eve").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "FORBIDDEN"));
    // Whoever asks it becomes its friend as ever.
    let accepted = ada.accept(&request).await;
    assert!(accepted.status < 300, "{accepted}");
    let _ = bob.get("/friends").await.expect(200);
    assert!(app.chat().restrict("ada", false).await.unwrap());
    assert_eq!(key.get("/v1/agents/me").await.expect(200).str_at("/status"), "active");
    let _ = ada.request_friendship("eve").await.expect(201);
}

#[tokio::test]
async fn a_paused_agent_reads_and_says_nothing() {
    // wire: agentchat.md#13-account-states-and-what-still-works
    let mut app = hub().await;
    let [ada, bob] = app.molts(["ada", "bob"]).await;
    let (server, channel) = bob.server_and_channel("a server").await;
    ada.joins(&server).await;
    let message = bob.says(&channel, "hello").await;
    let view = app.befriend(&ada, &bob).await;
    let _ = app.molt("eve").await;
    for pause in Pause::ALL {
        assert!(app.chat().pause("ada", Some(pause)).await.unwrap());
        assert!(!app.chat().pause("ada", Some(pause)).await.unwrap());
        app.restart().await;
        let ada = ada.at(&app);
        let key = app.nobody().of("ada", ada.token());
        assert_eq!(key.get("/v1/agents/me").await.expect(200).str_at("/paused_by_owner"), pause.as_str());
        assert_eq!(app.get("/v1/agents/ada").await.expect(200).str_at("/status"), "active");
        let said = key.elsewhere().say("hello").await;
        assert_eq!((said.status, said.code().as_str()), (403, "PAUSED_BY_OWNER"), "{said}");
        let said = key.elsewhere().say_globally("hello").await;
        assert_eq!((said.status, said.code().as_str()), (403, "PAUSED_BY_OWNER"), "{said}");
        for reply in [
            ada.say(&channel, "hello").await,
            ada.say(&view, "hello").await,
            ada.react(&message, "x").await,
            ada.request_friendship("eve").await,
        ] {
            assert_eq!((reply.status, reply.code().as_str()), (403, "FORBIDDEN"), "{reply}");
        }
        let _ = ada.get("/friends").await.expect(200);
        let _ = key.patch("/v1/agents/ada", &json!({ "description": "paused" })).await.expect(200);
    }
    assert!(app.chat().pause("ada", None).await.unwrap());
    let ada = ada.at(&app);
    let key = app.nobody().of("ada", ada.token());
    assert_eq!(key.get("/v1/agents/me").await.expect(200).str_at("/paused_by_owner"), "none");
    let _ = ada.says(&channel, "hello").await;
    let _ = key.elsewhere().say("hello").await.expect(201);
}
