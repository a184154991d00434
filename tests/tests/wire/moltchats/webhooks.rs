//! Setting a webhook and trying it out.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_doubles::receiver::{Answer, Receiver};
use tertulia_testkit::{MoltAgent, TestApp};

use super::{
    support::{assert_disliked, assert_headroom, assert_limited, assert_refused, hub, members},
    webhook_delivery::{assert_signed, only_public},
};

/// What nobody listens at.
const NOWHERE: &str = "http://127.0.0.1:1/";

/// A hub as it is configured by default.
async fn careful_hub() -> TestApp {
    TestApp::with(|config| {
        only_public(config);
        config.webhooks.allow_http = false;
    })
    .start()
    .await
}

/// Sets the URL; the secret, if one is told.
async fn set(agent: &MoltAgent, url: &Value) -> Option<String> {
    let reply = agent.put("/webhooks/config", &json!({ "webhookUrl": url })).await.expect(200).json();
    assert_eq!(&reply["webhookUrl"], url);
    reply.get("webhookSecret").map(|secret| secret.as_str().expect("a string").to_owned())
}

#[tokio::test]
async fn an_agent_begins_without_a_webhook() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let ada = app.molt("ada").await;
    let reply = ada.get("/webhooks/config").await;
    assert_snapshot!(reply.redacted(), @r#"200 {"webhookUrl":null,"webhookEvents":["dm.received","mention.received","reply.received"]}"#);
    assert_eq!(ada.put("/webhooks/config", &json!({})).await.expect(200).json(), reply.json());
}

#[tokio::test]
async fn a_secret_is_told_once_for_every_new_url() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let app = hub().await;
    let ada = app.molt("ada").await;
    let one = json!("https://example.org/one?key=value");
    let first = set(&ada, &one).await.expect("a secret");
    assert!(first.len() == 64 && first.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{first}");
    assert_eq!(set(&ada, &one).await, None);
    assert_eq!(members(&ada.get("/webhooks/config").await.json()), ["webhookEvents", "webhookUrl"]);
    let second = set(&ada, &json!("https://example.org/two")).await.expect("another secret");
    assert_ne!(second, first);
    assert_eq!(set(&ada, &Value::Null).await, None);
    let third = set(&ada, &json!("https://example.org/two")).await.expect("and another");
    assert!(third != second && third != first);
}

#[tokio::test]
async fn the_settings_hold_the_webhook_too() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let ada = app.molt("ada").await;
    let change = json!({ "webhookUrl": "https://example.org/", "webhookEvents": ["friend_request.received"] });
    let changed = ada.patch("/agents/@me/config", &change).await.expect(200);
    assert_eq!(changed.str_at("/webhookSecret").len(), 64);
    let config = ada.get("/webhooks/config").await.json();
    assert_eq!(config, change);
    let settings = ada.get("/agents/@me/config").await.json();
    assert_eq!(
        (&settings["webhookUrl"], &settings["webhookEvents"]),
        (&config["webhookUrl"], &config["webhookEvents"])
    );
    assert_eq!(settings.get("webhookSecret"), None);

    let mixed = json!({ "webhookUrl": "ftp://example.org/", "idleTimeoutSeconds": 30 });
    assert_disliked(&ada.patch("/agents/@me/config", &mixed).await, "webhookUrl");
    assert_eq!(ada.get("/agents/@me/config").await.json(), settings, "all of it, or nothing");
}

#[tokio::test]
async fn only_a_public_https_url_can_be_set() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let app = careful_hub().await;
    let ada = app.molt("ada").await;
    let longest = format!("https://example.org/{}", "a".repeat(2_048 - 20));
    assert!(set(&ada, &json!(longest)).await.is_some());
    let before = ada.get("/webhooks/config").await.json();
    for bad in [
        json!(format!("{longest}a")),
        json!("http://example.org/"),
        json!("ftp://example.org/"),
        json!("file:///etc/passwd"),
        json!("example.org"),
        json!(""),
        json!("https://"),
        json!("https://user:secret@example.org/"),
        json!("https://example.org:0/"),
        json!("https://127.0.0.1/"),
        json!("https://2130706433/"),
        json!("https://[::1]/"),
        json!("https://[::ffff:10.0.0.1]/"),
        json!("https://10.1.2.3/"),
        json!("https://192.168.0.1/"),
        json!("https://100.64.0.1/"),
        json!("https://169.254.169.254/latest/meta-data"),
        json!("https://[fd00:ec2::254]/"),
        json!("https://224.0.0.1/"),
        json!("https://0.0.0.0/"),
        json!(7),
        json!(["https://example.org/"]),
    ] {
        assert_disliked(&ada.put("/webhooks/config", &json!({ "webhookUrl": bad })).await, "webhookUrl");
    }
    assert_eq!(ada.get("/webhooks/config").await.json(), before);
}

#[tokio::test]
async fn events_are_those_of_the_contract_in_the_agents_order() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    let order = json!(["reply.received", "friend_request.received", "dm.received", "mention.received"]);
    for good in [order, json!([])] {
        let reply = ada.put("/webhooks/config", &json!({ "webhookEvents": good })).await.expect(200).json();
        assert_eq!(reply["webhookEvents"], good);
    }
    for bad in [json!(["dm.sent"]), json!("dm.received"), json!([null]), json!(null)] {
        assert_disliked(&ada.put("/webhooks/config", &json!({ "webhookEvents": bad })).await, "webhookEvents");
    }
}

#[tokio::test]
async fn a_test_says_how_it_was_answered() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let ada = app.molt("ada").await;
    let receiver = Receiver::start().await;
    let secret = set(&ada, &json!(receiver.url())).await.expect("a secret");
    receiver.answer([Answer::Status(204), Answer::Status(500), Answer::To(receiver.url())]);

    let taken = ada.post_nothing("/webhooks/test").await;
    assert_snapshot!(taken.redacted(), @r#"200 {"success":true,"statusCode":204,"statusText":"No Content"}"#);
    assert_eq!(ada.post("/webhooks/test", &json!({})).await.json()["statusCode"], 500);
    assert_eq!(ada.post_nothing("/webhooks/test").await.json()["statusCode"], 307, "it is not followed");

    let arrived = receiver.arrivals(3).await;
    assert_eq!(arrived.len(), 3);
    assert_signed(&arrived[0], &secret);
    let body: Value = serde_json::from_slice(&arrived[0].body).unwrap();
    assert_eq!(members(&body), ["agentId", "event", "message", "timestamp"]);
    assert_eq!((&body["event"], &body["agentId"]), (&json!("test"), &json!(ada.id)));
}

#[tokio::test]
async fn a_test_that_fails_says_nothing_of_the_network() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let mut app = hub().await;
    let ada = app.molt("ada").await;
    assert_refused(&ada.post_nothing("/webhooks/test").await, 400, "VALIDATION_ERROR");
    let receiver = Receiver::start().await;
    set(&ada, &json!(NOWHERE)).await;
    let refused = ada.post_nothing("/webhooks/test").await;
    assert_snapshot!(refused.redacted(), @r#"200 {"success":false,"error":"The webhook could not be reached."}"#);

    set(&ada, &json!(receiver.url())).await;
    receiver.answer([Answer::Never]);
    let too_slow = tokio::join!(ada.post_nothing("/webhooks/test"), async {
        receiver.arrivals(1).await;
        app.advance(std::time::Duration::from_secs(10));
    });
    assert_eq!(too_slow.0.json(), refused.json());

    app.restart_with(only_public).await;
    let ada = ada.at(&app);
    assert_eq!(ada.post_nothing("/webhooks/test").await.json(), refused.json());
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn a_webhook_is_tried_five_times_a_minute() {
    // wire: moltchats.md#43-how-they-combine-here
    let app = hub().await;
    let ada = app.molt("ada").await;
    let receiver = Receiver::start().await;
    set(&ada, &json!(receiver.url())).await;
    for remaining in (0..5).rev() {
        let reply = ada.post_nothing("/webhooks/test").await.expect(200);
        assert_headroom(&app, &reply, 5, remaining, 60);
    }
    assert_limited(&app, &ada.post_nothing("/webhooks/test").await, 5, 60);
    assert_eq!(receiver.count(), 5);
    app.advance(super::support::A_MINUTE);
    let _ = ada.post_nothing("/webhooks/test").await.expect(200);
}
