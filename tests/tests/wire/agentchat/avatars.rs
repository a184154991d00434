//! Pictures of agents.

use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, Reply, TestApp};

use super::{
    support::{agents, assert_refused, hub, members, ok},
    uploads::target,
};

/// A GIF of one colour, in which every code has eight bits: the table is cleared before it grows.
pub(crate) fn gif(side: u16, colour: u8) -> Vec<u8> {
    let [low, high] = side.to_le_bytes();
    let mut file = b"GIF89a".to_vec();
    file.extend([low, high, low, high, 0x86, 0, 0]); // 128 colours
    file.extend((0..128_u8).flat_map(|shade| [shade * 2, colour, 255 - shade]));
    file.extend([0x2c, 0, 0, 0, 0, low, high, low, high, 0, 7]);
    let pixels = vec![colour; usize::from(side) * usize::from(side)];
    let codes: Vec<u8> = pixels.chunks(100).flat_map(|run| [&[0x80], run].concat()).chain([0x81]).collect();
    for block in codes.chunks(255) {
        file.push(u8::try_from(block.len()).unwrap());
        file.extend_from_slice(block);
    }
    file.extend([0, 0x3b]);
    file
}

async fn put(agent: &AgentCaller, handle: &str, bytes: impl Into<Vec<u8>>) -> Reply {
    let request = agent.request("PUT", &format!("/v1/agents/{handle}/avatar"));
    agent.send(&request.header("Content-Type", "application/octet-stream").body(bytes)).await
}

/// Sets a picture; where it is.
async fn set(app: &TestApp, agent: &AgentCaller, handle: &str, colour: u8) -> String {
    let set = put(agent, handle, gif(200, colour)).await.expect(200).json();
    target(app, &set["avatar_url"])
}

async fn shown(agent: &AgentCaller, handle: &str) -> Value {
    agent.get(&format!("/v1/agents/{handle}")).await.expect(200).json()["avatar_url"].clone()
}

#[tokio::test]
async fn a_picture_is_made_anew_and_shown_on_every_surface() {
    // wire: agentchat.md#104-avatar-pipeline
    let app = hub().await;
    let [ada] = agents(&app, ["ada"]).await;
    let set = put(&ada, "%40Ada", gif(200, 7)).await.expect(200).json();
    assert_eq!(members(&set), ["avatar_key", "avatar_url"]);
    let key = set["avatar_key"].as_str().unwrap();
    assert_eq!(set["avatar_url"], format!("{}/files/avatars/{key}", app.url()));
    let (folder, name) = key.split_once('/').unwrap();
    assert_eq!((folder.len(), name.len(), name.strip_suffix(".webp").map(str::len)), (16, 37, Some(32)));
    let picture = app.get(&target(&app, &set["avatar_url"])).await.expect(200);
    assert_eq!(picture.header("content-type"), Some("image/webp"));
    assert_eq!(picture.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(picture.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(shown(&ada, "ada").await, set["avatar_url"]);
    assert_eq!(ada.get("/v1/agents/me").await.json()["avatar_url"], set["avatar_url"]);
    let _ = ada.say("hello").await.expect(201);
    assert_eq!(app.get("/api/messages").await.json()["messages"][0]["avatar"], set["avatar_url"]);
    // The same picture has the same key.
    assert_eq!(put(&ada, "ada", gif(200, 7)).await.expect(200).json(), set);
    let _ = app.get(&target(&app, &set["avatar_url"])).await.expect(200);
}

#[tokio::test]
async fn a_picture_outlives_a_restart() {
    // wire: agentchat.md#104-avatar-pipeline
    let mut app = hub().await;
    let [ada] = agents(&app, ["ada"]).await;
    let at = set(&app, &ada, "ada", 7).await;
    app.restart().await;
    let ada = ada.at(&app);
    assert_eq!(shown(&ada, "ada").await, format!("{}{at}", app.url()));
    let _ = app.get(&at).await.expect(200);
}

#[tokio::test]
async fn what_replaces_a_picture_removes_it() {
    // wire: agentchat.md#104-avatar-pipeline
    let app = hub().await;
    let [ada] = agents(&app, ["ada"]).await;
    let first = set(&app, &ada, "ada", 1).await;
    let second = set(&app, &ada, "ada", 2).await;
    assert_ne!(first, second);
    assert_refused(&app.get(&first).await, 404, "NOT_FOUND");
    let _ = app.get(&second).await.expect(200);
    ok(&ada.delete("/v1/agents/ada/avatar").await);
    assert_refused(&app.get(&second).await, 404, "NOT_FOUND");
    assert_eq!(shown(&ada, "ada").await, Value::Null);
    assert_refused(&ada.delete("/v1/agents/ada/avatar").await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn what_is_no_picture_is_refused() {
    // wire: agentchat.md#104-avatar-pipeline
    let app = TestApp::with(|config| {
        config.limits.registrations_per_address = tertulia_core::Limit::Off;
        config.agentchat.avatar_writes = tertulia_core::Limit::Off;
    });
    let app = app.start().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let good = gif(200, 7);
    // A head that promises more pixels than are ever decoded.
    let mut bomb = good.clone();
    bomb[6..10].copy_from_slice(&[0xff; 4]);
    assert_refused(&put(&ada, "ada", []).await, 400, "EMPTY_BODY");
    for other in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"<html>", b"hello"] {
        assert_refused(&put(&ada, "ada", other).await, 400, "UNSUPPORTED_FORMAT");
    }
    assert_refused(&put(&ada, "ada", &good[..good.len() / 2]).await, 400, "DECODE_FAILED");
    assert_refused(&put(&ada, "ada", bomb).await, 400, "DECODE_FAILED");
    assert_refused(&put(&ada, "ada", gif(127, 7)).await, 400, "IMAGE_TOO_SMALL");
    let _ = put(&ada, "ada", gif(128, 7)).await.expect(200);
    assert_refused(&put(&ada, "bob", good.clone()).await, 403, "FORBIDDEN");
    assert_refused(&ada.delete("/v1/agents/bob/avatar").await, 403, "FORBIDDEN");
    for nothing in ["/files/avatars/x", "/files/avatars/..%2f..%2fhub.lock", "/files/avatars/"] {
        assert_refused(&app.get(nothing).await, 404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_and_the_refusal_heard() {
    // wire: agentchat.md#104-avatar-pipeline
    let app = hub().await;
    let [ada] = agents(&app, ["ada"]).await;
    for size in [(5 << 20) + 1, 20 << 20] {
        assert_refused(&put(&ada, "ada", vec![b'x'; size]).await, 413, "PAYLOAD_TOO_LARGE");
    }
    assert_refused(&put(&ada, "ada", vec![b'x'; 5 << 20]).await, 400, "UNSUPPORTED_FORMAT");
}

#[tokio::test]
async fn a_picture_changes_five_times_a_minute() {
    // wire: agentchat.md#103-avatar-rules-shared-by-agents-and-groups
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    for colour in 1..=4 {
        set(&app, &ada, "ada", colour).await;
    }
    ok(&ada.delete("/v1/agents/ada/avatar").await);
    let refused = put(&ada, "ada", gif(200, 7)).await;
    assert_refused(&refused, 429, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), Some("60"));
    assert_eq!(refused.json()["retry_after_ms"], 60_000);
    assert_eq!(refused.json()["details"]["retry_after_ms"], json!(60_000));
    set(&app, &bob, "bob", 7).await;
}

#[tokio::test]
async fn what_another_surface_replaces_is_removed_with_the_next_picture() {
    // wire: agentchat.md#104-avatar-pipeline
    let app = hub().await;
    let [ada] = agents(&app, ["ada"]).await;
    let first = set(&app, &ada, "ada", 1).await;
    let _ = ada.patch("/api/v1/agents/@me", r#"{"avatarUrl":"https://example.org/a.png"}"#).await.expect(200);
    assert_eq!(shown(&ada, "ada").await, "https://example.org/a.png");
    let second = set(&app, &ada, "ada", 2).await;
    assert_eq!(shown(&ada, "ada").await, format!("{}{second}", app.url()));
    assert_refused(&app.get(&first).await, 404, "NOT_FOUND");
    let _ = app.get(&second).await.expect(200);
    // A picture from elsewhere can be taken away as well.
    let _ = ada.patch("/api/v1/agents/@me", r#"{"avatarUrl":"https://example.org/a.png"}"#).await.expect(200);
    ok(&ada.delete("/v1/agents/ada/avatar").await);
    assert_eq!(shown(&ada, "ada").await, Value::Null);
    assert_refused(&app.get(&second).await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn the_same_picture_with_the_same_key_is_set_once() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let [ada] = agents(&app, ["ada"]).await;
    let request = |bytes: Vec<u8>| {
        let request = ada.request("PUT", "/v1/agents/ada/avatar").header("Idempotency-Key", "picture-1");
        request.header("Content-Type", "image/gif").body(bytes)
    };
    let first = ada.send(&request(gif(200, 1))).await.expect(200);
    for _ in 0..5 {
        let again = ada.send(&request(gif(200, 1))).await.expect(200);
        assert_eq!((again.json(), again.header("idempotent-replay")), (first.json(), Some("true")));
    }
    assert_refused(&ada.send(&request(gif(200, 2))).await, 422, "IDEMPOTENCY_KEY_CONFLICT");
    // Four more have not been counted.
    for colour in 2..=5 {
        set(&app, &ada, "ada", colour).await;
    }
    // What is too large is refused here as well, and the refusal heard.
    let large = ada.request("PUT", "/v1/agents/ada/avatar").header("Idempotency-Key", "picture-2");
    assert_refused(&ada.send(&large.body(vec![b'x'; 20 << 20])).await, 413, "PAYLOAD_TOO_LARGE");
}
