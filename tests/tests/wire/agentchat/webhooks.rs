//! Webhooks: adding, listing and taking them away.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::support::{assert_refused, hub, members, ok};

/// The events that every agent can be told of.
pub(super) const EVENTS: [&str; 6] =
    ["message.new", "message.read", "presence.update", "contact.blocked", "group.invite.received", "group.deleted"];

/// Adds a webhook.
pub(super) async fn add(agent: &AcCaller, url: &str, events: &[&str]) -> Reply {
    agent.post("/v1/webhooks", &json!({ "url": url, "events": events })).await
}

/// Fails unless this one field is what is wrong.
#[track_caller]
fn assert_field(reply: &Reply, field: &str) {
    assert_refused(reply, 400, "VALIDATION_ERROR");
    assert_eq!(members(&reply.json()["details"]["fieldErrors"]), [field], "{reply}");
}

/// A hub that calls public addresses alone, over https.
async fn careful_hub() -> TestApp {
    let careful = TestApp::with(|config| {
        config.outgoing.private_addresses = false;
        config.webhooks.allow_http = false;
        config.moltbook.base_url = "https://example.org/".parse().expect("a URL");
    });
    careful.start().await
}

#[tokio::test]
async fn a_webhook_is_added_and_its_secret_shown_once() {
    // wire: agentchat.md#410-webhooks, agentchat.md#91-registration
    let app = hub().await;
    let alice = app.ac("alice").await;
    let events = ["message.new", "group.deleted", "message.new"];
    let added = add(&alice, "https://example.org/hook?key=value", &events).await.expect(201);
    let (id, secret) = (added.str_at("/id"), added.str_at("/secret"));
    assert!(id.starts_with("whk_") && id.len() == 26, "{id}");
    assert!(secret.len() == 64 && secret.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{secret}");
    let shown = added.redacted().replace(&id, "<webhook>");
    assert_snapshot!(shown, @r#"201 {"id":"<webhook>","url":"https://example.org/hook?key=value","events":["message.new","group.deleted"],"active":true,"created_at":"<time>","secret":"<32 bytes>"}"#);

    let mut config = added.json();
    config.as_object_mut().unwrap().remove("secret");
    assert_eq!(alice.get(&format!("/v1/webhooks/{id}")).await.expect(200).json(), config);
    assert_eq!(alice.get("/v1/webhooks").await.expect(200).json(), json!({ "webhooks": [config] }));
}

#[tokio::test]
async fn who_has_none_has_an_empty_list() {
    // wire: agentchat.md#410-webhooks
    let app = hub().await;
    let alice = app.ac("alice").await;
    assert_eq!(alice.get("/v1/webhooks").await.expect(200).json(), json!({ "webhooks": [] }));
}

#[tokio::test]
async fn a_secret_of_ones_own_is_taken() {
    // wire: agentchat.md#91-registration
    let app = hub().await;
    let alice = app.ac("alice").await;
    let with = |secret: Value| json!({ "url": "https://example.org/", "events": ["message.new"], "secret": secret });
    for secret in ["s".repeat(16), "\u{e9}".repeat(256)] {
        let added = alice.post("/v1/webhooks", &with(json!(secret))).await.expect(201);
        assert_eq!(added.str_at("/secret"), secret);
    }
    let made_up = alice.post("/v1/webhooks", &with(Value::Null)).await.expect(201);
    assert_eq!(made_up.str_at("/secret").len(), 64);
    for bad in [json!("s".repeat(15)), json!("s".repeat(257)), json!(""), json!(7)] {
        assert_field(&alice.post("/v1/webhooks", &with(bad)).await, "secret");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_named() {
    // wire: agentchat.md#410-webhooks
    let app = hub().await;
    let alice = app.ac("alice").await;
    let url = "https://example.org/";
    for (body, field) in [
        (json!({ "events": ["message.new"] }), "url"),
        (json!({ "url": null, "events": ["message.new"] }), "url"),
        (json!({ "url": 7, "events": ["message.new"] }), "url"),
        (json!({ "url": "", "events": ["message.new"] }), "url"),
        (json!({ "url": "nowhere", "events": ["message.new"] }), "url"),
        (json!({ "url": "ftp://example.org/", "events": ["message.new"] }), "url"),
        (json!({ "url": format!("{url}{}", "a".repeat(2_048)), "events": ["message.new"] }), "url"),
        (json!({ "url": url }), "events"),
        (json!({ "url": url, "events": [] }), "events"),
        (json!({ "url": url, "events": "message.new" }), "events"),
        (json!({ "url": url, "events": [null] }), "events"),
        (json!({ "url": url, "events": ["message.new", "dm.received"] }), "events"),
    ] {
        assert_field(&alice.post("/v1/webhooks", &body).await, field);
    }
    let reply = alice.post("/v1/webhooks", &json!({})).await;
    assert_eq!(members(&reply.json()["details"]["fieldErrors"]), ["events", "url"], "{reply}");
    assert_eq!(alice.get("/v1/webhooks").await.expect(200).json(), json!({ "webhooks": [] }));
}

#[tokio::test]
async fn only_public_addresses_can_be_named() {
    // wire: agentchat.md#94-target-safety-rec-the-old-server-had-none
    let app = careful_hub().await;
    let alice = app.ac("alice").await;
    for bad in [
        "http://1.1.1.1/",
        "https://user:secret@1.1.1.1/",
        "https://1.1.1.1:0/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00:ec2::254]/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        // A name: where it leads is asked.
        "https://localhost/",
    ] {
        assert_field(&add(&alice, bad, &["message.new"]).await, "url");
    }
    let _ = add(&alice, "https://1.1.1.1/hook", &["message.new"]).await.expect(201);
}

#[tokio::test]
async fn an_agent_has_five_webhooks_at_the_most() {
    // wire: agentchat.md#410-webhooks
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let added = add(&alice, &format!("https://example.org/{number}"), &["message.new"]).await.expect(201);
        ids.push(added.str_at("/id"));
    }
    assert_refused(&add(&alice, "https://example.org/", &["message.new"]).await, 400, "LIMIT_REACHED");
    let _ = add(&bob, "https://example.org/", &["message.new"]).await.expect(201);
    let listed = alice.get("/v1/webhooks").await.expect(200).json();
    let listed: Vec<_> = listed["webhooks"].as_array().unwrap().iter().map(|webhook| webhook["id"].clone()).collect();
    assert_eq!(listed, ids, "the oldest first");
    ok(&alice.delete(&format!("/v1/webhooks/{}", ids[2])).await);
    let _ = add(&alice, "https://example.org/", &["message.new"]).await.expect(201);
}

#[tokio::test]
async fn who_registers_is_told_to_the_hubs_own_agents_alone() {
    // wire: agentchat.md#410-webhooks
    let app = hub().await;
    let alice = app.ac("alice").await;
    let events = ["message.new", "agent.created"];
    assert_refused(&add(&alice, "https://example.org/", &events).await, 403, "FORBIDDEN");
    for number in 0..5 {
        let _ = add(&alice, &format!("https://example.org/{number}"), &["message.new"]).await.expect(201);
    }
    assert_refused(&add(&alice, "https://example.org/", &events).await, 403, "FORBIDDEN");
}

#[tokio::test]
async fn a_webhook_is_its_agents_alone() {
    // wire: agentchat.md#410-webhooks
    let app = hub().await;
    let [alice, eve] = app.acs(["alice", "eve"]).await;
    let id = add(&alice, "https://example.org/", &["message.new"]).await.expect(201).str_at("/id");
    let unknown = eve.get("/v1/webhooks/whk_AAAAAAAAAAAAAAAAAAAAAA").await;
    assert_refused(&unknown, 404, "NOT_FOUND");
    for path in [format!("/v1/webhooks/{id}"), "/v1/webhooks/x".to_owned(), "/v1/webhooks/%FF".to_owned()] {
        for reply in [eve.get(&path).await, eve.delete(&path).await] {
            assert_refused(&reply, 404, "NOT_FOUND");
            assert_eq!(reply.json(), unknown.json(), "{path}");
        }
    }
    let molt = app.molt("bob").await;
    let config = json!({ "webhookUrl": "https://example.org/", "webhookEvents": ["dm.received"] });
    let _ = molt.put("/webhooks/config", &config).await.expect(200);
    let bob = alice.with_key(molt.token());
    assert_eq!(bob.get("/v1/webhooks").await.expect(200).json(), json!({ "webhooks": [] }), "it is another surface's");

    ok(&alice.delete(&format!("/v1/webhooks/{id}")).await);
    for reply in [alice.delete(&format!("/v1/webhooks/{id}")).await, alice.get(&format!("/v1/webhooks/{id}")).await] {
        assert_refused(&reply, 404, "NOT_FOUND");
    }
    assert_eq!(alice.get("/v1/webhooks").await.expect(200).json(), json!({ "webhooks": [] }));
}

#[tokio::test]
async fn adding_one_again_with_the_same_key_adds_none() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let alice = app.ac("alice").await;
    let body = json!({ "url": "https://example.org/", "events": EVENTS }).to_string();
    let request = alice.request("POST", "/v1/webhooks").header("Idempotency-Key", "the-same-key").body(body);
    let first = alice.send(&request).await.expect(201);
    let second = alice.send(&request).await.expect(201);
    assert_eq!(second.header("idempotent-replay"), Some("true"));
    assert_eq!(second.json(), first.json());
    assert_eq!(alice.get("/v1/webhooks").await.json()["webhooks"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn webhooks_outlive_a_restart() {
    let mut app = hub().await;
    let alice = app.ac("alice").await;
    let _ = add(&alice, "https://example.org/", &EVENTS).await.expect(201);
    let before = alice.get("/v1/webhooks").await.expect(200).json();
    app.restart().await;
    assert_eq!(alice.at(&app).get("/v1/webhooks").await.expect(200).json(), before);
}
