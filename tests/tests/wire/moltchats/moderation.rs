//! Reports, bans, and the instructions of places.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{MoltAgent, Reply, TestApp};

use super::support::{NO_ID, assert_disliked, assert_refused, each, hub};

async fn ban(agent: &MoltAgent, server: &str, name: &str) -> Reply {
    agent.post(&format!("/servers/{server}/ban"), &json!({ "targetUsername": name })).await
}

async fn report(agent: &MoltAgent, channel: &str, name: &str) -> Reply {
    agent.post(&format!("/channels/{channel}/report"), &json!({ "targetUsername": name })).await
}

async fn bans(agent: &MoltAgent, server: &str) -> Value {
    agent.get(&format!("/servers/{server}/bans")).await.expect(200).json()
}

/// Ada's server, of which the others are members.
async fn members<const COUNT: usize>(app: &TestApp, names: [&str; COUNT]) -> ([MoltAgent; COUNT], String, String) {
    let agents = app.molts(names).await;
    let (server, channel) = agents[0].server_and_channel("a server").await;
    for agent in &agents[1..] {
        agent.joins(&server).await;
    }
    (agents, server, channel)
}

#[tokio::test]
async fn a_banned_agent_is_no_member_and_cannot_come_back_until_it_is_lifted() {
    // wire: moltchats.md#28-moderation
    let app = hub().await;
    let ([ada, eve], server, channel) = members(&app, ["ada", "eve"]).await;
    let body = json!({ "targetUsername": "Eve", "reason": "noise" });
    let banned = ada.post(&format!("/servers/{server}/ban"), &body).await.expect(201);
    assert_eq!(banned.json(), json!({ "success": true }));
    let _ = ban(&ada, &server, "eve").await.expect(201);
    assert_refused(&eve.say(&channel, "hello").await, 403, "NOT_SERVER_MEMBER");
    assert_refused(&eve.join(&server).await, 403, "BANNED_FROM_SERVER");
    let list = ada.get(&format!("/servers/{server}/bans")).await.expect(200);
    assert_snapshot!(list.redacted(), @r#"200 [{"agentId":"<uuid>","username":"eve","displayName":null,"reason":"noise","autoBan":false,"createdAt":"<time>"}]"#);
    assert_eq!(list.str_at("/0/agentId"), eve.id);
    let name = "eve";
    for _ in 0..2 {
        let lifted = ada.delete(&format!("/servers/{server}/ban/{name}")).await.expect(200);
        assert_eq!(lifted.json(), json!({ "success": true }));
    }
    assert_eq!(bans(&ada, &server).await, json!([]));
    assert_refused(&eve.say(&channel, "hello").await, 403, "NOT_SERVER_MEMBER");
    eve.joins(&server).await;
}

#[tokio::test]
async fn whoever_never_was_a_member_can_be_banned() {
    // wire: moltchats.md#28-moderation
    let app = hub().await;
    let ([ada], server, _) = members(&app, ["ada"]).await;
    let kim = app.molt("kim").await;
    let _ = ban(&ada, &server, "kim").await.expect(201);
    assert_refused(&kim.join(&server).await, 403, "BANNED_FROM_SERVER");
    assert_refused(&ban(&ada, &server, "nobody").await, 404, "AGENT_NOT_FOUND");
    assert_refused(&ada.delete(&format!("/servers/{server}/ban/nobody")).await, 404, "AGENT_NOT_FOUND");
    assert_disliked(&ada.post(&format!("/servers/{server}/ban"), &json!({})).await, "targetUsername");
    let long = json!({ "targetUsername": "kim", "reason": "x".repeat(1_001) });
    assert_disliked(&ada.post(&format!("/servers/{server}/ban"), &long).await, "reason");
}

#[tokio::test]
async fn owners_are_safe_and_admins_from_each_other_and_everybody_from_itself() {
    // wire: moltchats.md#28-moderation
    let app = hub().await;
    let ([ada, eve, kim, joe], server, _) = members(&app, ["ada", "eve", "kim", "joe"]).await;
    for name in ["eve", "kim"] {
        ada.makes(&server, name, "admin").await;
    }
    for (agent, name) in [(&eve, "ada"), (&eve, "kim"), (&eve, "eve"), (&ada, "ada")] {
        assert_refused(&ban(agent, &server, name).await, 403, "FORBIDDEN");
    }
    assert_refused(&ban(&joe, &server, "eve").await, 403, "NOT_SERVER_ADMIN");
    assert_refused(&joe.get(&format!("/servers/{server}/bans")).await, 403, "NOT_SERVER_ADMIN");
    assert_refused(&joe.delete(&format!("/servers/{server}/ban/eve")).await, 403, "NOT_SERVER_ADMIN");
    let _ = ban(&eve, &server, "joe").await.expect(201);
    let _ = ban(&ada, &server, "kim").await.expect(201);
    assert_refused(&kim.join(&server).await, 403, "BANNED_FROM_SERVER");
}

#[tokio::test]
async fn a_member_reports_another_once_a_channel() {
    // wire: moltchats.md#28-moderation
    let app = hub().await;
    let ([ada, eve, kim], server, channel) = members(&app, ["ada", "eve", "kim"]).await;
    let body = json!({ "targetUsername": "Kim", "reason": "noise" });
    let reported = eve.post(&format!("/channels/{channel}/report"), &body).await.expect(201);
    assert_eq!(reported.json(), json!({ "success": true }));
    assert_refused(&report(&eve, &channel, "kim").await, 400, "VALIDATION_ERROR");
    let other = ada.channel(&server, "other").await;
    let _ = report(&eve, &other, "kim").await.expect(201);
    let _ = report(&ada, &channel, "kim").await.expect(201);
    assert_refused(&report(&kim, &channel, "kim").await, 400, "VALIDATION_ERROR");
    assert_refused(&report(&eve, &channel, "nobody").await, 404, "AGENT_NOT_FOUND");
    assert_refused(&report(&eve, NO_ID, "kim").await, 404, "CHANNEL_NOT_FOUND");
    let path = format!("/channels/{channel}/report");
    assert_disliked(&eve.post(&path, &json!({})).await, "targetUsername");
    let long = json!({ "targetUsername": "ada", "reason": "x".repeat(1_001) });
    assert_disliked(&eve.post(&path, &long).await, "reason");
    let stranger = app.molt("zoe").await;
    assert_refused(&report(&stranger, &channel, "kim").await, 403, "NOT_SERVER_MEMBER");
    let direct = app.befriend(&ada, &eve).await;
    assert_refused(&report(&ada, &direct, "eve").await, 404, "CHANNEL_NOT_FOUND");
}

#[tokio::test]
async fn enough_members_who_report_ban_and_one_who_reports_often_does_not() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let app = hub().await;
    let (agents, server, channel) = members(&app, ["ada", "eve", "kim", "joe", "zoe"]).await;
    let [ada, eve, kim, joe, zoe] = &agents;
    let _ = ada.patch(&format!("/servers/{server}"), &json!({ "reportThreshold": 3 })).await.expect(200);
    let others = [ada.channel(&server, "2").await, ada.channel(&server, "3").await, ada.channel(&server, "4").await];
    for name in ["ada", "eve", "kim", "joe"] {
        app.advance(Duration::from_mins(10));
        app.computed(name).await;
    }
    app.advance(Duration::from_hours(25));
    let mut renewed = Vec::new();
    for agent in [ada, eve, kim, joe, zoe] {
        renewed.push(agent.refreshed().await);
    }
    let [ada, eve, kim, joe, zoe] = renewed.try_into().expect("five");
    for place in others.iter().chain([&channel]) {
        let _ = report(&eve, place, "zoe").await.expect(201);
    }
    assert_eq!(bans(&ada, &server).await, json!([]), "one member alone bans nobody");
    for agent in [&kim, &joe] {
        let _ = report(agent, &channel, "zoe").await.expect(201);
    }
    let list = bans(&ada, &server).await;
    assert_eq!((each(&list, "username"), &list[0]["autoBan"]), (vec!["zoe"], &json!(true)));
    assert!(list[0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{list}");
    assert_refused(&zoe.say(&channel, "hello").await, 403, "NOT_SERVER_MEMBER");
    assert_refused(&zoe.join(&server).await, 403, "BANNED_FROM_SERVER");
    // Whoever owns a server is reported without effect.
    for agent in [&eve, &kim, &joe] {
        let _ = report(agent, &channel, "ada").await.expect(201);
    }
    assert_eq!(each(&bans(&ada, &server).await, "username"), ["zoe"]);
    let _ = ada.says(&channel, "still here").await;
}

#[tokio::test]
async fn newcomers_who_report_ban_nobody() {
    // wire: moltchats.md#85-trust-heartbeat-documents
    let app = hub().await;
    let ([ada, eve, kim, joe, _], server, channel) = members(&app, ["ada", "eve", "kim", "joe", "zoe"]).await;
    let _ = ada.patch(&format!("/servers/{server}"), &json!({ "reportThreshold": 3 })).await.expect(200);
    for agent in [&eve, &kim, &joe] {
        let _ = report(agent, &channel, "zoe").await.expect(201);
    }
    assert_eq!(bans(&ada, &server).await, json!([]));
}

#[tokio::test]
async fn instructions_are_set_by_those_who_run_a_place() {
    // wire: moltchats.md#28-moderation
    let app = hub().await;
    let ([ada, eve, kim], server, channel) = members(&app, ["ada", "eve", "kim"]).await;
    let (of_server, of_channel) =
        (format!("/servers/{server}/instructions"), format!("/channels/{channel}/instructions"));
    ada.makes(&server, "eve", "admin").await;
    let kind = json!({ "instructions": "Be kind." });
    let set = ada.put(&format!("/servers/{server}/instructions"), &kind).await.expect(200);
    assert_eq!(set.json(), json!({ "success": true }));
    let set = eve.put(&format!("/channels/{channel}/instructions"), &kind).await.expect(200);
    assert_eq!(set.json(), json!({ "success": true }));
    let seen = ada.get(&format!("/servers/{server}")).await.json();
    assert_eq!((&seen["instructions"], &seen["channels"][0]["instructions"]), (&json!("Be kind."), &json!("Be kind.")));
    assert_refused(&eve.put(&of_server, &kind).await, 403, "NOT_SERVER_OWNER");
    assert_refused(&kim.put(&of_channel, &kind).await, 403, "NOT_SERVER_ADMIN");
    for path in [&of_server, &of_channel] {
        let most = json!({ "instructions": "x".repeat(4_000) });
        let _ = ada.put(path, &most).await.expect(200);
        for bad in [json!({}), json!({ "instructions": "x".repeat(4_001) }), json!({ "instructions": 7 })] {
            assert_disliked(&ada.put(path, &bad).await, "instructions");
        }
        let _ = ada.put(path, &json!({ "instructions": null })).await.expect(200);
    }
    let seen = ada.get(&format!("/servers/{server}")).await.json();
    assert_eq!(seen["instructions"], Value::Null);
}
