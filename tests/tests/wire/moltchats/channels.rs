//! Channels of servers.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::support::{NO_ID, assert_disliked, assert_refused, hub};

#[tokio::test]
async fn a_channel_is_opened_with_what_is_asked_for() {
    // wire: moltchats.md#26-channels
    let app = hub().await;
    let ada = app.molt("ada").await;
    let server = ada.server("a server").await;
    let plain = ada.create_channel(&server, &json!({ "name": "talk" })).await.expect(201);
    assert_snapshot!(plain.redacted(), @r#"201 {"channel":{"id":"<uuid>","serverId":"<uuid>","category":null,"name":"talk","type":"text","topic":null,"instructions":null,"position":0}}"#);
    assert_eq!(plain.str_at("/channel/serverId"), server);
    let fields = json!({
        "name": "n".repeat(100), "category": "c".repeat(64), "type": "announcement", "topic": "t".repeat(1_024),
        "instructions": "i".repeat(4_000), "position": -7,
    });
    let channel = ada.create_channel(&server, &fields).await.expect(201).json()["channel"].clone();
    for (field, value) in fields.as_object().unwrap() {
        assert_eq!(&channel[field], value, "{field}");
    }
}

#[tokio::test]
async fn channels_are_listed_by_category_in_their_order() {
    // wire: moltchats.md#26-channels
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let server = ada.server("a server").await;
    for (name, category, position) in
        [("late", json!("work"), 9), ("first", json!("play"), -1), ("b", json!(null), 3), ("a", json!("work"), 3)]
    {
        let fields = json!({ "name": name, "category": category, "position": position });
        let _ = ada.create_channel(&server, &fields).await.expect(201);
    }
    // Who is no member may look before joining.
    let list = eve.get(&format!("/servers/{server}/channels")).await.expect(200);
    let channels = list.json()["channels"].clone();
    let named = |category: &str| super::support::each(&channels[category], "name").join(" ");
    assert_eq!(
        (named("play"), named("uncategorized"), named("work")),
        ("first".into(), "general b".into(), "a late".into())
    );
    let text = list.text();
    let at = |key: &str| text.find(&format!("\"{key}\":[")).expect("a key");
    assert!(at("play") < at("uncategorized") && at("uncategorized") < at("work"), "by first appearance: {text}");
    let flat = eve.get(&format!("/servers/{server}")).await.expect(200).json();
    assert_eq!(super::support::each(&flat["channels"], "name"), ["first", "general", "b", "a", "late"]);
}

#[tokio::test]
async fn a_server_without_channels_lists_none() {
    // wire: moltchats.md#26-channels
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (server, channel) = ada.server_and_channel("a server").await;
    let deleted = ada.delete(&format!("/channels/{channel}")).await.expect(200);
    assert_eq!(deleted.json(), json!({ "ok": true }));
    let list = ada.get(&format!("/servers/{server}/channels")).await.expect(200);
    assert_eq!(list.json(), json!({ "channels": {} }));
    assert_refused(&ada.get(&format!("/servers/{NO_ID}/channels")).await, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn what_no_channel_can_have_is_refused() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (server, channel) = ada.server_and_channel("a server").await;
    for (field, bad) in [
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("name", json!(null)),
        ("category", json!("x".repeat(65))),
        ("category", json!(7)),
        ("topic", json!("x".repeat(1_025))),
        ("type", json!("dm")),
        ("type", json!("voice")),
        ("type", json!(7)),
        ("instructions", json!("x".repeat(4_001))),
        ("position", json!(1.5)),
        ("position", json!("1")),
        ("position", json!(1e20)),
    ] {
        let mut fields = json!({ "name": "talk" });
        fields[field] = bad.clone();
        assert_disliked(&ada.create_channel(&server, &fields).await, field);
        assert_disliked(&ada.patch(&format!("/channels/{channel}"), &json!({ field: bad })).await, field);
    }
    assert_disliked(&ada.create_channel(&server, &json!({ "topic": "no name" })).await, "name");
}

#[tokio::test]
async fn only_those_who_run_a_server_open_change_and_delete_channels() {
    // wire: moltchats.md#26-channels
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    eve.joins(&server).await;
    for agent in [&eve, &kim] {
        assert_refused(&agent.create_channel(&server, &json!({ "name": "x" })).await, 403, "NOT_SERVER_ADMIN");
        assert_refused(&agent.patch(&format!("/channels/{channel}"), &json!({})).await, 403, "NOT_SERVER_ADMIN");
        assert_refused(&agent.delete(&format!("/channels/{channel}")).await, 403, "NOT_SERVER_ADMIN");
    }
    ada.makes(&server, "eve", "admin").await;
    let own = eve.channel(&server, "of-eve").await;
    let _ = eve.patch(&format!("/channels/{own}"), &json!({ "topic": "t" })).await.expect(200);
    let _ = eve.delete(&format!("/channels/{own}")).await.expect(200);
    assert_refused(&ada.create_channel(NO_ID, &json!({ "name": "x" })).await, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn a_channel_is_changed_field_by_field() {
    // wire: moltchats.md#26-channels
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (_, channel) = ada.server_and_channel("a server").await;
    let path = format!("/channels/{channel}");
    let unchanged = ada.patch(&path, &json!({})).await.expect(200);
    assert_eq!(unchanged.str_at("/channel/name"), "general");
    let fields = json!({
        "name": "talk", "category": "work", "type": "announcement", "topic": "t", "instructions": "i", "position": 4,
    });
    let changed = ada.patch(&path, &fields).await.expect(200).json()["channel"].clone();
    for (field, value) in fields.as_object().unwrap() {
        assert_eq!(&changed[field], value, "{field}");
    }
    for field in ["category", "topic", "instructions"] {
        let cleared = ada.patch(&path, &json!({ field: null })).await.expect(200);
        assert_eq!(cleared.json()["channel"][field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn a_deleted_channel_is_gone() {
    // wire: moltchats.md#26-channels
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (server, _) = ada.server_and_channel("a server").await;
    let channel = ada.channel(&server, "talk").await;
    let message = ada.says(&channel, "hello").await;
    let _ = ada.delete(&format!("/channels/{channel}")).await.expect(200);
    assert_refused(&ada.delete(&format!("/channels/{channel}")).await, 404, "CHANNEL_NOT_FOUND");
    assert_refused(&ada.patch(&format!("/channels/{channel}"), &json!({})).await, 404, "CHANNEL_NOT_FOUND");
    assert_refused(&ada.read(&channel, "").await, 404, "CHANNEL_NOT_FOUND");
    assert_refused(&ada.say(&channel, "hello?").await, 404, "CHANNEL_NOT_FOUND");
    assert_refused(&ada.delete(&format!("/messages/{message}/react/x")).await, 404, "MESSAGE_NOT_FOUND");
}

#[tokio::test]
async fn a_direct_channel_is_neither_changed_nor_deleted() {
    // wire: moltchats.md#26-channels
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = app.befriend(&ada, &eve).await;
    assert_refused(&ada.patch(&format!("/channels/{channel}"), &json!({ "name": "x" })).await, 400, "VALIDATION_ERROR");
    assert_refused(&ada.delete(&format!("/channels/{channel}")).await, 400, "VALIDATION_ERROR");
    let put = ada.put(&format!("/channels/{channel}/instructions"), &json!({ "instructions": "i" })).await;
    assert_refused(&put, 404, "CHANNEL_NOT_FOUND");
    let kim = app.molt("kim").await;
    let foreign = kim.patch(&format!("/channels/{channel}"), &json!({ "name": "x" })).await;
    assert!(matches!(foreign.status, 403 | 404) || foreign.code() == "VALIDATION_ERROR", "{foreign}");
}

#[tokio::test]
async fn a_server_has_at_most_100_channels() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (server, first) = ada.server_and_channel("a server").await;
    for index in 1..100 {
        if index % 50 == 0 {
            app.advance(super::support::A_MINUTE);
        }
        let _ = ada.channel(&server, &index.to_string()).await;
    }
    app.advance(super::support::A_MINUTE);
    let refused = ada.create_channel(&server, &json!({ "name": "one more" })).await;
    assert_refused(&refused, 400, "MAX_CHANNELS_REACHED");
    let _ = ada.delete(&format!("/channels/{first}")).await.expect(200);
    let _ = ada.channel(&server, "one more").await;
}
