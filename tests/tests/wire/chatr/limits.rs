//! How often what may be done.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tertulia_core::{Clock, Limit};
use tertulia_testkit::{AgentCaller, Reply, TestApp};

/// What a 429 must say about its window.
fn assert_limited(app: &TestApp, reply: &Reply, limit: i64, wait: i64) {
    assert_eq!((reply.status, reply.code().as_str()), (429, "RATE_LIMITED"), "{reply}");
    assert_eq!(reply.number_in("retry-after"), wait);
    assert_eq!(reply.number_in("x-ratelimit-limit"), limit);
    assert_eq!(reply.number_in("x-ratelimit-remaining"), 0);
    let resets_in = reply.number_in("x-ratelimit-reset") - app.clock().now().as_secs();
    assert!((wait..=wait + 1).contains(&resets_in), "{resets_in} is not {wait}");
    let words = reply.str_at("/error").to_lowercase();
    assert!(words.contains("rate") && words.contains("limit") && words.contains("minute"), "{words}");
}

async fn says(agent: &AgentCaller, count: usize) {
    for index in 0..count {
        let reply = agent.say(&format!("message {index}")).await.expect(201);
        let left = i64::try_from(count - 1 - index).unwrap();
        assert_eq!(reply.number_in("x-ratelimit-remaining"), left);
    }
}

#[tokio::test]
async fn an_unverified_agent_says_one_thing_in_five_minutes() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    says(&ada, 1).await;
    let refused = ada.say("again").await;
    assert_snapshot!(refused, @r#"429 {"success":false,"error":"Rate limit reached: messages in the lobby are limited to 1 per 5 minutes; wait 5 minutes and try again.","code":"RATE_LIMITED"}"#);
    assert_limited(&app, &refused, 1, 300);
    app.advance(Duration::from_secs(100));
    assert_limited(&app, &ada.say("again").await, 1, 200);
    app.advance(Duration::from_millis(199_999));
    assert_eq!(ada.say("again").await.expect(429).number_in("retry-after"), 1);
    app.advance(Duration::from_millis(1));
    says(&ada, 1).await;
    assert_eq!(app.get("/api/messages").await.contents().len(), 2);
}

#[tokio::test]
async fn a_verified_agent_says_ten_things_a_minute() {
    let app = TestApp::start().await;
    let ada = app.verified_agent("Ada").await;
    says(&ada, 10).await;
    assert_limited(&app, &ada.say("one more").await, 10, 60);
    app.advance(Duration::from_mins(1));
    says(&ada, 10).await;
}

#[tokio::test]
async fn each_agent_is_counted_alone_and_both_paths_together() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.agent("Ada").await, app.agent("Eve").await);
    says(&ada, 1).await;
    says(&eve, 1).await;
    let _ = ada.post("/api/message", r#"{"content":"the other way"}"#).await.expect(429);
}

#[tokio::test]
async fn what_is_refused_for_its_content_is_not_counted() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    for _ in 0..3 {
        let _ = ada.say("").await.expect(400);
        let _ = ada.say(&"x".repeat(251)).await.expect(400);
        let _ = ada.say("https://example.org").await.expect(403);
        let _ = ada.post("/api/messages", "{").await.expect(400);
    }
    says(&ada, 1).await;
}

#[tokio::test]
async fn a_message_that_is_limited_is_not_counted_again() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    says(&ada, 1).await;
    for _ in 0..3 {
        app.advance(Duration::from_mins(1));
        let _ = ada.say("too soon").await.expect(429);
    }
    app.advance(Duration::from_mins(2));
    says(&ada, 1).await;
}

#[tokio::test]
async fn an_address_registers_five_agents_an_hour() {
    let app = TestApp::with(|_| {}).start().await;
    for index in 0..5 {
        let reply = app.post("/api/register", &json!({ "name": format!("agent-{index}") }).to_string()).await;
        assert_eq!(reply.expect(201).number_in("x-ratelimit-remaining"), 4 - index);
    }
    let refused = app.post("/api/register", r#"{"name":"one-too-many"}"#).await;
    assert_snapshot!(refused, @r#"429 {"success":false,"error":"Rate limit reached: registrations from your address are limited to 5 per 60 minutes; wait 60 minutes and try again. On a hub of your own, start it with --local-unlimited to lift limits per address on this machine.","code":"RATE_LIMITED"}"#);
    assert_limited(&app, &refused, 5, 3_600);
    app.advance(Duration::from_hours(1));
    let _ = app.agent("one-too-many").await;
}

#[tokio::test]
async fn attempts_to_register_count_and_repeating_one_does_not() {
    let app = TestApp::with(|_| {}).start().await;
    let _ = app.agent("Ada").await;
    for name in ["Ada", "ADA", "ada"] {
        let _ = app.post("/api/register", &json!({ "name": name }).to_string()).await.expect(409);
    }
    for name in ["x", "a b", "admin"] {
        let _ = app.post("/api/register", &json!({ "name": name }).to_string()).await.expect(400);
        let _ = app.post("/api/register", &json!({ "name": name }).to_string()).await.expect(400);
    }
    let _ = app.agent("Eve").await;
    let _ = app.post("/api/register", r#"{"name":"Kim"}"#).await.expect(429);
    // What was tried before may still be tried: it can achieve nothing new.
    let _ = app.post("/api/register", r#"{"name":"ada"}"#).await.expect(409);
}

#[tokio::test]
async fn an_address_asks_120_times_a_minute() {
    let app = TestApp::with(|_| {}).start().await;
    let ada = app.agent("Ada").await;
    for _ in 0..119 {
        let _ = app.get("/api/messages").await.expect(200);
    }
    let refused = app.get("/api/messages").await;
    assert_snapshot!(refused, @r#"429 {"success":false,"error":"Rate limit reached: requests from your address are limited to 120 per 1 minute; wait 1 minute and try again. On a hub of your own, start it with --local-unlimited to lift limits per address on this machine.","code":"RATE_LIMITED"}"#);
    assert_limited(&app, &refused, 120, 60);
    // A key does not help, nor does another path; what is not below /api is not counted.
    let _ = ada.post("/api/heartbeat", "").await.expect(429);
    let _ = app.get("/api/stream").await.expect(429);
    let _ = app.get("/api/nothing").await.expect(429);
    let _ = app.get("/skills.md").await.expect(200);
    let _ = app.get("/health").await.expect(200);
    app.advance(Duration::from_mins(1));
    let _ = ada.post("/api/heartbeat", "").await.expect(200);
}

#[tokio::test]
async fn an_open_stream_goes_on_when_the_address_has_asked_too_often() {
    let app = TestApp::with(|config| config.limits.requests_per_address = Limit::per_secs(3, 60)).start().await;
    let ada = app.agent("Ada").await;
    let mut stream = app.stream().await;
    let _ = ada.says("one").await;
    let _ = ada.say("two").await.expect(429);
    assert_eq!(stream.next_contents(1).await, ["one"]);
}

#[tokio::test]
async fn a_limit_of_none_refuses_everything_and_off_nothing() {
    let app = TestApp::with(|config| {
        config.limits.lobby_unverified = "0 per 1m".parse().unwrap();
        config.limits.streams_per_address = 0;
        config.limits.registrations_per_address = Limit::Off;
    })
    .start()
    .await;
    let ada = app.agent("Ada").await;
    assert_eq!(ada.say("hello").await.expect(429).number_in("x-ratelimit-limit"), 0);
    assert_eq!(app.get("/api/stream").await.expect(429).code(), "TOO_MANY_STREAMS");
    let unlimited = TestApp::start_unlimited().await;
    let eve = unlimited.agent("Eve").await;
    assert_eq!(eve.say("hello").await.expect(201).header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn a_laptop_can_be_exempt() {
    let app = TestApp::with(|config| config.limits.local = tertulia_host::config::LocalClients::Exempt).start().await;
    for index in 0..10 {
        let _ = app.agent(&format!("agent-{index}")).await;
    }
    for _ in 0..130 {
        let _ = app.get("/api/agents?limit=1").await.expect(200);
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_window() {
    let app = TestApp::with(|config| {
        config.limits.requests_per_address = Limit::per_secs(2, 60);
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .start()
    .await;
    let from = |client: &str| {
        let request = tertulia_testkit::Request::new("GET", "/api/messages").header("X-Forwarded-For", client);
        app.send(request)
    };
    for client in ["192.0.2.1", "192.0.2.2", "203.0.113.9, 192.0.2.3"] {
        assert_eq!([from(client).await.status, from(client).await.status, from(client).await.status], [200, 200, 429]);
    }
    // Only the last hop that is not a proxy counts; what a client puts before it does not make it another one.
    assert_eq!(from("198.51.100.7, 192.0.2.3").await.status, 429);
    // IPv6 by its first 64 bits.
    assert_eq!(from("2001:db8::1").await.status, 200);
    assert_eq!(from("2001:db8::2").await.status, 200);
    assert_eq!(from("2001:db8::3").await.status, 429);
    assert_eq!(from("2001:db8:0:1::1").await.status, 200);
}

#[tokio::test]
async fn without_a_trusted_proxy_forwarding_headers_are_ignored() {
    let app = TestApp::with(|config| config.limits.requests_per_address = Limit::per_secs(2, 60)).start().await;
    let mut statuses = Vec::new();
    for client in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        let request = tertulia_testkit::Request::new("GET", "/api/messages").header("X-Forwarded-For", client);
        statuses.push(app.send(request).await.status);
    }
    assert_eq!(statuses, [200, 200, 429]);
}
