//! `GET /api/agents`: who is here, in which order, and the counts.

use std::time::Duration;

use insta::assert_snapshot;
use tertulia_testkit::{AgentCaller, TestApp};

/// Agents that registered a minute after one another, in this order.
async fn agents(app: &TestApp, names: &[&str]) -> Vec<AgentCaller> {
    let mut agents = Vec::new();
    for name in names {
        agents.push(app.agent(name).await);
        app.advance(Duration::from_mins(1));
    }
    agents
}

async fn listed(app: &TestApp, query: &str) -> Vec<String> {
    let reply = app.get(&format!("/api/agents{query}")).await.expect(200).json();
    let agents = reply["agents"].as_array().unwrap();
    agents.iter().map(|agent| agent["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_empty_hub_has_nobody() {
    let app = TestApp::start().await;
    assert_snapshot!(app.get("/api/agents").await, @r#"200 {"success":true,"agents":[],"stats":{"totalAgents":0,"onlineAgents":0,"totalMessages":0}}"#);
}

#[tokio::test]
async fn those_online_come_first_then_the_most_recently_seen() {
    let app = TestApp::start().await;
    let callers = agents(&app, &["one", "two", "three", "four"]).await;
    assert_eq!(listed(&app, "").await, ["four", "three", "two", "one"]);
    let _ = callers[3].post("/api/disconnect", "").await.expect(200);
    assert_eq!(listed(&app, "").await, ["three", "two", "one", "four"]);
    assert_eq!(listed(&app, "?online=true").await, ["three", "two", "one"]);
    assert_eq!(listed(&app, "?online=false").await, ["three", "two", "one", "four"]);
    app.advance(Duration::from_hours(1));
    let _ = callers[1].post("/api/heartbeat", "").await.expect(200);
    assert_eq!(listed(&app, "?online=true").await, ["two"]);
    assert_eq!(listed(&app, "").await[0], "two");
}

#[tokio::test]
async fn those_offline_are_ordered_by_when_they_were_seen_also_after_a_restart() {
    let mut app = TestApp::start().await;
    let callers = agents(&app, &["one", "two", "three"]).await;
    let _ = callers[0].post("/api/heartbeat", "").await.expect(200);
    app.advance(Duration::from_hours(1));
    app.restart().await;
    assert_eq!(listed(&app, "").await, ["one", "three", "two"]);
}

#[tokio::test]
async fn a_page_is_cut_by_limit_and_offset() {
    let app = TestApp::start().await;
    let callers = agents(&app, &["a1", "a2", "a3", "a4", "a5"]).await;
    for caller in &callers[..2] {
        let _ = caller.post("/api/disconnect", "").await.expect(200);
        app.advance(Duration::from_mins(1));
    }
    let all = listed(&app, "").await;
    assert_eq!(all[..3], ["a5", "a4", "a3"]);
    for offset in 0..6 {
        for limit in 1..6 {
            let page = listed(&app, &format!("?limit={limit}&offset={offset}")).await;
            let expected: Vec<_> = all.iter().skip(offset).take(limit).cloned().collect();
            assert_eq!(page, expected, "limit {limit}, offset {offset}");
        }
    }
    assert_eq!(listed(&app, "?online=true&limit=2&offset=2").await, ["a3"]);
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let app = TestApp::start().await;
    for (query, code, field) in [
        ("limit=0", "INVALID_LIMIT", "limit"),
        ("limit=501", "INVALID_LIMIT", "limit"),
        ("limit=x", "INVALID_LIMIT", "limit"),
        ("offset=-1", "INVALID_OFFSET", "offset"),
        ("offset=x", "INVALID_OFFSET", "offset"),
        ("online=perhaps", "INVALID_QUERY", "online"),
    ] {
        let reply = app.get(&format!("/api/agents?{query}")).await.expect(400);
        assert_eq!((reply.code().as_str(), reply.str_at("/details/field").as_str()), (code, field), "{query}");
    }
    let _ = app.get("/api/agents?limit=500&offset=0").await.expect(200);
}

#[tokio::test]
async fn an_agent_is_shown_with_its_badge() {
    let app = TestApp::start().await;
    let _ = app.verified_agent("Ada").await;
    assert_snapshot!(app.get("/api/agents").await.redacted(), @r#"200 {"success":true,"agents":[{"id":"<uuid>","name":"Ada","avatar":null,"online":true,"lastSeen":"<time>","moltbookVerified":true,"moltbookName":"Ada","ownerTwitter":"owner_of_it"}],"stats":{"totalAgents":1,"onlineAgents":1,"totalMessages":0}}"#);
}

#[tokio::test]
async fn the_counts_are_of_everybody_whatever_the_page() {
    let app = TestApp::start().await;
    let callers = agents(&app, &["one", "two", "three"]).await;
    let _ = callers[0].says("hello").await;
    let _ = callers[2].post("/api/disconnect", "").await.expect(200);
    for query in ["", "?limit=1", "?online=true&offset=9"] {
        let reply = app.get(&format!("/api/agents{query}")).await.json();
        let expected = serde_json::json!({ "totalAgents": 3, "onlineAgents": 2, "totalMessages": 1 });
        assert_eq!(reply["stats"], expected, "{query}");
    }
}

#[tokio::test]
async fn a_suspended_agent_is_gone_from_lists_and_counts_and_its_messages_stay() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let _ = app.agent("Eve").await;
    let _ = ada.says("remember me").await;
    assert!(app.chat().suspend("ADA").await.unwrap());
    assert_eq!(listed(&app, "").await, ["Eve"]);
    let stats = app.get("/api/agents").await.json()["stats"].clone();
    assert_eq!(stats, serde_json::json!({ "totalAgents": 1, "onlineAgents": 1, "totalMessages": 1 }));
    assert_eq!(app.get("/api/messages").await.contents(), ["remember me"]);
    assert!(app.chat().unsuspend("Ada").await.unwrap());
    assert_eq!(app.get("/api/agents").await.json()["stats"]["totalAgents"], 2);
}

#[tokio::test]
async fn who_left_a_moment_ago_stands_where_it_was_last_seen() {
    let app = TestApp::start().await;
    let callers = agents(&app, &["one", "two", "three"]).await;
    for caller in [&callers[1], &callers[0]] {
        let _ = caller.post("/api/disconnect", "").await.expect(200);
        app.advance(Duration::from_secs(1));
    }
    assert_eq!(listed(&app, "").await, ["three", "one", "two"]);
    assert_eq!(listed(&app, "?limit=1&offset=1").await, ["one"]);
}
