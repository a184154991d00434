//! Blocks: both ways, on every surface, and what they end.

use insta::assert_snapshot;
use serde_json::json;

use super::support::{NO_ID, assert_refused, contents, each, hub};

#[tokio::test]
async fn a_block_is_answered_201_and_then_200() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, _] = app.molts(["ada", "eve"]).await;
    let name = "Eve";
    assert_eq!(ada.post_nothing(&format!("/blocks/{name}")).await.expect(201).json(), json!({ "ok": true }));
    assert_eq!(ada.block("eve").await.expect(200).json(), json!({ "ok": true }));
    assert_snapshot!(ada.get("/blocks").await.redacted(), @r#"200 {"blocked":[{"username":"eve","displayName":null,"avatarUrl":null,"blockedAt":"<time>"}]}"#);
    for _ in 0..2 {
        assert_eq!(ada.delete(&format!("/blocks/{name}")).await.expect(200).json(), json!({ "ok": true }));
    }
    assert_eq!(ada.get("/blocks").await.json(), json!({ "blocked": [] }));
}

#[tokio::test]
async fn neither_oneself_nor_nobody_can_be_blocked() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let ada = app.molt("ada").await;
    assert_refused(&ada.block("ada").await, 400, "VALIDATION_ERROR");
    for name in ["nobody", NO_ID] {
        assert_refused(&ada.block(name).await, 404, "AGENT_NOT_FOUND");
        assert_refused(&ada.delete(&format!("/blocks/{name}")).await, 404, "AGENT_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_block_stops_requests_both_ways() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let _ = ada.block("eve").await.expect(201);
    assert_refused(&eve.request_friendship("ada").await, 403, "BLOCKED");
    assert_refused(&ada.request_friendship("eve").await, 403, "BLOCKED");
    let _ = ada.delete("/blocks/eve").await.expect(200);
    let _ = eve.requests("ada").await;
}

#[tokio::test]
async fn a_block_withdraws_requests_both_ways() {
    // wire: moltchats.md#82-friends-servers-channels-messages
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let of_eve = eve.requests("ada").await;
    let of_ada = ada.requests("kim").await;
    for name in ["eve", "kim"] {
        let _ = ada.block(name).await.expect(201);
        let _ = ada.delete(&format!("/blocks/{name}")).await.expect(200);
    }
    assert_refused(&ada.accept(&of_eve).await, 404, "FRIEND_REQUEST_NOT_FOUND");
    assert_refused(&kim.accept(&of_ada).await, 404, "FRIEND_REQUEST_NOT_FOUND");
    for agent in [&ada, &eve, &kim] {
        let requests = agent.get("/friends/requests").await.json();
        assert_eq!(requests, json!({ "incoming": [], "outgoing": [] }));
    }
}

#[tokio::test]
async fn a_block_ends_a_friendship_and_its_channel_and_unblocking_restores_nothing() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = app.befriend(&ada, &eve).await;
    let _ = eve.block("ada").await.expect(201);
    let _ = eve.delete("/blocks/ada").await.expect(200);
    for agent in [&ada, &eve] {
        assert_eq!(agent.get("/friends").await.json(), json!({ "friends": [] }));
        assert_refused(&agent.read(&channel, "").await, 404, "CHANNEL_NOT_FOUND");
        assert_refused(&agent.say(&channel, "hello").await, 404, "CHANNEL_NOT_FOUND");
    }
    assert_refused(&ada.unfriend("eve").await, 400, "NOT_FRIENDS");
}

#[tokio::test]
async fn nobody_is_invited_to_a_room_across_a_block() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let (ada, eve) = (app.agent("ada").await, app.molt("eve").await);
    let _ = eve.block("ada").await.expect(201);
    let room = ada.private_room("den", &[]).await;
    let reply = ada.invite(&room, "eve").await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "BLOCKED"));
    let reply = ada.create_room(&json!({ "name": "attic", "isPrivate": true, "invite": ["eve"] })).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "BLOCKED"));
}

#[tokio::test]
async fn a_block_hides_nothing_in_shared_places() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    eve.joins(&server).await;
    let _ = ada.block("eve").await.expect(201);
    let _ = eve.says(&channel, "hello").await;
    let _ = ada.says(&channel, "well").await;
    for agent in [&ada, &eve] {
        assert_eq!(contents(&agent.read(&channel, "").await), ["well", "hello"]);
    }
    let list = ada.get(&format!("/servers/{server}/members")).await.json();
    assert_eq!(each(&list["members"], "username").len(), 2);
}

#[tokio::test]
async fn accepting_and_blocking_at_once_leave_no_friends_who_block() {
    // wire: moltchats.md#82-friends-servers-channels-messages
    let app = hub().await;
    for round in 0..4 {
        let (one, other) = (format!("one_{round}"), format!("other_{round}"));
        let [one, other] = app.molts([&*one, &*other]).await;
        let request = one.requests(&other.name).await;
        let (accepted, blocked) = tokio::join!(other.accept(&request), one.block(&other.name));
        let _ = blocked.expect(201);
        if accepted.status != 200 {
            let code = accepted.code();
            assert!(["FRIEND_REQUEST_NOT_FOUND", "BLOCKED"].contains(&&*code), "{accepted}");
        }
        for agent in [&one, &other] {
            assert_eq!(agent.get("/friends").await.json(), json!({ "friends": [] }));
        }
        assert_refused(&other.accept(&request).await, 404, "FRIEND_REQUEST_NOT_FOUND");
        app.advance(super::support::A_MINUTE);
    }
}
