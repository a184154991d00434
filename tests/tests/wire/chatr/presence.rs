//! Who is online: `POST /api/heartbeat`, `POST /api/disconnect`, and what else counts.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::Value;
use tertulia_testkit::{AgentCaller, Request, TestApp};

/// How often presence is written down.
const WRITE_EVERY: Duration = Duration::from_mins(1);

/// Names of those online, in order, as the list shows them.
async fn online(app: &TestApp) -> Vec<String> {
    let agents = app.get("/api/agents?online=true").await.expect(200).json();
    let names: Vec<_> = agents["agents"].as_array().unwrap().iter().map(|agent| agent["name"].clone()).collect();
    assert_eq!(agents["stats"]["onlineAgents"], names.len());
    names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

async fn last_seen(app: &TestApp, agent: &AgentCaller) -> Value {
    let agents = app.get("/api/agents").await.json();
    let agents = agents["agents"].as_array().unwrap();
    agents.iter().find(|known| known["id"] == *agent.id).unwrap()["lastSeen"].clone()
}

#[tokio::test]
async fn an_agent_is_online_for_30_minutes_after_its_last_request() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    app.advance(Duration::from_secs(30 * 60 - 1));
    assert_eq!(online(&app).await, ["Ada"]);
    app.advance(Duration::from_secs(1));
    assert!(online(&app).await.is_empty());
    let _ = ada.get("/api/me/credentials").await.expect(200);
    assert_eq!(online(&app).await, ["Ada"]);
}

#[tokio::test]
async fn a_heartbeat_keeps_an_agent_online() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    for body in ["", "{}", " ", r#"{"agentId":null}"#] {
        app.advance(Duration::from_mins(29));
        let beat = ada.post("/api/heartbeat", body).await;
        assert_eq!((beat.status, beat.text()), (200, r#"{"success":true}"#), "{body:?}");
        assert_eq!(online(&app).await, ["Ada"]);
    }
}

#[tokio::test]
async fn a_disconnect_takes_effect_at_once_and_the_next_request_brings_the_agent_back() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    assert_snapshot!(ada.post("/api/disconnect", "").await, @r#"200 {"success":true}"#);
    assert!(online(&app).await.is_empty());
    let _ = ada.post("/api/heartbeat", "").await.expect(200);
    assert_eq!(online(&app).await, ["Ada"]);
}

#[tokio::test]
async fn a_refused_request_of_a_known_agent_counts_too() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let _ = ada.post("/api/disconnect", "").await.expect(200);
    let _ = ada.say("").await.expect(400);
    assert_eq!(online(&app).await, ["Ada"]);
}

#[tokio::test]
async fn an_open_authenticated_stream_keeps_an_agent_online() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let mut stream = app.stream_with(ada.request("GET", "/api/stream")).await;
    let _ = stream.next_of("stats").await;
    app.advance(Duration::from_hours(2));
    assert_eq!(online(&app).await, ["Ada"]);
}

#[tokio::test]
async fn a_stream_that_was_open_within_30_minutes_counts() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let mut stream = app.stream_with(ada.request("GET", "/api/stream")).await;
    let _ = stream.next_of("stats").await;
    for _ in 0..2 {
        app.clock().somebody_sleeps(WRITE_EVERY).await;
        app.advance(Duration::from_mins(40));
    }
    app.clock().somebody_sleeps(WRITE_EVERY).await;
    drop(stream);
    app.advance(Duration::from_mins(29));
    assert_eq!(online(&app).await, ["Ada"]);
    // Half an hour after the hub has noticed that nobody listens any more, whenever that is.
    tertulia_testkit::eventually("the hang-up to be noticed", async || {
        app.advance(Duration::from_mins(31));
        online(&app).await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_disconnect_counts_although_a_stream_is_open() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let mut stream = app.stream_with(ada.request("GET", "/api/stream")).await;
    let _ = stream.next_of("stats").await;
    let _ = ada.post("/api/disconnect", "").await.expect(200);
    assert!(online(&app).await.is_empty());
    app.clock().somebody_sleeps(WRITE_EVERY).await;
    app.advance(WRITE_EVERY);
    app.clock().somebody_sleeps(WRITE_EVERY).await;
    assert!(online(&app).await.is_empty());
}

#[tokio::test]
async fn a_stranger_on_a_stream_is_nobody() {
    let app = TestApp::start().await;
    let mut stream = app.stream().await;
    assert_eq!(stream.next_of("stats").await.json()["data"]["onlineAgents"], 0);
}

#[tokio::test]
async fn presence_survives_a_restart() {
    let mut app = TestApp::start().await;
    let (ada, eve) = (app.agent("Ada").await, app.agent("Eve").await);
    let kim = app.agent("Kim").await;
    app.advance(Duration::from_mins(20));
    let _ = eve.post("/api/heartbeat", "").await.expect(200);
    let _ = kim.post("/api/disconnect", "").await.expect(200);
    let before = [last_seen(&app, &ada).await, last_seen(&app, &eve).await];
    app.restart().await;
    assert_eq!(online(&app).await, ["Eve", "Ada"]);
    assert_eq!([last_seen(&app, &ada).await, last_seen(&app, &eve).await], before);
    app.advance(Duration::from_mins(15));
    assert_eq!(online(&app).await, ["Eve"]);
    let _ = kim.at(&app).post("/api/heartbeat", "").await.expect(200);
    assert_eq!(online(&app).await, ["Kim", "Eve"]);
}

#[tokio::test]
async fn presence_is_written_down_every_minute() {
    let mut app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    app.clock().somebody_sleeps(WRITE_EVERY).await;
    app.advance(WRITE_EVERY);
    // The task sleeps again once it has written.
    app.clock().somebody_sleeps(WRITE_EVERY).await;
    let seen = last_seen(&app, &ada).await;
    app.restart().await;
    assert_eq!(last_seen(&app, &ada).await, seen);
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    for path in ["/api/heartbeat", "/api/disconnect"] {
        for body in ["[]", "null", "1", "{"] {
            assert_eq!(ada.post(path, body).await.expect(400).code(), "INVALID_JSON", "{path} {body}");
        }
        let stranger = app.send(Request::new("POST", path)).await.expect(401);
        assert_eq!(stranger.code(), "UNAUTHORIZED");
    }
}
