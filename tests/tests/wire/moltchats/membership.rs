//! Joining, leaving, roles and invitations.

use serde_json::json;
use tertulia_testkit::{MoltAgent, TestApp};

use super::support::{NO_ID, assert_disliked, assert_refused, hub, members};

/// A private server of Ada's, with its first channel.
async fn closed(ada: &MoltAgent) -> (String, String) {
    let server = ada.private_server("closed").await;
    let channel = ada.general(&server).await;
    (server, channel)
}

async fn count(agent: &MoltAgent, server: &str) -> i64 {
    agent.get(&format!("/servers/{server}")).await.expect(200).json()["memberCount"].as_i64().expect("a number")
}

#[tokio::test]
async fn anybody_joins_a_public_server_once() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("open").await;
    assert_refused(&eve.say(&channel, "hello").await, 403, "NOT_SERVER_MEMBER");
    assert_eq!(eve.join(&server).await.expect(201).json(), json!({ "ok": true }));
    assert_eq!(count(&eve, &server).await, 2);
    let _ = eve.says(&channel, "hello").await;
    assert_refused(&eve.join(&server).await, 409, "ALREADY_MEMBER");
    assert_refused(&ada.join(&server).await, 409, "ALREADY_MEMBER");
    assert_refused(&eve.join(NO_ID).await, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn a_member_leaves_by_post_and_by_delete() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("open").await;
    for method in ["POST", "DELETE"] {
        eve.joins(&server).await;
        let left = eve.send(&eve.request(method, &format!("/servers/{server}/leave"))).await.expect(200);
        assert_eq!(left.json(), json!({ "ok": true }));
        assert_refused(&eve.say(&channel, "hello").await, 403, "NOT_SERVER_MEMBER");
        assert_refused(&eve.read(&channel, "").await, 403, "NOT_SERVER_MEMBER");
        assert_refused(&eve.leave(&server).await, 403, "NOT_SERVER_MEMBER");
    }
    let deleted = eve.delete(&format!("/servers/{server}/leave")).await;
    assert_refused(&deleted, 403, "NOT_SERVER_MEMBER");
    assert_eq!(count(&ada, &server).await, 1);
}

#[tokio::test]
async fn an_owner_cannot_leave() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let ada = app.molt("ada").await;
    let server = ada.server("open").await;
    assert_refused(&ada.leave(&server).await, 400, "VALIDATION_ERROR");
    assert_refused(&ada.delete(&format!("/servers/{server}/leave")).await, 400, "VALIDATION_ERROR");
    assert_refused(&ada.leave(NO_ID).await, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn a_server_is_full_at_500_members() {
    // wire: moltchats.md#82-friends-servers-channels-messages
    let app = TestApp::with(|config| {
        super::support::one_address(config);
        config.limits.requests_per_address = tertulia_core::Limit::Off;
    });
    let app = app.start().await;
    let ada = app.molt("ada").await;
    let server = ada.server("popular").await;
    for index in 1..500 {
        // A key of another surface is quicker to have.
        let member = app.agent(&format!("member_{index}")).await;
        let path = format!("/servers/{server}/join");
        let _ = app.stranger().with_token(&member.key).post_nothing(&path).await.expect(201);
    }
    let [eve, kim] = app.molts(["eve", "kim"]).await;
    let (one, other) = tokio::join!(eve.join(&server), kim.join(&server));
    assert_refused(&one, 403, "SERVER_FULL");
    assert_refused(&other, 403, "SERVER_FULL");
    assert_eq!(count(&ada, &server).await, 500);
}

#[tokio::test]
async fn a_private_server_is_not_there_for_whoever_was_not_invited() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = closed(&ada).await;
    let message = ada.says(&channel, "between us").await;
    for path in ["", "/channels", "/members"] {
        assert_refused(&eve.get(&format!("/servers/{server}{path}")).await, 404, "SERVER_NOT_FOUND");
    }
    assert_refused(&eve.join(&server).await, 404, "SERVER_NOT_FOUND");
    for path in ["", "/channels", "/members"] {
        let seen = app.stranger().get(&format!("/observers/servers/{server}{path}")).await;
        assert_refused(&seen, 404, "SERVER_NOT_FOUND");
    }
    assert_refused(&eve.read(&channel, "").await, 404, "CHANNEL_NOT_FOUND");
    assert_refused(&eve.say(&channel, "hello").await, 404, "CHANNEL_NOT_FOUND");
    assert_refused(&eve.react(&message, "x").await, 404, "MESSAGE_NOT_FOUND");
    let seen = app.stranger().get(&format!("/observers/channels/{channel}/messages")).await;
    assert_refused(&seen, 404, "CHANNEL_NOT_FOUND");
    assert_refused(&eve.patch(&format!("/servers/{server}"), &json!({ "name": "x" })).await, 404, "SERVER_NOT_FOUND");
    assert_refused(&eve.delete(&format!("/servers/{server}")).await, 404, "SERVER_NOT_FOUND");
    assert_refused(&eve.leave(&server).await, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn whoever_is_invited_sees_a_private_server_and_may_join_it() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = closed(&ada).await;
    let body = json!({ "username": "Eve" });
    let invited = ada.post(&format!("/servers/{server}/invites"), &body).await.expect(201);
    assert_eq!(invited.json(), json!({ "ok": true }));
    for path in ["", "/channels", "/members"] {
        let _ = eve.get(&format!("/servers/{server}{path}")).await.expect(200);
    }
    eve.joins(&server).await;
    let _ = eve.says(&channel, "hello").await;
    let _ = eve.leave(&server).await.expect(200);
    assert_refused(&eve.get(&format!("/servers/{server}")).await, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn an_invitation_can_be_withdrawn() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, _) = closed(&ada).await;
    ada.invites(&server, "eve").await;
    let name = "Eve";
    let withdrawn = ada.delete(&format!("/servers/{server}/invites/{name}")).await.expect(200);
    assert_eq!(withdrawn.json(), json!({ "ok": true }));
    assert_refused(&eve.join(&server).await, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn only_those_who_run_a_server_invite() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let (server, _) = closed(&ada).await;
    ada.invites(&server, "eve").await;
    eve.joins(&server).await;
    let path = format!("/servers/{server}/invites");
    assert_refused(&eve.post(&path, &json!({ "username": "kim" })).await, 403, "NOT_SERVER_ADMIN");
    assert_refused(&eve.delete(&format!("{path}/kim")).await, 403, "NOT_SERVER_ADMIN");
    ada.makes(&server, "eve", "admin").await;
    eve.invites(&server, "kim").await;
    kim.joins(&server).await;
    assert_refused(&ada.post(&path, &json!({ "username": "nobody" })).await, 404, "AGENT_NOT_FOUND");
    assert_disliked(&ada.post(&path, &json!({})).await, "username");
    assert_disliked(&ada.post(&path, &json!({ "username": 7 })).await, "username");
}

#[tokio::test]
async fn whoever_is_blocked_is_not_invited() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, _) = closed(&ada).await;
    let _ = eve.block("ada").await.expect(201);
    let path = format!("/servers/{server}/invites");
    let reply = ada.post(&path, &json!({ "username": "eve" })).await;
    assert_refused(&reply, 403, "BLOCKED");
    assert_refused(&eve.join(&server).await, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn members_are_listed_with_their_roles() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let server = ada.server("open").await;
    app.advance(std::time::Duration::from_secs(1));
    eve.joins(&server).await;
    ada.makes(&server, "eve", "admin").await;
    for agent in [&ada, &eve, &kim] {
        let list = agent.get(&format!("/servers/{server}/members")).await.expect(200).json();
        let listed = list["members"].as_array().unwrap();
        assert_eq!(
            members(&listed[0]),
            ["agentId", "avatarUrl", "displayName", "joinedAt", "presence", "role", "trustTier", "username"]
        );
        let role = |name: &str| listed.iter().find(|member| member["username"] == name).map(|member| &member["role"]);
        assert_eq!((role("ada"), role("eve"), role("kim")), (Some(&json!("owner")), Some(&json!("admin")), None));
    }
}

#[tokio::test]
async fn its_owner_gives_and_takes_roles() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let server = ada.server("open").await;
    eve.joins(&server).await;
    let name = "eve";
    let path = format!("/servers/{server}/members/{name}");
    let made = ada.put(&format!("/servers/{server}/members/{name}"), &json!({ "role": "admin" })).await.expect(200);
    assert_eq!(made.json(), json!({ "ok": true }));
    let _ = eve.channel(&server, "of-eve").await;
    assert_refused(&eve.put(&path, &json!({ "role": "member" })).await, 403, "NOT_SERVER_OWNER");
    assert_refused(&kim.put(&path, &json!({ "role": "member" })).await, 403, "NOT_SERVER_OWNER");
    let _ = ada.put(&path, &json!({ "role": "member" })).await.expect(200);
    assert_refused(&eve.create_channel(&server, &json!({ "name": "x" })).await, 403, "NOT_SERVER_ADMIN");
    let stranger = ada.put(&format!("/servers/{server}/members/kim"), &json!({ "role": "admin" })).await;
    assert_refused(&stranger, 403, "NOT_SERVER_MEMBER");
    for bad in [json!("owner"), json!("king"), json!(7), json!(null)] {
        assert_disliked(&ada.put(&path, &json!({ "role": bad })).await, "role");
    }
    let own = ada.put(&format!("/servers/{server}/members/ada"), &json!({ "role": "member" })).await;
    assert_eq!(own.status / 100, 4, "a server keeps its owner: {own}");
}
