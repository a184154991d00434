//! Mutes.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, Reply, TestApp};

use super::support::{agents, assert_refused, hub, ok, write_to};

async fn mute(agent: &AgentCaller, handle: &str, until: Value) -> Reply {
    let body = json!({ "target_kind": "agent", "target_handle": handle, "muted_until": until }).to_string();
    agent.post("/v1/mutes", &body).await
}

async fn muted(agent: &AgentCaller) -> Vec<String> {
    let mutes = agent.get("/v1/mutes").await.expect(200).json();
    let handles = mutes["mutes"].as_array().unwrap().iter().map(|mute| mute["target_handle"].as_str().unwrap());
    handles.map(str::to_owned).collect()
}

/// The moment so long from now.
fn after(app: &TestApp, seconds: u64) -> String {
    (app.chat().clock().now() + Duration::from_secs(seconds)).to_string()
}

#[tokio::test]
async fn an_agent_is_muted() {
    // wire: agentchat.md#46-mutes
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "Bob"]).await;
    let reply = mute(&ada, "@BOB", Value::Null).await.expect(201);
    let entry = reply.json();
    assert_eq!(
        (&entry["target_kind"], &entry["target_handle"], &entry["muted_until"]),
        (&json!("agent"), &json!("bob"), &Value::Null)
    );
    for id in ["muter_agent_id", "target_id"] {
        assert!(entry[id].as_str().unwrap().starts_with("agt_"), "{entry}");
    }
    assert_ne!(entry["muter_agent_id"], entry["target_id"]);
    assert_eq!(entry.as_object().unwrap().len(), 6, "{entry}");
    assert_eq!(ada.get("/v1/mutes/agent/%40Bob").await.expect(200).json(), entry);
    assert_eq!(ada.get("/v1/mutes").await.expect(200).json(), json!({ "mutes": [entry] }));
}

#[tokio::test]
async fn a_mute_is_replaced_and_keeps_when_it_began() {
    // wire: agentchat.md#46-mutes
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let first = mute(&ada, "bob", Value::Null).await.expect(201).json();
    app.advance(Duration::from_secs(10));
    let until = after(&app, 60);
    let second = mute(&ada, "bob", json!(until)).await.expect(201).json();
    assert_eq!((&second["muted_until"], &second["created_at"]), (&json!(until), &first["created_at"]));
    assert_eq!(muted(&ada).await, ["bob"]);
    // An offset is as good as `Z`, and what is left out is null.
    let body = r#"{"target_kind":"agent","target_handle":"bob","muted_until":"2999-01-01T02:00:00+02:00"}"#;
    let third = ada.post("/v1/mutes", body).await.expect(201).json();
    assert_eq!(third["muted_until"], "2999-01-01T00:00:00.000Z");
    let fourth = ada.post("/v1/mutes", r#"{"target_kind":"agent","target_handle":"bob"}"#).await.expect(201).json();
    assert_eq!(fourth["muted_until"], Value::Null);
}

#[tokio::test]
async fn a_mute_runs_out_to_the_millisecond() {
    // wire: agentchat.md#46-mutes
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let _ = mute(&ada, "bob", json!(after(&app, 60))).await.expect(201);
    app.advance(Duration::from_millis(59_999));
    assert_eq!(muted(&ada).await, ["bob"]);
    app.advance(Duration::from_millis(1));
    assert_eq!(muted(&ada).await, Vec::<String>::new());
    assert_refused(&ada.get("/v1/mutes/agent/bob").await, 404, "NOT_FOUND");
    assert_refused(&ada.delete("/v1/mutes/agent/bob").await, 404, "NOT_FOUND");
    let anew = mute(&ada, "bob", Value::Null).await.expect(201);
    assert_eq!(anew.str_at("/created_at"), after(&app, 0), "it begins anew");
}

#[tokio::test]
async fn what_cannot_be_muted_is_named() {
    // wire: agentchat.md#46-mutes
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    assert_refused(&mute(&ada, "@Ada", Value::Null).await, 400, "SELF_MUTE");
    assert_refused(&mute(&ada, "nobody", Value::Null).await, 404, "AGENT_NOT_FOUND");
    let now = after(&app, 0);
    for bad in [
        json!({}),
        json!({ "target_kind": "group", "target_id": "grp_AAAAAAAAAAAAAAAAAAAAAA" }),
        json!({ "target_kind": "agent" }),
        json!({ "target_kind": "agent", "target_id": "agt_AAAAAAAAAAAAAAAAAAAAAA" }),
        json!({ "target_kind": "conversation" }),
        json!({ "target_kind": "conversation", "target_handle": "bob" }),
        json!({ "target_kind": "agent", "target_handle": "bob", "muted_until": "tomorrow" }),
        json!({ "target_kind": "agent", "target_handle": "bob", "muted_until": 7 }),
        json!({ "target_kind": "agent", "target_handle": "bob", "muted_until": "2020-01-01T00:00:00Z" }),
        json!({ "target_kind": "agent", "target_handle": "bob", "muted_until": now }),
    ] {
        assert_refused(&ada.post("/v1/mutes", &bad.to_string()).await, 400, "VALIDATION_ERROR");
    }
    for id in ["conv_AAAAAAAAAAAAAAAAAAAAAA", "grp_AAAAAAAAAAAAAAAAAAAAAA", "msg_AAAAAAAAAAAAAAAAAAAAAA", "x", ""] {
        let body = json!({ "target_kind": "conversation", "target_id": id, "muted_until": null }).to_string();
        assert_refused(&ada.post("/v1/mutes", &body).await, 404, "CONVERSATION_NOT_FOUND");
    }
    assert_eq!(muted(&ada).await, Vec::<String>::new());
}

#[tokio::test]
async fn mutes_are_listed_newest_first_and_by_kind() {
    // wire: agentchat.md#46-mutes
    let app = hub().await;
    let [ada, ..] = agents(&app, ["ada", "bob", "eve"]).await;
    for name in ["bob", "eve"] {
        let _ = mute(&ada, name, Value::Null).await.expect(201);
        app.advance(Duration::from_secs(1));
    }
    assert_eq!(muted(&ada).await, ["eve", "bob"]);
    assert_eq!(ada.get("/v1/mutes?kind=agent").await.expect(200).json()["mutes"].as_array().unwrap().len(), 2);
    assert_eq!(ada.get("/v1/mutes?kind=conversation").await.expect(200).json(), json!({ "mutes": [] }));
    assert_refused(&ada.get("/v1/mutes?kind=group").await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn what_is_not_muted_is_not_found_whatever_it_is() {
    // wire: agentchat.md#46-mutes
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    let _ = mute(&bob, "ada", Value::Null).await.expect(201);
    let refusals = [
        ada.get("/v1/mutes/agent/bob").await,
        ada.get("/v1/mutes/agent/ada").await,
        ada.get("/v1/mutes/agent/nobody").await,
        ada.get("/v1/mutes/agent/%FF").await,
        ada.get("/v1/mutes/conversation/conv_AAAAAAAAAAAAAAAAAAAAAA").await,
        ada.get("/v1/mutes/conversation/nonsense").await,
        ada.delete("/v1/mutes/agent/bob").await,
        ada.delete("/v1/mutes/agent/nobody").await,
        ada.delete("/v1/mutes/conversation/conv_AAAAAAAAAAAAAAAAAAAAAA").await,
        ada.delete("/v1/mutes/conversation/nonsense").await,
    ];
    for reply in &refusals {
        assert_refused(reply, 404, "NOT_FOUND");
        assert_eq!(reply.text(), refusals[0].text(), "nothing tells one from another");
    }
    assert_snapshot!(refusals[0], @r#"404 {"code":"NOT_FOUND","message":"There is no such mute."}"#);
}

#[tokio::test]
async fn a_mute_is_taken_back_once_also_of_who_is_gone() {
    // wire: agentchat.md#46-mutes
    let app = hub().await;
    let [ada, ..] = agents(&app, ["ada", "bob", "eve"]).await;
    for name in ["bob", "eve"] {
        let _ = mute(&ada, name, Value::Null).await.expect(201);
    }
    ok(&ada.delete("/v1/mutes/agent/%40BOB").await);
    assert_refused(&ada.delete("/v1/mutes/agent/bob").await, 404, "NOT_FOUND");
    app.chat().suspend("eve").await.unwrap();
    assert_eq!(muted(&ada).await, ["eve"]);
    assert_refused(&mute(&ada, "eve", Value::Null).await, 404, "AGENT_NOT_FOUND");
    ok(&ada.delete("/v1/mutes/agent/eve").await);
}

#[tokio::test]
async fn writes_share_ten_a_second() {
    // wire: agentchat.md#46-mutes
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    for _ in 0..5 {
        let _ = mute(&ada, "bob", Value::Null).await.expect(201);
        ok(&ada.delete("/v1/mutes/agent/bob").await);
    }
    let refused = mute(&ada, "bob", Value::Null).await;
    assert_refused(&refused, 429, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.json()["details"], json!({ "limit": 10, "retry_after_ms": 1000 }));
    app.advance(Duration::from_secs(1));
    let _ = mute(&ada, "bob", Value::Null).await.expect(201);
}

#[tokio::test]
async fn mutes_outlive_a_restart() {
    // wire: agentchat.md#46-mutes
    let mut app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let entry = mute(&ada, "bob", json!(after(&app, 3_600))).await.expect(201).json();
    app.restart().await;
    assert_eq!(ada.at(&app).get("/v1/mutes/agent/bob").await.expect(200).json(), entry);
}

#[tokio::test]
async fn a_conversation_is_muted_by_those_who_are_in_it() {
    // wire: agentchat.md#46-mutes
    let app = hub().await;
    let [ada, bob, eve] = agents(&app, ["ada", "bob", "eve"]).await;
    let conversation = write_to(&ada, "bob").await;
    let body = json!({ "target_kind": "conversation", "target_id": conversation, "muted_until": null }).to_string();
    let entry = bob.post("/v1/mutes", &body).await.expect(201).json();
    assert_eq!((&entry["target_kind"], &entry["target_id"]), (&json!("conversation"), &json!(conversation)));
    assert!(entry.get("target_handle").is_none(), "{entry}");
    assert_eq!(bob.get("/v1/mutes?kind=conversation").await.expect(200).json(), json!({ "mutes": [entry] }));
    let at = format!("/v1/mutes/conversation/{conversation}");
    assert_eq!(bob.get(&at).await.expect(200).json(), entry);
    assert_refused(&ada.get(&at).await, 404, "NOT_FOUND");
    // Who has no part in it does not learn that it is there.
    assert_refused(&eve.post("/v1/mutes", &body).await, 404, "CONVERSATION_NOT_FOUND");
    ok(&bob.delete(&at).await);
    assert_refused(&bob.delete(&at).await, 404, "NOT_FOUND");
    ok(&bob.post_nothing("/v1/contacts/ada/block").await);
    let _ = bob.post("/v1/mutes", &body).await.expect(201);
}
