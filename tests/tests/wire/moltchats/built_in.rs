//! The server that every hub has, whose channel is the lobby.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::MoltAgent;

use super::support::{assert_refused, contents, each, hub};

/// The ids of the built-in server and of its channel.
pub(crate) async fn lobby(agent: &MoltAgent) -> (String, String) {
    let list = agent.get("/agents/@me/servers").await.expect(200).json();
    for server in each(&list["servers"], "id") {
        let seen = agent.get(&format!("/servers/{server}")).await.expect(200).json();
        let channels = seen["channels"].as_array().expect("a list").iter();
        if let Some(channel) = channels.clone().find(|channel| channel["name"] == "lobby") {
            return (server.to_owned(), channel["id"].as_str().expect("an id").to_owned());
        }
    }
    panic!("every agent is a member of the server with the lobby: {list}");
}

#[tokio::test]
async fn every_agent_is_a_member_from_the_beginning() {
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (server, channel) = lobby(&ada).await;
    let seen = ada.get(&format!("/servers/{server}")).await.expect(200).json();
    assert_eq!((&seen["isPublic"], &seen["memberCount"]), (&json!(true), &json!(1)));
    let listed = ada.get("/servers").await.expect(200).json();
    assert!(each(&listed["servers"], "id").contains(&&*server), "{listed}");
    let _ = ada.says(&channel, "hello").await;
    let _ = app.agent("Eve").await;
    let list = ada.get(&format!("/servers/{server}/members")).await.expect(200).json();
    let mut names = each(&list["members"], "username");
    names.sort_unstable();
    assert_eq!(names, ["ada", "eve"], "its owner is in no list");
}

#[tokio::test]
async fn joining_it_changes_nothing_and_leaving_it_cannot_be() {
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (server, channel) = lobby(&ada).await;
    for _ in 0..2 {
        assert_eq!(ada.join(&server).await.expect(201).json(), json!({ "ok": true }));
    }
    assert_refused(&ada.leave(&server).await, 400, "VALIDATION_ERROR");
    assert_refused(&ada.delete(&format!("/servers/{server}/leave")).await, 400, "VALIDATION_ERROR");
    let _ = ada.says(&channel, "hello").await;
}

#[tokio::test]
async fn nobody_runs_it() {
    let app = hub().await;
    let [ada, _] = app.molts(["ada", "eve"]).await;
    let (server, channel) = lobby(&ada).await;
    let name = json!({ "name": "mine now" });
    assert_refused(&ada.patch(&format!("/servers/{server}"), &name).await, 403, "NOT_SERVER_OWNER");
    assert_refused(&ada.delete(&format!("/servers/{server}")).await, 403, "NOT_SERVER_OWNER");
    assert_refused(&ada.create_channel(&server, &name).await, 403, "NOT_SERVER_ADMIN");
    assert_refused(&ada.patch(&format!("/channels/{channel}"), &name).await, 403, "NOT_SERVER_ADMIN");
    assert_refused(&ada.delete(&format!("/channels/{channel}")).await, 403, "NOT_SERVER_ADMIN");
    let ban = json!({ "targetUsername": "eve" });
    assert_refused(&ada.post(&format!("/servers/{server}/ban"), &ban).await, 403, "NOT_SERVER_ADMIN");
    let invite = json!({ "username": "eve" });
    assert_refused(&ada.post(&format!("/servers/{server}/invites"), &invite).await, 403, "NOT_SERVER_ADMIN");
}

#[tokio::test]
async fn its_owner_can_be_neither_befriended_nor_blocked_nor_found() {
    let app = hub().await;
    let ada = app.molt("ada").await;
    for name in ["tertulia"] {
        assert_eq!(ada.request_friendship(name).await.status / 100, 4);
        assert_eq!(ada.block(name).await.status / 100, 4);
        let found = ada.get(&format!("/search?type=agents&q={name}")).await.expect(200).json();
        assert_eq!(found["results"], json!([]));
    }
}

#[tokio::test]
async fn the_lobbys_rules_hold_in_it() {
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = lobby(&ada).await.1;
    let link = ada.say(&channel, "see https://example.org/x").await;
    assert_refused(&link, 403, "FORBIDDEN");
    assert!(link.str_at("/message").to_lowercase().contains("verif"), "{link}");
    let _ = ada.says(&channel, "once").await;
    let again = ada.say(&channel, "twice").await;
    super::support::assert_limited(&app, &again, 1, 300);
    // One counter, whichever surface is used.
    assert_eq!(ada.elsewhere().say("thrice").await.expect(429).code(), "RATE_LIMITED");
    let _ = eve.elsewhere().says("hello").await;
    assert_refused(&eve.say(&channel, "hello again").await, 429, "RATE_LIMITED");
    app.advance(Duration::from_mins(5));
    let _ = ada.says(&channel, "later").await;
    assert_eq!(contents(&ada.read(&channel, "").await), ["later", "hello", "once"]);
}

#[tokio::test]
async fn the_lobbys_rules_are_told_over_the_gateway() {
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = lobby(&ada).await.1;
    let mut gateway = ada.gateway().await;
    gateway.subscribe(&[&channel]).await;
    gateway.say(&channel, "see https://example.org/x").await;
    let error = gateway.expect_error("HANDLER_ERROR").await;
    assert_eq!((&error["reason"], &error["channel"]), (&json!("FORBIDDEN"), &json!(channel)));
    let _ = gateway.says(&channel, "once").await;
    gateway.say(&channel, "twice").await;
    let error = gateway.expect_error("HANDLER_ERROR").await;
    assert_eq!((&error["reason"], &error["retryAfter"]), (&json!("RATE_LIMITED"), &json!(300)));
}

#[tokio::test]
async fn who_is_there_is_told_every_half_minute_and_not_in_between() {
    // wire: moltchats.md#35-presence-and-idle-rules
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (_, channel) = lobby(&ada).await;
    let mut adas = ada.gateway().await;
    adas.subscribe(&[&channel]).await;
    assert_eq!(adas.presence(&channel).await, [&*ada.id]);
    app.advance(Duration::from_secs(1));
    let mut eves = eve.gateway().await;
    eves.subscribe(&[&channel]).await;
    for _ in 0..5 {
        app.advance(Duration::from_secs(5));
        adas.send(&json!({ "op": "ping" })).await;
        assert_eq!(adas.next_op().await, json!({ "op": "pong" }));
    }
    app.advance(Duration::from_secs(4));
    assert_eq!(adas.presence(&channel).await.len(), 2);
}

#[tokio::test]
async fn texts_in_it_are_cleaned_as_in_the_lobby_and_up_to_4000_units_long() {
    let app = hub().await;
    let agents = app.molts(["ada", "eve", "kim"]).await;
    let channel = lobby(&agents[0]).await.1;
    assert_eq!(agents[0].say(&channel, "  one\r\ntwo  ").await.expect(201).str_at("/content"), "one\ntwo");
    let long = "x".repeat(4_000);
    assert_eq!(agents[1].say(&channel, &long).await.expect(201).str_at("/content"), long);
    assert_eq!(app.get("/api/messages").await.contents().last(), Some(&long));
    assert_refused(&agents[2].say(&channel, &"x".repeat(4_001)).await, 400, "MESSAGE_TOO_LONG");
    assert_refused(&agents[2].say(&channel, "  \n ").await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn observers_see_the_lobby() {
    // wire: moltchats.md#210-observers-humans-read-only
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (server, channel) = lobby(&ada).await;
    let _ = ada.says(&channel, "hello").await;
    let list = app.stranger().get("/observers/servers").await.expect(200).json();
    assert!(each(&list["servers"], "id").contains(&&*server), "{list}");
    let page = app.stranger().get(&format!("/observers/channels/{channel}/messages")).await.expect(200);
    assert_eq!(contents(&page), ["hello"]);
}
