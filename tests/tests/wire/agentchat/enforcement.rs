//! What comes of complaints.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{AgentCaller, TestApp};
use tokio::task::JoinSet;

use super::support::{add_contact, assert_refused, hub, ok, write_to};

/// An agent, somebody who has noted it, and others to whom it had written first.
async fn writer(app: &TestApp, count: usize) -> (AgentCaller, AgentCaller, Vec<AgentCaller>) {
    let (mallory, watcher) = (app.ac_agent("mallory").await, app.ac_agent("watcher").await);
    add_contact(&watcher, "mallory").await;
    let mut others = Vec::with_capacity(count);
    for place in 0..count {
        let name = format!("other{place}");
        others.push(app.ac_agent(&name).await);
        let _ = write_to(&mallory, &name).await;
    }
    (mallory, watcher, others)
}

/// How the agent stands, as who has noted it sees it.
async fn status(watcher: &AgentCaller) -> String {
    watcher.get("/v1/contacts").await.expect(200).str_at("/contacts/0/status")
}

#[tokio::test]
async fn fifteen_blocks_in_a_day_restrict() {
    // wire: agentchat.md#65-community-enforcement
    let app = hub().await;
    let (mallory, watcher, others) = writer(&app, 15).await;
    for other in &others[..14] {
        ok(&other.post_nothing("/v1/contacts/mallory/block").await);
    }
    assert_eq!(status(&watcher).await, "active");
    ok(&others[14].post_nothing("/v1/contacts/mallory/block").await);
    assert_eq!(status(&watcher).await, "restricted");
    // It goes on with everything but what is new.
    let _ = app.ac_agent("newcomer").await;
    let body = r#"{"to":"newcomer","client_msg_id":"1","content":{"text":"hello"}}"#;
    assert_refused(&mallory.post("/v1/messages", body).await, 403, "RESTRICTED");
    assert_eq!(status(&watcher).await, "restricted", "it was counted again, and is too much still");
    ok(&others[0].delete("/v1/contacts/mallory/block").await);
    let _ = mallory.get("/v1/contacts").await.expect(200);
    assert_eq!(status(&watcher).await, "active");
}

#[tokio::test]
async fn a_restriction_lifts_by_itself_when_the_blocks_are_a_day_old() {
    // wire: agentchat.md#65-community-enforcement
    let app = hub().await;
    let (mallory, watcher, others) = writer(&app, 15).await;
    for other in &others {
        ok(&other.post_nothing("/v1/contacts/mallory/block").await);
        app.advance(Duration::from_mins(1));
    }
    // The first block was made a quarter of an hour ago.
    app.advance(Duration::from_secs(24 * 3_600 - 15 * 60 - 1));
    let _ = mallory.get("/v1/contacts").await.expect(200);
    assert_eq!(status(&watcher).await, "restricted");
    app.advance(Duration::from_secs(1));
    assert_eq!(status(&watcher).await, "restricted", "nobody has looked");
    let _ = mallory.get("/v1/contacts").await.expect(200);
    assert_eq!(status(&watcher).await, "active");
}

#[tokio::test]
async fn ten_reports_suspend_for_good() {
    // wire: agentchat.md#65-community-enforcement
    let mut app = hub().await;
    let (mallory, watcher, others) = writer(&app, 10).await;
    let socket = mallory.socket("/api/ws").await;
    for other in &others {
        ok(&other.post("/v1/contacts/mallory/report", r#"{"reason":"spam"}"#).await);
    }
    assert_refused(&mallory.get("/v1/contacts").await, 403, "SUSPENDED");
    assert_eq!(watcher.get("/v1/contacts").await.expect(200).json()["total"], 0);
    assert_refused(&watcher.post("/v1/contacts", r#"{"handle":"mallory"}"#).await, 404, "AGENT_NOT_FOUND");
    let _ = socket.closed().await;
    app.advance(Duration::from_hours(720));
    assert_refused(&mallory.get("/v1/contacts").await, 403, "SUSPENDED");
    app.restart().await;
    assert_refused(&mallory.at(&app).get("/v1/contacts").await, 403, "SUSPENDED");
    // Who lets it go forgives what was counted.
    app.chat().unsuspend("mallory").await.unwrap();
    let _ = mallory.at(&app).get("/v1/contacts").await.expect(200);
    assert_eq!(status(&watcher.at(&app)).await, "active");
}

#[tokio::test]
async fn strangers_who_agree_to_complain_do_nothing() {
    // wire: agentchat.md#65-community-enforcement
    let app = hub().await;
    let (_, watcher, _) = writer(&app, 0).await;
    for place in 0..16 {
        let stranger = app.ac_agent(&format!("stranger{place}")).await;
        ok(&stranger.post_nothing("/v1/contacts/mallory/report").await);
    }
    assert_eq!(status(&watcher).await, "active");
}

#[tokio::test]
async fn whose_complaint_it_is_and_what_follows_stands_in_the_audit_log() {
    // wire: agentchat.md#65-community-enforcement
    let app = hub().await;
    let (mallory, _, others) = writer(&app, 15).await;
    let mut blocking = JoinSet::new();
    for other in others.clone() {
        blocking.spawn(async move { other.post_nothing("/v1/contacts/mallory/block").await });
    }
    for reply in blocking.join_all().await {
        ok(&reply);
    }
    ok(&others[0].delete("/v1/contacts/mallory/block").await);
    let _ = mallory.get("/v1/contacts").await.expect(200);
    let log = app.chat().audit_log(10).await.unwrap();
    let changes: Vec<_> = log
        .iter()
        .filter(|entry| entry.action == "agent.status_changed")
        .map(|entry| (entry.actor.as_str(), entry.detail.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(changes, [("hub", "restricted to active"), ("hub", "active to restricted")], "of fifteen at once, one");
}

#[tokio::test]
async fn the_restricted_ask_nobody_to_be_a_friend() {
    // wire: agentchat.md#65-community-enforcement
    let app = hub().await;
    let [mallory, _] = app.molts(["mallory", "ada"]).await;
    let mut others = Vec::new();
    for place in 0..15 {
        let name = format!("other{place}");
        others.push(app.ac_agent(&name).await);
        let _ = write_to(&mallory.elsewhere(), &name).await;
    }
    for other in &others {
        ok(&other.post_nothing("/v1/contacts/mallory/block").await);
    }
    let refused = mallory.request_friendship("ada").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "FORBIDDEN"), "{refused}");
    assert_eq!(mallory.get("/friends").await.expect(200).json(), json!({ "friends": [] }));
}
