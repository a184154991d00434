//! What is sent to the gateway, and what is answered: subscribing, speaking, and everything that is refused.

use std::time::Duration;

use serde_json::{Value, json};
use tertulia_core::Limit;
use tertulia_testkit::TestApp;

use super::support::{NO_ID, contents, hub, is_moment, members, one_address};

#[tokio::test]
async fn a_subscription_is_answered_with_where_one_is() {
    // wire: moltchats.md#33-server--client-ops
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let fields = json!({ "name": "a server", "instructions": "Be kind." });
    let server = ada.create_server(&fields).await.expect(201).str_at("/server/id");
    let plain = ada.general(&server).await;
    let fields = json!({ "name": "talk", "instructions": "Be brief." });
    let told = ada.create_channel(&server, &fields).await.expect(201).str_at("/channel/id");
    let direct = app.befriend(&ada, &eve).await;
    let mut gateway = ada.gateway().await;
    gateway.send(&json!({ "op": "subscribe", "channels": [plain, told, direct] })).await;
    for (channel, server_says, channel_says) in [
        (&plain, json!("Be kind."), Value::Null),
        (&told, json!("Be kind."), json!("Be brief.")),
        (&direct, Value::Null, Value::Null),
    ] {
        assert_eq!(gateway.next().await, json!({ "op": "subscribed", "channel": channel }));
        let context = gateway.expect("context").await;
        assert!(context["platform"].as_str().is_some_and(|text| text.len() > 20), "{context}");
        assert_eq!((&context["server"], &context["channel"]), (&server_says, &channel_says));
        assert_eq!(context["channelId"], **channel);
        let absent = ["server", "channel"].iter().filter(|key| context.get(**key) == Some(&Value::Null));
        assert_eq!(absent.count(), 0, "what is not set is absent: {context}");
    }
}

#[tokio::test]
async fn subscribing_again_does_no_harm() {
    // wire: moltchats.md#32-client--server-ops
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    eve.joins(&server).await;
    let mut gateway = ada.gateway().await;
    for _ in 0..3 {
        gateway.subscribe(&[&channel]).await;
    }
    let _ = eve.says(&channel, "once").await;
    let _ = gateway.hears("once").await;
    gateway.hears_nothing().await;
}

#[tokio::test]
async fn each_id_is_answered_for_itself() {
    // wire: moltchats.md#34-error-codes-inside-error-ops
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let own = ada.server_and_channel("own").await.1;
    let foreign = eve.server_and_channel("foreign").await.1;
    let secret = eve.private_server("secret").await;
    let secret = eve.general(&secret).await;
    let direct = app.befriend(&eve, &kim).await;
    let mut gateway = ada.gateway().await;
    let ids = json!([NO_ID, "x", foreign, secret, direct, own]);
    gateway.send(&json!({ "op": "subscribe", "channels": ids })).await;
    for (id, reason) in [
        (NO_ID, "CHANNEL_NOT_FOUND"),
        ("x", "CHANNEL_NOT_FOUND"),
        (&*foreign, "NOT_SERVER_MEMBER"),
        (&*secret, "CHANNEL_NOT_FOUND"),
        (&*direct, "NOT_DM_PARTICIPANT"),
    ] {
        let error = gateway.expect_error("SUBSCRIBE_FAILED").await;
        assert_eq!((&error["channel"], &error["reason"]), (&json!(id), &json!(reason)));
    }
    assert_eq!(gateway.next().await, json!({ "op": "subscribed", "channel": own }));
    let _ = eve.says(&direct, "between us").await;
    let _ = eve.says(&foreign, "among us").await;
    let _ = gateway.expect("context").await;
    gateway.hears_nothing().await;
}

#[tokio::test]
async fn a_list_that_is_none_is_refused() {
    // wire: moltchats.md#34-error-codes-inside-error-ops
    let app = hub().await;
    let mut gateway = app.molt("ada").await.gateway().await;
    for bad in [json!("x"), json!(null), json!({}), json!([7]), json!([null])] {
        for op in ["subscribe", "unsubscribe"] {
            gateway.send(&json!({ "op": op, "channels": bad })).await;
            let error = gateway.expect_error("HANDLER_ERROR").await;
            assert_eq!(error["reason"], "VALIDATION_ERROR", "{bad}");
        }
    }
    gateway.send(&json!({ "op": "subscribe" })).await;
    assert_eq!(gateway.expect_error("HANDLER_ERROR").await["reason"], "VALIDATION_ERROR");
    gateway.send(&json!({ "op": "subscribe", "channels": [] })).await;
    gateway.hears_nothing().await;
}

#[tokio::test]
async fn unsubscribing_is_answered_even_where_nothing_was_subscribed_to() {
    // wire: moltchats.md#32-client--server-ops
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    eve.joins(&server).await;
    let mut gateway = ada.gateway().await;
    gateway.subscribe(&[&channel]).await;
    gateway.unsubscribe(&channel).await;
    for id in [&*channel, NO_ID, "x"] {
        gateway.send(&json!({ "op": "unsubscribe", "channels": [id] })).await;
        assert_eq!(gateway.next().await, json!({ "op": "unsubscribed", "channel": id }));
    }
    let _ = eve.says(&channel, "unheard").await;
    gateway.say(&channel, "hello").await;
    assert_eq!(gateway.expect_error("NOT_SUBSCRIBED").await["channel"], channel);
    gateway.hears_nothing().await;
}

#[tokio::test]
async fn a_message_is_kept_acknowledged_and_told() {
    // wire: moltchats.md#36-message-fan-out
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    eve.joins(&server).await;
    let (mut speaker, mut listener) = (ada.gateway().await, eve.gateway().await);
    speaker.subscribe(&[&channel]).await;
    listener.subscribe(&[&channel]).await;
    speaker.say(&channel, "hello").await;
    let ack = speaker.expect("message_ack").await;
    assert_eq!(members(&ack), ["channel", "id", "op", "timestamp"]);
    let told = listener.hears("hello").await;
    let agent = json!({ "id": ada.id, "username": "ada", "displayName": null, "avatarUrl": null });
    assert_eq!(
        told,
        json!({
            "op": "message", "channel": channel, "agent": agent, "content": "hello", "contentType": "text",
            "id": ack["id"], "timestamp": ack["timestamp"], "trustTier": "provisional",
        })
    );
    assert!(is_moment(ack["timestamp"].as_str().unwrap()));
    let page = eve.read(&channel, "").await.json();
    assert_eq!((&page[0]["id"], &page[0]["createdAt"]), (&ack["id"], &ack["timestamp"]));
}

#[tokio::test]
async fn an_acknowledgement_echoes_the_nonce() {
    // wire: moltchats.md#33-server--client-ops
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let mut gateway = ada.gateway().await;
    gateway.subscribe(&[&channel]).await;
    let nonce = "n".repeat(64);
    gateway.send(&json!({ "op": "message", "channel": channel, "content": "hello", "nonce": nonce })).await;
    assert_eq!(gateway.expect("message_ack").await["nonce"], nonce);
}

#[tokio::test]
async fn code_is_told_as_code() {
    // wire: moltchats.md#32-client--server-ops
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let (mut gateway, mut observer) = (ada.gateway().await, app.stranger().gateway().await);
    gateway.subscribe(&[&channel]).await;
    observer.subscribe(&[&channel]).await;
    let op = json!({ "op": "message", "channel": channel, "content": "let x;", "contentType": "code" });
    gateway.send(&op).await;
    let _ = gateway.expect("message_ack").await;
    assert_eq!(observer.hears("let x;").await["contentType"], "code");
    gateway.send(&json!({ "op": "message", "channel": channel, "content": "x", "contentType": "html" })).await;
    assert_eq!(gateway.expect_error("HANDLER_ERROR").await["reason"], "VALIDATION_ERROR");
}

#[tokio::test]
async fn what_cannot_be_said_is_refused_and_the_connection_stays() {
    // wire: moltchats.md#34-error-codes-inside-error-ops
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let mut gateway = ada.gateway().await;
    gateway.say(&channel, "too soon").await;
    assert_eq!(gateway.expect_error("NOT_SUBSCRIBED").await["channel"], channel);
    gateway.subscribe(&[&channel]).await;
    let path = |content: Value| json!({ "op": "message", "channel": channel, "content": content });
    for (content, reason) in [
        (json!(""), "VALIDATION_ERROR"),
        (json!(null), "VALIDATION_ERROR"),
        (json!(7), "VALIDATION_ERROR"),
        (json!("a\u{0}b"), "VALIDATION_ERROR"),
        (json!("x".repeat(4_001)), "MESSAGE_TOO_LONG"),
        (json!("\u{1f600}".repeat(2_001)), "MESSAGE_TOO_LONG"),
    ] {
        gateway.send(&path(content)).await;
        let error = gateway.expect_error("HANDLER_ERROR").await;
        assert_eq!((&error["reason"], &error["channel"]), (&json!(reason), &json!(channel)));
    }
    for target in [NO_ID, "x"] {
        gateway.say(target, "hello").await;
        let _ = gateway.expect_error("NOT_SUBSCRIBED").await;
    }
    let _ = gateway.says(&channel, "\u{1f600}".repeat(2_000).as_str()).await;
    assert_eq!(contents(&ada.read(&channel, "").await).len(), 1);
}

#[tokio::test]
async fn what_is_no_op_is_refused_and_the_connection_stays() {
    // wire: moltchats.md#34-error-codes-inside-error-ops
    let app = hub().await;
    for mut gateway in [app.molt("ada").await.gateway().await] {
        for bad in ["{", "nonsense", "[]", "7", "null", "\"op\"", ""] {
            gateway.send_text(bad).await;
            let _ = gateway.expect_error("INVALID_JSON").await;
        }
        for bad in [json!({}), json!({ "op": "dance" }), json!({ "op": 7 }), json!({ "op": null }), json!({ "op": "" })]
        {
            gateway.send(&bad).await;
            let _ = gateway.expect_error("UNKNOWN_OP").await;
        }
        gateway.hears_nothing().await;
    }
}

#[tokio::test]
async fn no_fault_of_the_hub_is_told_in_its_own_words() {
    // wire: moltchats.md#83-websocket
    let app = hub().await;
    let mut gateway = app.molt("ada").await.gateway().await;
    for id in ["'; drop table messages; --", "%00", "\u{0}", &"9".repeat(1_000)] {
        gateway.send(&json!({ "op": "subscribe", "channels": [id] })).await;
        let error = gateway.expect_error("SUBSCRIBE_FAILED").await;
        let message = error["message"].as_str().unwrap().to_lowercase();
        assert!(["sql", "select", "table", "panic"].iter().all(|word| !message.contains(word)), "{message}");
    }
}

#[tokio::test]
async fn hundreds_of_channels_are_subscribed_to_in_one_frame() {
    // wire: moltchats.md#32-client--server-ops
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let mut gateway = ada.gateway().await;
    let mut ids = vec![NO_ID; 999];
    ids.push(&channel);
    gateway.send(&json!({ "op": "subscribe", "channels": ids })).await;
    for _ in 0..999 {
        let _ = gateway.expect_error("SUBSCRIBE_FAILED").await;
    }
    assert_eq!(gateway.next().await["op"], "subscribed");
    let _ = gateway.expect("context").await;
    gateway.send(&json!({ "op": "subscribe", "channels": vec![NO_ID; 1_001] })).await;
    let _ = gateway.expect_error("HANDLER_ERROR").await;
}

#[tokio::test]
async fn a_connection_sends_600_ops_a_minute() {
    // wire: moltchats.md#32-client--server-ops
    let app = hub().await;
    let mut gateway = app.molt("ada").await.gateway().await;
    for _ in 0..600 {
        gateway.hears_nothing().await;
    }
    gateway.send(&json!({ "op": "ping" })).await;
    let error = gateway.expect_error("HANDLER_ERROR").await;
    assert_eq!(error["reason"], "RATE_LIMITED");
    app.advance(Duration::from_mins(1));
    gateway.hears_nothing().await;
}

#[tokio::test]
async fn how_often_a_connection_speaks_is_configuration() {
    // wire: moltchats.md#32-client--server-ops
    let app = TestApp::with(|config| {
        one_address(config);
        config.moltchats.frames_per_connection = Limit::per_secs(2, 10);
    });
    let app = app.start().await;
    let mut gateway = app.molt("ada").await.gateway().await;
    for _ in 0..2 {
        gateway.hears_nothing().await;
    }
    gateway.send(&json!({ "op": "ping" })).await;
    let error = gateway.expect_error("HANDLER_ERROR").await;
    assert_eq!(error["retryAfter"], 10);
    app.advance(Duration::from_secs(10));
    gateway.hears_nothing().await;
}

#[tokio::test]
async fn a_connection_that_may_speak_often_is_not_taken_for_a_flood() {
    // wire: moltchats.md#32-client--server-ops
    let app = TestApp::with(|config| {
        one_address(config);
        config.moltchats.frames_per_connection = Limit::per_secs(1_500, 10);
    });
    let app = app.start().await;
    let mut gateway = app.molt("ada").await.gateway().await;
    for _ in 0..1_500 {
        gateway.hears_nothing().await;
    }
    gateway.send(&json!({ "op": "ping" })).await;
    let error = gateway.expect_error("HANDLER_ERROR").await;
    assert_eq!(error["reason"], "RATE_LIMITED");
}

#[tokio::test]
async fn typing_is_told_to_the_others_by_name_and_not_too_often() {
    // wire: moltchats.md#36-message-fan-out
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    eve.joins(&server).await;
    let (mut one, mut other, mut eves) = (ada.gateway().await, ada.gateway().await, eve.gateway().await);
    let mut observer = app.stranger().gateway().await;
    for gateway in [&mut one, &mut other, &mut eves, &mut observer] {
        gateway.subscribe(&[&channel]).await;
    }
    let typing = json!({ "op": "typing", "channel": channel });
    for _ in 0..3 {
        one.send(&typing).await;
    }
    one.hears_nothing().await;
    app.advance(Duration::from_secs(2));
    one.send(&typing).await;
    one.hears_nothing().await;
    let _ = one.says(&channel, "done").await;
    for gateway in [&mut eves, &mut observer] {
        for _ in 0..2 {
            assert_eq!(gateway.next().await, json!({ "op": "typing", "channel": channel, "agent": "ada" }));
        }
        let _ = gateway.hears("done").await;
    }
    other.hears_nothing().await;
}

#[tokio::test]
async fn typing_where_one_does_not_listen_is_ignored() {
    // wire: moltchats.md#32-client--server-ops
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let (mut gateway, mut observer) = (ada.gateway().await, app.stranger().gateway().await);
    observer.subscribe(&[&channel]).await;
    for id in [&*channel, NO_ID, "x"] {
        gateway.send(&json!({ "op": "typing", "channel": id })).await;
    }
    gateway.hears_nothing().await;
    let _ = ada.says(&channel, "hello").await;
    let _ = observer.hears("hello").await;
}
