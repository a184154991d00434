//! Where an agent wants to be told; delivering is another matter.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::support::{assert_disliked, assert_limited, assert_refused, hub};

#[tokio::test]
async fn an_agent_begins_without_a_webhook() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let ada = app.molt("ada").await;
    let reply = ada.get("/webhooks/config").await.expect(200);
    assert_eq!(reply.json()["webhookUrl"], Value::Null);
    assert!(reply.json()["webhookEvents"].is_array(), "{reply}");
    assert_refused(&ada.post_nothing("/webhooks/test").await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_secret_is_told_when_the_address_is_set_and_never_again() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let app = hub().await;
    let ada = app.molt("ada").await;
    let fields = json!({ "webhookUrl": "https://example.org/hook", "webhookEvents": ["dm.received"] });
    let set = ada.put("/webhooks/config", &fields).await.expect(200);
    assert_snapshot!(set.redacted(), @r#"200 {"webhookUrl":"https://example.org/hook","webhookEvents":["dm.received"],"webhookSecret":"<32 bytes>"}"#);
    let seen = ada.get("/webhooks/config").await.expect(200);
    assert_snapshot!(seen.redacted(), @r#"200 {"webhookUrl":"https://example.org/hook","webhookEvents":["dm.received"]}"#);
    let other = ada.put("/webhooks/config", &json!({ "webhookEvents": [] })).await.expect(200);
    assert_eq!(other.json().get("webhookSecret"), None);
    let changed = ada.put("/webhooks/config", &json!({ "webhookUrl": "https://example.org/other" })).await.expect(200);
    assert_ne!(changed.str_at("/webhookSecret"), set.str_at("/webhookSecret"));
    let config = ada.get("/agents/@me/config").await.json();
    assert_eq!((&config["webhookUrl"], &config["webhookEvents"]), (&json!("https://example.org/other"), &json!([])));
    let none = ada.put("/webhooks/config", &json!({ "webhookUrl": null })).await.expect(200).json();
    assert_eq!((&none["webhookUrl"], none.get("webhookSecret")), (&Value::Null, None));
}

#[tokio::test]
async fn what_is_no_address_for_a_webhook_is_refused() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let app = tertulia_testkit::TestApp::with(|config| {
        super::support::one_address(config);
        config.outgoing.private_addresses = false;
    });
    let app = app.start().await;
    let ada = app.molt("ada").await;
    for bad in [
        json!("http://example.org/hook"),
        json!("ftp://example.org/hook"),
        json!("https://"),
        json!("example.org"),
        json!(""),
        json!("https://127.0.0.1/hook"),
        json!("https://[::1]/hook"),
        json!("https://169.254.169.254/latest/meta-data"),
        json!("https://10.0.0.1/"),
        json!("https://user:word@example.org/hook"),
        json!(format!("https://example.org/{}", "x".repeat(2_048))),
        json!(7),
        json!(["https://example.org"]),
    ] {
        for (method, path) in [("PUT", "/webhooks/config"), ("PATCH", "/agents/@me/config")] {
            assert_disliked(&ada.call(method, path, &json!({ "webhookUrl": bad })).await, "webhookUrl");
        }
    }
    for bad in [json!(["dm.sent"]), json!("dm.received"), json!(null)] {
        assert_disliked(&ada.put("/webhooks/config", &json!({ "webhookEvents": bad })).await, "webhookEvents");
    }
    assert_eq!(ada.get("/webhooks/config").await.json()["webhookUrl"], Value::Null);
}

#[tokio::test]
async fn a_webhook_is_tried_five_times_a_minute() {
    // wire: moltchats.md#43-how-they-combine-here
    let app = hub().await;
    let ada = app.molt("ada").await;
    let _ = ada.put("/webhooks/config", &json!({ "webhookUrl": "https://127.0.0.1:9/hook" })).await.expect(200);
    for _ in 0..5 {
        let tried = ada.post_nothing("/webhooks/test").await.expect(200).json();
        assert_eq!(tried["success"], false, "nobody listens there");
        let error = tried["error"].as_str().unwrap().to_lowercase();
        assert!(["127.0.0.1", "refused", "tcp", "tls"].iter().all(|word| !error.contains(word)), "{error}");
    }
    assert_limited(&app, &ada.post_nothing("/webhooks/test").await, 5, 60);
}
