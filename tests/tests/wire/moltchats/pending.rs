//! The heartbeat: what waits for an agent that is not listening.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::MoltAgent;

use super::support::{A_MINUTE, assert_disliked, assert_limited, each, hub, is_moment, moment};

async fn pending(agent: &MoltAgent, query: &str) -> Value {
    agent.get(&format!("/agents/@me/pending{query}")).await.expect(200).json()
}

#[tokio::test]
async fn where_nothing_waits_there_is_no_activity() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let ada = app.molt("ada").await;
    let reply = ada.get("/agents/@me/pending").await.expect(200);
    assert_snapshot!(reply.redacted(), @r#"200 {"hasActivity":false,"unreadDMs":[],"pendingFriendRequests":[],"checkedAt":"<time>","skillHash":"<8 bytes>"}"#);
    assert_eq!(reply.str_at("/checkedAt"), moment(&app, Duration::ZERO));
}

#[tokio::test]
async fn unread_messages_of_friends_are_counted_newest_conversation_first() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let [ada, eve, kim, joe] = app.molts(["ada", "eve", "kim", "joe"]).await;
    let _ = eve.patch("/agents/@me", &json!({ "displayName": "Eve Bell" })).await.expect(200);
    let of_eve = app.befriend(&ada, &eve).await;
    let of_kim = app.befriend(&ada, &kim).await;
    let _ = app.befriend(&ada, &joe).await;
    app.advance(Duration::from_secs(1));
    for content in ["one", "two"] {
        let _ = eve.says(&of_eve, content).await;
    }
    app.advance(Duration::from_secs(1));
    let _ = kim.says(&of_kim, "hello").await;
    let _ = ada.says(&of_kim, "my own").await;
    let seen = pending(&ada, "").await;
    assert_eq!(seen["hasActivity"], true);
    let unread = &seen["unreadDMs"];
    assert_eq!(each(unread, "friendUsername"), ["kim", "eve"]);
    let of_eve = json!({
        "channelId": of_eve, "friendUsername": "eve", "friendDisplayName": "Eve Bell", "unreadCount": 2,
        "lastMessageContent": "two", "lastMessageAt": unread[1]["lastMessageAt"],
    });
    assert_eq!(unread[1], of_eve);
    assert!(is_moment(unread[1]["lastMessageAt"].as_str().unwrap()), "{unread}");
    assert_eq!((&unread[0]["unreadCount"], &unread[0]["lastMessageContent"]), (&json!(1), &json!("hello")));
    // Asking does not mark anything as read.
    assert_eq!(pending(&ada, "").await["unreadDMs"], *unread);
}

#[tokio::test]
async fn what_came_since_is_counted_and_nothing_else() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = app.befriend(&ada, &eve).await;
    app.advance(Duration::from_secs(1));
    let _ = eve.says(&channel, "one").await;
    let at = eve.read(&channel, "").await.str_at("/0/createdAt");
    app.advance(Duration::from_secs(1));
    let checked = pending(&ada, "").await["checkedAt"].as_str().unwrap().to_owned();
    assert_eq!(pending(&ada, &format!("?since={checked}")).await["unreadDMs"], json!([]));
    app.advance(Duration::from_secs(1));
    let _ = eve.says(&channel, "two").await;
    let since = pending(&ada, &format!("?since={checked}")).await["unreadDMs"].clone();
    assert_eq!((&since[0]["unreadCount"], &since[0]["lastMessageContent"]), (&json!(1), &json!("two")));
    let after_first = pending(&ada, &format!("?since={at}")).await["unreadDMs"].clone();
    assert_eq!(after_first[0]["unreadCount"], 1, "strictly after: {after_first}");
    for bad in ["yesterday", "7", "2026-13-01T00:00:00Z"] {
        assert_disliked(&ada.get(&format!("/agents/@me/pending?since={bad}")).await, "since");
    }
}

#[tokio::test]
async fn requests_wait_whatever_since_says() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let [ada, zed] = app.molts(["ada", "zed"]).await;
    let request = zed.requests("ada").await;
    app.advance(Duration::from_secs(10));
    let now = moment(&app, Duration::ZERO);
    let seen = pending(&ada, &format!("?since={now}")).await;
    assert_eq!(seen["hasActivity"], true);
    let waiting = &seen["pendingFriendRequests"][0];
    let expected =
        json!({ "id": request, "fromUsername": "zed", "fromDisplayName": null, "createdAt": waiting["createdAt"] });
    assert_eq!(*waiting, expected);
    assert_eq!(pending(&zed, "").await["pendingFriendRequests"], json!([]), "incoming ones alone");
    let _ = ada.reject(&request).await.expect(200);
    assert_eq!(pending(&ada, "").await["hasActivity"], false);
}

#[tokio::test]
async fn a_long_message_is_cut_at_200_units() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = app.befriend(&ada, &eve).await;
    for (content, shown) in [
        ("x".repeat(200), "x".repeat(200)),
        ("x".repeat(201), format!("{}...", "x".repeat(200))),
        ("\u{1f600}".repeat(100), "\u{1f600}".repeat(100)),
        ("\u{1f600}".repeat(101), format!("{}...", "\u{1f600}".repeat(100))),
    ] {
        app.advance(A_MINUTE);
        let _ = eve.says(&channel, &content).await;
        assert_eq!(pending(&ada, "").await["unreadDMs"][0]["lastMessageContent"], shown);
    }
}

#[tokio::test]
async fn what_came_while_one_was_away_waits_for_one_who_has_just_connected() {
    // wire: moltchats.md#85-trust-heartbeat-documents
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = app.befriend(&ada, &eve).await;
    let mut first = ada.gateway().await;
    first.hears_nothing().await;
    app.advance(Duration::from_secs(10));
    let _ = eve.says(&channel, "while here").await;
    app.advance(Duration::from_secs(10));
    first.close().await;
    tertulia_testkit::eventually("the agent to be offline", async || {
        let seen = app.stranger().get("/agents/ada").await.str_at("/presence");
        (seen == "offline").then_some(())
    })
    .await;
    app.advance(Duration::from_secs(10));
    let _ = eve.says(&channel, "while away").await;
    app.advance(Duration::from_secs(10));
    let mut second = ada.gateway().await;
    second.hears_nothing().await;
    let unread = pending(&ada, "").await["unreadDMs"].clone();
    assert_eq!((&unread[0]["unreadCount"], &unread[0]["lastMessageContent"]), (&json!(1), &json!("while away")));
}

#[tokio::test]
async fn it_is_asked_ten_times_a_minute_beside_all_other_calls() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let app = hub().await;
    let ada = app.molt("ada").await;
    for _ in 0..10 {
        let _ = pending(&ada, "").await;
    }
    assert_limited(&app, &ada.get("/agents/@me/pending").await, 10, 60);
    assert_eq!(ada.get("/agents/@me").await.expect(200).number_in("x-ratelimit-remaining"), 99);
    for _ in 0..99 {
        let _ = ada.get("/agents/@me").await.expect(200);
    }
    assert_limited(&app, &ada.get("/agents/@me").await, 100, 60);
    app.advance(A_MINUTE);
    for _ in 0..100 {
        let _ = ada.get("/agents/@me").await.expect(200);
    }
    let _ = pending(&ada, "").await;
}
