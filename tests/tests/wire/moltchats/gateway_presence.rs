//! Who is present, who is idle, and when a silent connection is ended.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{Gateway, MoltAgent, TestApp, eventually};

use super::support::hub;

/// How often everybody is told who is there.
const TOLD: Duration = Duration::from_secs(30);

/// Often enough to be taken for alive.
const STEP: Duration = Duration::from_secs(10);

/// Lets time pass for a connection that answers the hub's pings and says nothing itself.
async fn listens(app: &TestApp, gateway: &mut Gateway, total: Duration) {
    let mut passed = Duration::ZERO;
    while passed < total {
        app.advance(STEP);
        passed += STEP;
        gateway.stays().await;
    }
}

/// Waits until so many are said to be present, a second of the hub at a time.
async fn settles(app: &TestApp, gateway: &mut Gateway, channel: &str, expected: &[&MoltAgent]) {
    let mut expected: Vec<_> = expected.iter().map(|agent| agent.id.clone()).collect();
    expected.sort_unstable();
    let mut last = None;
    for _ in 0..50 {
        for _ in 0..5 {
            gateway.send(&json!({ "op": "ping" })).await;
            loop {
                let op = gateway.next_op().await;
                if op["op"] == "pong" {
                    break;
                }
                if op["op"] == "presence" && op["channel"] == channel {
                    let mut online: Vec<_> =
                        op["online"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
                    online.sort_unstable();
                    last = Some(online);
                }
            }
        }
        if last.as_ref() == Some(&expected) {
            return;
        }
        app.advance(Duration::from_secs(1));
    }
    panic!("present were {last:?} and not {expected:?}");
}

async fn presence(app: &TestApp, name: &str) -> String {
    app.stranger().get(&format!("/agents/{name}")).await.expect(200).str_at("/presence")
}

async fn becomes(app: &TestApp, name: &str, what: &str) {
    eventually(what, async || (presence(app, name).await == what).then_some(())).await;
}

/// Two members of a server, and its channel.
async fn members(app: &TestApp) -> ([MoltAgent; 2], String) {
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    eve.joins(&server).await;
    ([ada, eve], channel)
}

#[tokio::test]
async fn whoever_subscribes_is_told_who_is_there() {
    // wire: moltchats.md#35-presence-and-idle-rules
    let app = hub().await;
    let ([ada, eve], channel) = members(&app).await;
    let mut adas = ada.gateway().await;
    adas.subscribe(&[&channel]).await;
    assert_eq!(adas.presence(&channel).await, [&*ada.id]);
    let _silent = eve.gateway().await;
    let mut observer = app.stranger().gateway().await;
    observer.subscribe(&[&channel]).await;
    assert_eq!(observer.presence(&channel).await, [&*ada.id], "neither observers nor who does not listen");
}

#[tokio::test]
async fn the_others_are_told_when_somebody_comes_or_goes() {
    // wire: moltchats.md#35-presence-and-idle-rules
    let app = hub().await;
    let ([ada, eve], channel) = members(&app).await;
    let mut adas = ada.gateway().await;
    adas.subscribe(&[&channel]).await;
    let (mut one, mut other) = (eve.gateway().await, eve.gateway().await);
    one.subscribe(&[&channel]).await;
    other.subscribe(&[&channel]).await;
    settles(&app, &mut adas, &channel, &[&ada, &eve]).await;
    one.close().await;
    settles(&app, &mut adas, &channel, &[&ada, &eve]).await;
    other.unsubscribe(&channel).await;
    settles(&app, &mut adas, &channel, &[&ada]).await;
    assert_eq!(presence(&app, "eve").await, "online", "one may be online without listening here");
}

#[tokio::test]
async fn everybody_is_told_every_thirty_seconds() {
    // wire: moltchats.md#35-presence-and-idle-rules
    let app = hub().await;
    let ([ada, _], channel) = members(&app).await;
    let mut observer = app.stranger().gateway().await;
    let mut adas = ada.gateway().await;
    adas.subscribe(&[&channel]).await;
    observer.subscribe(&[&channel]).await;
    settles(&app, &mut observer, &channel, &[&ada]).await;
    for _ in 0..2 {
        app.clock().somebody_sleeps(TOLD).await;
        app.advance(TOLD);
        assert_eq!(observer.presence(&channel).await, [&*ada.id]);
        adas.hears_nothing().await;
    }
}

#[tokio::test]
async fn an_agent_that_says_nothing_becomes_idle_and_speaking_makes_it_online() {
    // wire: moltchats.md#35-presence-and-idle-rules
    let app = hub().await;
    let ([ada, eve], channel) = members(&app).await;
    let mut adas = ada.gateway().await;
    adas.subscribe(&[&channel]).await;
    for way_back in ["message", "typing"] {
        listens(&app, &mut adas, Duration::from_secs(150)).await;
        adas.send(&json!({ "op": "ping" })).await;
        let _ = adas.expect("pong").await;
        let _ = eve.says(&channel, "hello").await;
        let _ = adas.hears("hello").await;
        assert_eq!(presence(&app, "ada").await, "online");
        listens(&app, &mut adas, Duration::from_secs(30)).await;
        becomes(&app, "ada", "idle").await;
        let since = app.stranger().get("/agents/ada").await.str_at("/lastSeenAt");
        assert_eq!(since, super::support::moment(&app, Duration::ZERO));
        adas.send(&json!({ "op": way_back, "channel": channel, "content": "back" })).await;
        adas.send(&json!({ "op": "ping" })).await;
        while adas.next().await["op"] != "pong" {}
        becomes(&app, "ada", "online").await;
    }
}

#[tokio::test]
async fn whoever_is_idle_is_still_present() {
    // wire: moltchats.md#35-presence-and-idle-rules
    let app = hub().await;
    let ([ada, _], channel) = members(&app).await;
    let mut adas = ada.gateway().await;
    adas.subscribe(&[&channel]).await;
    listens(&app, &mut adas, Duration::from_mins(3)).await;
    becomes(&app, "ada", "idle").await;
    let mut observer = app.stranger().gateway().await;
    observer.subscribe(&[&channel]).await;
    assert_eq!(observer.presence(&channel).await, [&*ada.id]);
}

#[tokio::test]
async fn a_connection_without_an_op_is_ended_after_t() {
    // wire: moltchats.md#35-presence-and-idle-rules
    let app = hub().await;
    let ada = app.molt("ada").await;
    let mut gateway = ada.gateway().await;
    gateway.hears_nothing().await;
    listens(&app, &mut gateway, Duration::from_secs(330)).await;
    gateway.hears_nothing().await;
    listens(&app, &mut gateway, Duration::from_secs(350)).await;
    let (ops, code, reason) = app.while_time_passes(STEP, gateway.closed()).await;
    assert_eq!(ops.last().map(|op| &op["code"]), Some(&json!("IDLE_TIMEOUT")), "{ops:?}");
    assert_eq!((code, reason.as_str()), (4_002, "Idle timeout"));
    becomes(&app, "ada", "offline").await;
}

#[tokio::test]
async fn the_time_is_the_agents_own_and_read_when_it_connects() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let ada = app.molt("ada").await;
    let _ = ada.patch("/agents/@me/config", &json!({ "idleTimeoutSeconds": 120 })).await.expect(200);
    let mut gateway = ada.gateway().await;
    gateway.hears_nothing().await;
    let _ = ada.patch("/agents/@me/config", &json!({ "idleTimeoutSeconds": 3_600 })).await.expect(200);
    listens(&app, &mut gateway, Duration::from_secs(110)).await;
    assert_eq!(app.while_time_passes(STEP, gateway.closed()).await.1, 4_002);
    let mut gateway = ada.gateway().await;
    gateway.hears_nothing().await;
    listens(&app, &mut gateway, Duration::from_mins(10)).await;
    gateway.hears_nothing().await;
}

#[tokio::test]
async fn the_shortest_time_leaves_room_for_a_ping_every_thirty_seconds() {
    // wire: moltchats.md#35-presence-and-idle-rules
    let app = hub().await;
    let ada = app.molt("ada").await;
    let _ = ada.patch("/agents/@me/config", &json!({ "idleTimeoutSeconds": 30 })).await.expect(200);
    let mut gateway = ada.gateway().await;
    gateway.hears_nothing().await;
    listens(&app, &mut gateway, Duration::from_mins(1)).await;
    gateway.hears_nothing().await;
}

#[tokio::test]
async fn an_idle_connection_ends_alone() {
    // wire: moltchats.md#38-multi-connection-rules
    let app = hub().await;
    let ada = app.molt("ada").await;
    let (mut silent, mut busy) = (ada.gateway().await, ada.gateway().await);
    silent.hears_nothing().await;
    for _ in 0..35 {
        listens(&app, &mut silent, STEP).await;
        busy.hears_nothing().await;
    }
    app.advance(STEP);
    assert_eq!(silent.closed().await.1, 4_002);
    busy.hears_nothing().await;
    assert_ne!(presence(&app, "ada").await, "offline");
}
