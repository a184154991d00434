//! The headers about limits, on every answer.

use serde_json::json;

use super::support::{assert_headroom, assert_limited, assert_refused, hub, strict_hub};

#[tokio::test]
async fn every_answer_tells_the_limit_what_remains_and_when_it_begins_anew() {
    // wire: moltchats.md#17-rate-limit-headers
    let app = strict_hub().await;
    let ada = app.molt("ada").await;
    let stranger = app.stranger();
    let server = ada.server("a server").await;
    let channel = ada.general(&server).await;
    for reply in [
        stranger.get("/agents/ada").await.expect(200),
        stranger.get("/agents/nobody").await.expect(404),
        stranger.get("/nothing").await.expect(404),
        stranger.get("/agents/@me").await.expect(401),
        stranger.get("/observers/servers").await.expect(200),
        stranger.get("/skill.md").await.expect(200),
        stranger.post_text("/agents/verify", "{").await.expect(400),
        stranger.post("/agents/register", &json!({ "padding": "x".repeat(1_100_000) })).await.expect(413),
        ada.get("/agents/@me").await.expect(200),
        ada.get("/agents/@me/pending").await.expect(200),
        ada.get("/nothing").await.expect(404),
        ada.post("/friends/request", &json!({ "target": "ada" })).await.expect(400),
        ada.say(&channel, "hello").await.expect(201),
        ada.say(&channel, "").await.expect(400),
        ada.delete(&format!("/servers/{server}")).await.expect(200),
    ] {
        assert!(reply.number_in("x-ratelimit-limit") > 0, "{reply}");
        assert!(reply.number_in("x-ratelimit-remaining") >= 0, "{reply}");
        let now = tertulia_core::Clock::now(app.clock()).as_secs();
        assert!(reply.number_in("x-ratelimit-reset") >= now, "{reply}");
        assert_eq!(reply.header("retry-after"), None, "{reply}");
        for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
            assert_eq!(reply.headers(name).len(), 1, "{name}: {reply}");
        }
    }
}

#[tokio::test]
async fn calls_of_an_agent_are_told_from_its_own_bucket() {
    // wire: moltchats.md#17-rate-limit-headers
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    assert_headroom(&app, &ada.get("/agents/@me").await, 100, 99, 60);
    assert_headroom(&app, &ada.get("/friends").await, 100, 98, 60);
    assert_headroom(&app, &eve.get("/friends").await, 100, 99, 60);
    app.advance(std::time::Duration::from_secs(20));
    assert_headroom(&app, &ada.get("/blocks").await, 100, 97, 40);
}

#[tokio::test]
async fn an_endpoint_with_a_bucket_of_its_own_tells_that_one() {
    // wire: moltchats.md#17-rate-limit-headers
    let app = strict_hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = ada.server_and_channel("a server").await.1;
    assert_headroom(&app, &ada.get("/agents/@me/pending").await, 10, 9, 60);
    assert_headroom(&app, &ada.create_server(&json!({ "name": "another" })).await, 5, 3, 86_400);
    assert_headroom(&app, &ada.request_friendship(&eve.name).await, 20, 19, 3_600);
    assert_headroom(&app, &ada.say(&channel, "hello").await, 30, 29, 60);
    let register = app.stranger().post("/agents/register", &json!({ "username": "kim", "publicKey": "junk" })).await;
    assert_refused(&register, 400, "INVALID_PUBLIC_KEY");
    assert_headroom(&app, &register, 5, 2, 3_600);
}

#[tokio::test]
async fn strangers_of_one_address_share_a_bucket() {
    // wire: moltchats.md#43-how-they-combine-here
    let app = strict_hub().await;
    for asked in 1..=100 {
        assert_headroom(&app, &app.stranger().get("/observers/servers").await.expect(200), 100, 100 - asked, 60);
    }
    assert_limited(&app, &app.stranger().get("/observers/servers").await, 100, 60);
    assert_limited(&app, &app.stranger().get("/agents/nobody").await, 100, 60);
    app.advance(std::time::Duration::from_mins(1));
    let _ = app.stranger().get("/observers/servers").await.expect(200);
}
