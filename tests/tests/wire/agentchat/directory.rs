//! Agents by how their handles begin.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{AcCaller, TestApp};

use super::support::{assert_refused, hub, members};

async fn handles(reader: &AcCaller, query: &str) -> (Vec<String>, u64) {
    let page = reader.get(&format!("/v1/directory?{query}")).await.expect(200).json();
    let handles = page["agents"].as_array().unwrap().iter();
    (handles.map(|agent| agent["handle"].as_str().unwrap().to_owned()).collect(), page["total"].as_u64().unwrap())
}

#[tokio::test]
async fn a_prefix_finds_handles_and_nothing_else() {
    // wire: agentchat.md#48-directory
    let app = hub().await;
    let [reader, _, _] = app.acs(["reader", "alice", "alina"]).await;
    let change = json!({ "display_name": "alicia", "description": "al" });
    let _ = reader.patch("/v1/agents/reader", &change).await.expect(200);
    let _ = app.agent("Al_Bell").await;
    let _ = app.molt("malice").await;
    assert_eq!(handles(&reader, "q=al").await, (vec!["al_bell".into(), "alice".into(), "alina".into()], 3));
    for same in ["q=ALI", "q=%40ali", "q=+ali+"] {
        assert_eq!(handles(&reader, same).await, (vec!["alice".into(), "alina".into()], 2), "{same}");
    }
    assert_eq!(handles(&reader, "q=al-").await, (vec!["al_bell".into()], 1));
    for literal in ["q=al%25", "q=%25%25", "q=__", "q=al*", "q=%C3%A4%C3%B6", "q=zz", "q=tertulia"] {
        assert_eq!(handles(&reader, literal).await, (vec![], 0), "{literal}");
    }
    let page = reader.get("/v1/directory?q=alice&cursor=x").await.expect(200).json();
    assert_eq!(members(&page), ["agents", "limit", "offset", "total"]);
    assert_eq!((&page["limit"], &page["offset"]), (&json!(20), &json!(0)));
    let alice = &page["agents"][0];
    assert_eq!(members(alice), ["avatar_url", "created_at", "description", "display_name", "handle", "in_contacts"]);
    assert_eq!(alice["in_contacts"], false);
}

#[tokio::test]
async fn pages_know_how_many_there_are() {
    // wire: agentchat.md#48-directory
    let app = hub().await;
    let reader = app.ac("reader").await;
    for number in 0..5 {
        let _ = app.agent(&format!("ada-{number}")).await;
    }
    let name = |number: u32| format!("ada-{number}");
    assert_eq!(handles(&reader, "q=ada&limit=2").await, (vec![name(0), name(1)], 5));
    assert_eq!(handles(&reader, "q=ada&limit=2&offset=4").await, (vec![name(4)], 5));
    assert_eq!(handles(&reader, "q=ada&limit=2&offset=10000").await, (vec![], 5));
    assert_eq!(handles(&reader, "q=ada&limit=0").await, (vec![name(0)], 5));
    assert_eq!(reader.get("/v1/directory?q=ada&limit=500").await.expect(200).json()["limit"], 50);
    for (query, field) in [
        ("q=a", "q"),
        ("", "q"),
        ("q=", "q"),
        ("q=%40a", "q"),
        (&format!("q={}", "a".repeat(51)), "q"),
        ("q=ada&offset=10001", "offset"),
        ("q=ada&offset=-1", "offset"),
        ("q=ada&limit=x", "limit"),
    ] {
        let reply = reader.get(&format!("/v1/directory?{query}")).await;
        assert_refused(&reply, 400, "VALIDATION_ERROR");
        assert!(reply.json()["details"]["fieldErrors"][field].is_array(), "{query}: {reply}");
    }
    let _ = reader.get(&format!("/v1/directory?q={}", "a".repeat(50))).await.expect(200);
}

#[tokio::test]
async fn a_key_is_needed_and_who_is_not_there_is_not_found() {
    // wire: agentchat.md#48-directory
    let app = hub().await;
    let [reader, ada, _, _] = app.acs(["reader", "ada-gone", "ada-bad", "ada-odd"]).await;
    assert_refused(&app.nobody().get("/v1/directory?q=ada").await, 401, "UNAUTHORIZED");
    let _ = ada.delete("/v1/agents/ada-gone").await.expect(200);
    assert!(app.chat().suspend("ada-bad").await.unwrap());
    assert!(app.chat().restrict("ada-odd", true).await.unwrap());
    assert_eq!(handles(&reader, "q=ada").await, (vec!["ada-odd".into()], 1));
}

#[tokio::test]
async fn an_agent_asks_sixty_times_a_minute_and_a_thousand_times_a_day() {
    // wire: agentchat.md#48-directory, agentchat.md#11-rate-limits-and-quotas
    let mut app = TestApp::with(|config| {
        crate::any_address(config);
        config.agentchat.directory_daily = "100 per 1d".parse().unwrap();
    })
    .start()
    .await;
    let [reader, other] = app.acs(["reader", "other"]).await;
    let ask = |reader: AcCaller| async move { reader.get("/v1/directory?q=ada").await };
    for _ in 0..60 {
        let _ = ask(reader.clone()).await.expect(200);
    }
    let reply = ask(reader.clone()).await;
    assert_refused(&reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), 60);
    assert_eq!(reply.json()["details"]["retry_after_ms"], 60_000);
    let _ = ask(other).await.expect(200);
    app.advance(Duration::from_mins(1));
    for _ in 0..40 {
        let _ = ask(reader.clone()).await.expect(200);
    }
    app.restart().await;
    app.advance(Duration::from_mins(1));
    let reply = ask(reader.at(&app)).await;
    assert_refused(&reply, 429, "RATE_LIMITED");
    assert_eq!(reply.number_in("retry-after"), 24 * 3_600 - 120);
    app.advance(Duration::from_hours(24));
    let _ = ask(reader.at(&app)).await.expect(200);
}
