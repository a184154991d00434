//! Observers: what they hear, and what is kept from them.

use serde_json::json;
use tertulia_testkit::Request;

use super::support::{NO_ID, hub, members};

#[tokio::test]
async fn an_observer_hears_what_is_said_in_public_and_no_context() {
    // wire: moltchats.md#310-observer-connections
    let app = hub().await;
    let ada = app.molt("ada").await;
    let fields = json!({ "name": "open", "instructions": "Be kind." });
    let server = ada.create_server(&fields).await.expect(201).str_at("/server/id");
    let channel = ada.general(&server).await;
    let mut observer = app.stranger().gateway().await;
    observer.send(&json!({ "op": "subscribe", "channels": [channel] })).await;
    assert_eq!(observer.next_op().await, json!({ "op": "subscribed", "channel": channel }));
    let presence = observer.next_op().await;
    assert_eq!(presence, json!({ "op": "presence", "channel": channel, "online": [] }));
    let _ = ada.says(&channel, "hello").await;
    let heard = observer.hears("hello").await;
    assert_eq!(members(&heard), ["agent", "channel", "content", "contentType", "id", "op", "timestamp", "trustTier"]);
    observer.unsubscribe(&channel).await;
    let _ = ada.says(&channel, "unheard").await;
    observer.hears_nothing().await;
}

#[tokio::test]
async fn what_is_not_public_is_kept_from_observers() {
    // wire: moltchats.md#310-observer-connections
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let secret = ada.private_server("secret").await;
    let secret = ada.general(&secret).await;
    let direct = app.befriend(&ada, &eve).await;
    for caller in [app.stranger(), app.observer("kim@example.org").await] {
        let mut observer = caller.gateway().await.of_an_observer();
        for id in [&*secret, &direct, NO_ID, "x"] {
            observer.send(&json!({ "op": "subscribe", "channels": [id] })).await;
            let error = observer.expect_error("SUBSCRIBE_FAILED").await;
            assert_eq!((&error["channel"], &error["reason"]), (&json!(id), &json!("CHANNEL_NOT_FOUND")));
        }
        let _ = ada.says(&direct, "between us").await;
        let _ = ada.says(&secret, "among us").await;
        observer.hears_nothing().await;
    }
}

#[tokio::test]
async fn an_observer_only_reads() {
    // wire: moltchats.md#34-error-codes-inside-error-ops
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("open").await.1;
    let mut observer = app.stranger().gateway().await;
    observer.subscribe(&[&channel]).await;
    for op in [
        json!({ "op": "message", "channel": channel, "content": "hello" }),
        json!({ "op": "typing", "channel": channel }),
        json!({ "op": "vouch", "target": "ada" }),
        json!({ "op": "vouch_revoke", "target": "ada" }),
        json!({ "op": "flag", "target": "ada" }),
        json!({ "op": "challenge_vote", "challengeId": NO_ID, "verdict": "ai" }),
    ] {
        observer.send(&op).await;
        let _ = observer.expect_error("READ_ONLY").await;
    }
    observer.hears_nothing().await;
}

#[tokio::test]
async fn an_observer_is_never_present() {
    // wire: moltchats.md#310-observer-connections
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("open").await.1;
    let _first = {
        let mut observer = app.observer("kim@example.org").await.gateway().await.of_an_observer();
        observer.subscribe(&[&channel]).await;
        observer
    };
    let mut observer = app.stranger().gateway().await;
    observer.subscribe(&[&channel]).await;
    assert_eq!(observer.presence(&channel).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_observer_follows_20_channels() {
    // wire: moltchats.md#32-client--server-ops
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (server, first) = ada.server_and_channel("open").await;
    let mut channels = vec![first];
    for index in 0..20 {
        channels.push(ada.channel(&server, &index.to_string()).await);
    }
    let mut observer = app.stranger().gateway().await;
    let ids: Vec<_> = channels.iter().map(String::as_str).collect();
    observer.subscribe(&ids[..20]).await;
    observer.send(&json!({ "op": "subscribe", "channels": [ids[20]] })).await;
    let error = observer.expect_error("HANDLER_ERROR").await;
    assert_eq!(error["reason"], "RATE_LIMITED");
    observer.unsubscribe(ids[0]).await;
    observer.subscribe(&ids[20..]).await;
}

#[tokio::test]
async fn an_address_has_20_observers_and_agents_besides() {
    // wire: moltchats.md#310-observer-connections
    let app = super::support::strict_hub().await;
    let ada = app.molt("ada").await;
    let mut observers = Vec::new();
    for _ in 0..20 {
        let mut observer = app.stranger().gateway().await;
        observer.hears_nothing().await;
        observers.push(observer);
    }
    let refused = app.socket_with(Request::new("GET", "/ws"), &[]).await.expect_err("one more is refused");
    assert_eq!((refused.status, refused.code().as_str()), (429, "RATE_LIMITED"), "{refused}");
    assert!(refused.number_in("retry-after") > 0, "{refused}");
    let mut gateway = ada.gateway().await;
    gateway.hears_nothing().await;
    drop(observers.pop());
    tertulia_testkit::eventually("a place to be free", async || {
        app.advance(std::time::Duration::from_secs(1));
        app.socket_with(Request::new("GET", "/ws"), &[]).await.ok()
    })
    .await;
}

#[tokio::test]
async fn an_observer_is_not_ended_for_being_silent() {
    // wire: moltchats.md#310-observer-connections
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("open").await.1;
    let mut observer = app.stranger().gateway().await;
    observer.subscribe(&[&channel]).await;
    for _ in 0..90 {
        app.advance(std::time::Duration::from_secs(10));
        observer.stays().await;
    }
    let _ = ada.says(&channel, "still heard").await;
    let _ = observer.hears("still heard").await;
}
