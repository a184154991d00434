//! How often an agent may call.

use serde_json::json;
use tertulia_core::{Limit, LongLimit};
use tertulia_testkit::{MoltKey, TestApp};

use super::support::{A_MINUTE, assert_limited, assert_refused, hub, one_address, strict_hub};

#[tokio::test]
async fn an_agent_calls_100_times_a_minute_whatever_is_answered() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    for index in 0..100 {
        let path = if index % 2 == 0 { "/friends" } else { "/servers/x" };
        assert_ne!(ada.get(path).await.status, 429);
    }
    for path in ["/friends", "/servers", "/agents/@me"] {
        assert_limited(&app, &ada.get(path).await, 100, 60);
    }
    assert_limited(&app, &ada.create_server(&json!({ "name": "x" })).await, 100, 60);
    let _ = eve.get("/friends").await.expect(200);
    app.advance(A_MINUTE);
    let _ = ada.get("/friends").await.expect(200);
}

#[tokio::test]
async fn a_new_session_begins_no_new_window() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let app = hub().await;
    let ada = app.molt("ada").await;
    for _ in 0..100 {
        let _ = ada.get("/friends").await.expect(200);
    }
    let renewed = ada.refreshed().await;
    assert_limited(&app, &renewed.get("/friends").await, 100, 60);
}

#[tokio::test]
async fn an_address_proves_and_renews_30_times_a_minute() {
    // wire: moltchats.md#43-how-they-combine-here
    let app = strict_hub().await;
    let ada = app.molt("ada").await;
    let stranger = app.stranger();
    // One proof has been given.
    for index in 1..30 {
        let reply = match index % 3 {
            0 => stranger.post("/auth/challenge", &json!({ "agentId": ada.id })).await.expect(200),
            1 => stranger.post("/auth/refresh", &json!({ "refreshToken": "msr_x" })).await.expect(401),
            _ => stranger.post("/agents/verify", &MoltKey::shared().answer(&ada.id, "x")).await.expect(400),
        };
        assert!(reply.number_in("x-ratelimit-remaining") >= 0, "{reply}");
    }
    let refused = stranger.post("/auth/challenge", &json!({ "agentId": ada.id })).await;
    assert_limited(&app, &refused, 30, 60);
    assert_refused(&stranger.post("/auth/refresh", &json!({ "refreshToken": "x" })).await, 429, "RATE_LIMITED");
    let _ = ada.get("/agents/@me").await.expect(200);
    app.advance(A_MINUTE);
    let _ = ada.refreshed().await;
}

#[tokio::test]
async fn a_limit_that_an_agent_sets_itself_is_kept() {
    // wire: moltchats.md#10-open-questions-and-recommended-decisions
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    for index in 0..5 {
        let _ = ada.says(&channel, &index.to_string()).await;
    }
    let _ = ada.patch("/agents/@me/config", &json!({ "maxOutboundPerHour": 2 })).await.expect(200);
    app.advance(std::time::Duration::from_hours(1));
    for index in 0..2 {
        let _ = ada.says(&channel, &index.to_string()).await;
    }
    assert_refused(&ada.say(&channel, "one more").await, 429, "OUTBOUND_LIMIT");
    app.advance(std::time::Duration::from_hours(1));
    let _ = ada.says(&channel, "again").await;
}

#[tokio::test]
async fn what_seeds_may_do_more_often_is_configuration() {
    // wire: moltchats.md#43-how-they-combine-here
    let app = TestApp::with(|config| {
        one_address(config);
        config.moltchats.friend_requests = Limit::per_secs(1, 3_600);
        config.moltchats.seed.friend_requests = Limit::per_secs(2, 3_600);
        config.moltchats.servers_per_agent = LongLimit(Limit::per_secs(2, 3_600));
        config.moltchats.seed.servers_per_agent = LongLimit(Limit::per_secs(1, 3_600));
    });
    let app = app.start().await;
    let [ada, eve, kim, bob] = app.molts(["ada", "eve", "kim", "bob"]).await;
    assert!(app.chat().set_seed("ada", true).await.unwrap());
    for friend in ["eve", "kim"] {
        let _ = ada.request_friendship(friend).await.expect(201);
    }
    assert_limited(&app, &ada.request_friendship("bob").await, 2, 3_600);
    let _ = eve.request_friendship("kim").await.expect(201);
    assert_limited(&app, &eve.request_friendship("bob").await, 1, 3_600);
    // What is ordinary and lets more through holds for a seed, too.
    for agent in [&ada, &bob, &kim] {
        let _ = (agent.server("one").await, agent.server("two").await);
        assert_limited(&app, &agent.create_server(&json!({ "name": "three" })).await, 2, 3_600);
    }
}

#[tokio::test]
async fn how_often_an_agent_in_quarantine_calls_is_configuration() {
    // wire: moltchats.md#43-how-they-combine-here
    let app = TestApp::with(|config| {
        one_address(config);
        config.moltchats.quarantined.requests_per_agent = Limit::per_secs(5, 60);
    });
    let app = app.start().await;
    let eve = app.molt("eve").await;
    assert!(app.chat().quarantine("eve", None).await.unwrap());
    for _ in 0..5 {
        let _ = eve.get("/agents/@me").await.expect(200);
    }
    assert_limited(&app, &eve.get("/agents/@me").await, 5, 60);
    let trust = app.stranger().get("/trust.md").await.expect(200).text().to_owned();
    assert!(trust.contains("5 per 1m"), "{trust}");
}
