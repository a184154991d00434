//! The gateway: who is let in, how, and in what words the others are turned away.

use serde_json::{Value, json};
use tertulia_testkit::{Frame, MoltAgent, MoltCaller, Request, TestApp};

use super::support::{TOKEN_LIFE, hub};

/// What somebody is told who is turned away: one error, the close code and the reason.
async fn turned_away(caller: &MoltCaller) -> (Value, u16, String) {
    let (mut ops, code, reason) = caller.gateway().await.closed().await;
    assert_eq!(ops.len(), 1, "{ops:?}");
    let op = ops.remove(0);
    assert!(op["message"].is_string() || op["op"] != "error", "{op}");
    (op, code, reason)
}

#[tokio::test]
async fn an_agent_is_let_in_without_a_word() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let ada = app.molt("ada").await;
    for target in ["/ws", "/ws/", "/"] {
        let mut gateway = ada.gateway_at(&format!("{target}?token={}", ada.token()), &[]).await;
        gateway.hears_nothing().await;
    }
}

#[tokio::test]
async fn a_socket_makes_an_agent_online_and_its_end_offline() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let ada = app.molt("ada").await;
    let seen = async || app.stranger().get("/agents/ada").await.expect(200).json();
    assert_eq!((&seen().await["presence"], &seen().await["lastSeenAt"]), (&json!("offline"), &Value::Null));
    let mut gateway = ada.gateway().await;
    gateway.hears_nothing().await;
    assert_eq!(seen().await["presence"], "online");
    assert_eq!(seen().await["lastSeenAt"], super::support::moment(&app, std::time::Duration::ZERO));
    app.advance(std::time::Duration::from_secs(7));
    gateway.close().await;
    let gone = tertulia_testkit::eventually("the agent to be offline", async || {
        Some(seen().await).filter(|profile| profile["presence"] == "offline")
    })
    .await;
    assert_eq!(gone["lastSeenAt"], super::support::moment(&app, std::time::Duration::ZERO));
}

#[tokio::test]
async fn a_call_without_a_socket_makes_nobody_online() {
    // wire: moltchats.md#35-presence-and-idle-rules
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let _ = ada.says(&channel, "hello").await;
    let seen = app.stranger().get("/agents/ada").await.json();
    assert_eq!((&seen["presence"], &seen["lastSeenAt"]), (&json!("offline"), &Value::Null));
}

#[tokio::test]
async fn a_session_that_is_gone_is_told_so_and_closed() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let ada = app.molt("ada").await;
    let _ = ada.refreshed().await;
    let (op, code, reason) = turned_away(&ada).await;
    assert_eq!((&op["op"], &op["code"]), (&json!("error"), &json!("TOKEN_INVALID")));
    assert_eq!((code, reason.as_str()), (4_001, "Token invalid"));
}

#[tokio::test]
async fn any_other_bad_token_is_told_so_and_closed() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let ada = app.molt("ada").await;
    app.advance(TOKEN_LIFE);
    let cut = &ada.token()[..ada.token().len() - 2];
    for token in ["x", "a.b.c", ada.token(), cut, &ada.refresh_token] {
        let (op, code, reason) = turned_away(&app.stranger().with_token(token)).await;
        assert_eq!((&op["op"], &op["code"]), (&json!("error"), &json!("AUTH_FAILED")), "{token}");
        assert_eq!((code, reason.as_str()), (4_001, "Authentication failed"));
    }
}

#[tokio::test]
async fn only_an_access_token_is_read_from_the_address() {
    // wire: moltchats.md#83-websocket
    let app = hub().await;
    let eve = app.agent("Eve").await;
    let (op, code, _) = turned_away(&app.stranger().with_token(&eve.key)).await;
    assert_eq!((&op["code"], code), (&json!("AUTH_FAILED"), 4_001));
}

#[tokio::test]
async fn without_a_token_one_observes() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    for target in ["/ws", "/ws?token=", "/", "/?token="] {
        let mut gateway = app.stranger().gateway_at(target, &[]).await;
        gateway.send(&json!({ "op": "typing", "channel": "x" })).await;
        let _ = gateway.expect_error("READ_ONLY").await;
        gateway.hears_nothing().await;
    }
}

#[tokio::test]
async fn an_observers_token_observes_too() {
    // wire: moltchats.md#81-auth-and-http
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let direct = app.befriend(&ada, &eve).await;
    let mut gateway = app.observer("kim@example.org").await.gateway().await.of_an_observer();
    gateway.say(&direct, "hello").await;
    let _ = gateway.expect_error("READ_ONLY").await;
    gateway.send(&json!({ "op": "subscribe", "channels": [direct] })).await;
    assert_eq!(gateway.expect_error("SUBSCRIBE_FAILED").await["channel"], direct);
}

#[tokio::test]
async fn a_suspended_agent_is_told_so_and_closed() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let ada = app.molt("ada").await;
    assert!(app.chat().suspend("ada").await.unwrap());
    let (op, code, _) = turned_away(&ada).await;
    assert_eq!((&op["op"], &op["code"], code), (&json!("error"), &json!("AGENT_SUSPENDED"), 4_003));
}

#[tokio::test]
async fn what_is_sent_with_the_upgrade_is_done_in_order() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let subscribe = json!({ "op": "subscribe", "channels": [channel] }).to_string();
    let says = |content: &str| json!({ "op": "message", "channel": channel, "content": content }).to_string();
    let (first, second) = (says("first"), says("second"));
    let frames = [&*subscribe, &first, &second, r#"{"op":"ping"}"#];
    let mut gateway = ada.gateway_at(&ada.gateway_target(), &frames).await;
    for op in ["subscribed", "context", "message_ack", "message_ack", "pong"] {
        let _ = gateway.expect(op).await;
    }
    assert_eq!(super::support::contents(&ada.read(&channel, "").await), ["second", "first"]);
}

#[tokio::test]
async fn a_binary_frame_of_text_is_as_good() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let mut gateway = app.molt("ada").await.gateway().await;
    gateway.send_binary(br#"{"op":"ping"}"#).await;
    assert_eq!(gateway.next().await, json!({ "op": "pong" }));
    gateway.send_binary(b"\xff\xfe").await;
    let _ = gateway.expect_error("INVALID_JSON").await;
    gateway.hears_nothing().await;
}

#[tokio::test]
async fn a_frame_of_more_than_256_kib_closes() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let ada = app.molt("ada").await;
    let mut gateway = ada.gateway().await;
    let padded = |bytes: usize| format!(r#"{{"op":"ping","padding":"{}"}}"#, "x".repeat(bytes - 26));
    assert_eq!(padded(100).len(), 100);
    gateway.send_text(&padded(256 * 1_024)).await;
    assert_eq!(gateway.next().await, json!({ "op": "pong" }));
    gateway.send_text(&padded(256 * 1_024 + 1)).await;
    assert_eq!(gateway.closed().await.1, 1_009);
}

#[tokio::test]
async fn a_token_in_the_header_is_as_good_as_none_or_as_one_in_the_address() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let ada = app.molt("ada").await;
    let socket = app.socket_with(ada.request("GET", "/agents/@me"), &[]).await;
    assert!(socket.is_err(), "no gateway stands there");
    let request = Request::new("GET", "/ws").header("Authorization", &format!("Bearer {}", ada.token()));
    let mut socket = app.socket_with(request, &[r#"{"op":"ping"}"#]).await.expect("an upgrade");
    assert_eq!(socket.next_json().await, json!({ "op": "pong" }));
}

#[tokio::test]
async fn a_silent_peer_is_pinged_and_then_dropped() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let mut gateway = app.stranger().gateway().await;
    gateway.hears_nothing().await;
    app.clock().somebody_sleeps(std::time::Duration::from_secs(30)).await;
    app.advance(std::time::Duration::from_secs(30));
    assert!(matches!(gateway.socket().next().await, Frame::Ping(_)));
    let mut mute = app.stranger().gateway().await;
    mute.hears_nothing().await;
    mute.socket().keep_mute();
    let dropped = async { while mute.socket().next().await != Frame::End {} };
    app.while_time_passes(std::time::Duration::from_secs(5), dropped).await;
}

#[tokio::test]
async fn at_shutdown_connections_are_closed_as_going_away() {
    // wire: moltchats.md#34-error-codes-inside-error-ops
    let mut app = hub().await;
    let ada = app.molt("ada").await;
    let (agent, observer) = (ada.gateway().await, app.stranger().gateway().await);
    let closing = async {
        let (agent, observer) = tokio::join!(agent.closed(), observer.closed());
        assert_eq!((agent.1, observer.1), (1_001, 1_001));
    };
    tokio::join!(app.stop(), closing);
}

#[tokio::test]
async fn an_address_connects_120_times_a_minute() {
    // wire: moltchats.md#43-how-they-combine-here
    let app = TestApp::with(|config| config.limits.sockets_per_address = 1_000).start().await;
    let ada: MoltAgent = app.molt("ada").await;
    for _ in 0..120 {
        let mut gateway = ada.gateway_at("/ws", &[]).await;
        gateway.socket().close(1_000).await;
        while gateway.socket().next().await != Frame::End {}
    }
    let refused = app.socket_with(Request::new("GET", "/ws"), &[]).await.expect_err("one more is refused");
    assert_eq!(refused.status, 429, "{refused}");
    app.advance(std::time::Duration::from_mins(1));
    let _ = ada.gateway().await;
}

#[tokio::test]
async fn an_agent_that_may_have_no_connection_is_told_so_ten_times_a_minute() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    assert!(app.chat().suspend("ada").await.unwrap());
    for _ in 0..10 {
        assert_eq!(turned_away(&ada).await.0["code"], "AGENT_SUSPENDED");
    }
    let again = async || app.socket_with(Request::new("GET", &ada.gateway_target()), &[]).await;
    let refused = again().await.expect_err("one more is refused");
    assert_eq!((refused.status, refused.code().as_str()), (429, "RATE_LIMITED"));
    assert_eq!(refused.header("retry-after"), Some("60"));
    eve.gateway().await.hears_nothing().await;
    app.advance(std::time::Duration::from_mins(1));
    assert_eq!(turned_away(&ada).await.0["code"], "AGENT_SUSPENDED");
}

#[tokio::test]
async fn what_is_no_upgrade_is_asked_to_be_one() {
    // wire: moltchats.md#31-connecting
    let app = hub().await;
    assert_eq!(app.get("/ws").await.status, 426);
}
