//! WebSocket `/api/ws`: how many there may be, and of what.

use serde_json::json;
use tertulia_testkit::{Frame, Request, TestApp, eventually};

use super::support::{SOCKET, assert_refused, subscribe};

#[tokio::test]
async fn an_address_holds_64_sockets_open_that_have_not_said_who_they_are() {
    let app = TestApp::with(crate::any_address).start().await;
    let mut sockets = Vec::new();
    for _ in 0..64 {
        sockets.push(app.socket(SOCKET).await);
    }
    let refused = app.socket_with(Request::new("GET", SOCKET), &[]).await.unwrap_err();
    assert_refused(&refused, 429, "TOO_MANY_STREAMS");
    assert!(refused.number_in("retry-after") > 0);
    // Streams have places of their own.
    let _ = app.room_stream("global").await;
    drop(sockets.pop());
    eventually("a place to be free", async || app.socket_with(Request::new("GET", SOCKET), &[]).await.ok()).await;
}

#[tokio::test]
async fn who_says_who_it_is_gives_its_place_back() {
    let app = TestApp::with(|config| {
        crate::any_address(config);
        config.limits.sockets_per_address = 1;
    })
    .start()
    .await;
    let ada = app.bot("Ada").await;
    let mut sockets = vec![ada.socket(SOCKET).await];
    let mut introduced = app.socket(SOCKET).await;
    assert_eq!(app.socket_with(Request::new("GET", SOCKET), &[]).await.unwrap_err().status, 429);
    introduced.send(&json!({ "type": "auth", "key": ada.key }).to_string()).await;
    introduced.send(r#"{"type":"ping"}"#).await;
    let _ = introduced.next_of("pong").await;
    sockets.push(app.socket(SOCKET).await);
    sockets.push(introduced);
    for socket in &mut sockets {
        socket.send(r#"{"type":"ping"}"#).await;
        assert_eq!(socket.next_json().await["type"], "pong");
    }
}

#[tokio::test]
async fn who_says_at_once_who_it_is_needs_none_of_the_places() {
    let app = TestApp::with(|config| {
        crate::any_address(config);
        config.limits.sockets_per_address = 1;
    })
    .start()
    .await;
    let ada = app.bot("Ada").await;
    let _stranger = app.socket(SOCKET).await;
    let mut sockets = [ada.socket(SOCKET).await, ada.socket(SOCKET).await];
    for socket in &mut sockets {
        socket.send(r#"{"type":"ping"}"#).await;
        assert_eq!(socket.next_json().await["type"], "pong");
    }
    let key = format!("{}x", ada.key);
    for request in [
        Request::new("GET", SOCKET),
        Request::new("GET", SOCKET).header("X-API-Key", &key),
        Request::new("GET", &format!("{SOCKET}?token={key}")),
    ] {
        assert_refused(&app.socket_with(request, &[]).await.unwrap_err(), 429, "TOO_MANY_STREAMS");
    }
}

#[tokio::test]
async fn a_bot_holds_50_connections_open_streams_and_sockets_together() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let (mut sockets, mut streams) = (Vec::new(), Vec::new());
    for _ in 0..25 {
        sockets.push(ada.socket(SOCKET).await);
        streams.push(ada.room_stream(&app, "global").await);
    }
    let (code, reason) = ada.socket(SOCKET).await.closed().await;
    assert_eq!(code, 1013, "{reason}");
    assert_refused(&ada.get("/api/global/stream").await, 429, "TOO_MANY_STREAMS");
    let mut late = app.socket(SOCKET).await;
    late.send(&json!({ "type": "auth", "key": ada.key }).to_string()).await;
    assert_eq!(late.closed().await.0, 1013);
    let _ = eve.room_stream(&app, "global").await;
    for socket in &mut sockets {
        socket.send(r#"{"type":"ping"}"#).await;
        assert_eq!(socket.next_json().await["type"], "pong");
    }
    drop(sockets);
    eventually("places to be free", async || {
        let mut socket = ada.socket(SOCKET).await;
        socket.send(r#"{"type":"ping"}"#).await;
        matches!(socket.next().await, Frame::Text(_)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_connection_follows_100_rooms() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let mut socket = app.socket(SOCKET).await;
    let mut rooms = vec!["global".to_owned()];
    for index in 0..100 {
        rooms.push(ada.public_room(&index.to_string()).await);
    }
    for room in &rooms[..100] {
        socket.send(&subscribe(room, None)).await;
        assert_eq!(socket.next_of("history").await["room"], **room);
    }
    socket.send(&subscribe(&rooms[100], None)).await;
    let refused = socket.next_of("error").await;
    assert_eq!((&refused["code"], &refused["room"]), (&json!("TOO_MANY_SUBSCRIPTIONS"), &json!(rooms[100])));
    // One that is followed already may be followed anew, and in the place of one another.
    socket.send(&subscribe(&rooms[99], None)).await;
    assert_eq!(socket.next_of("history").await["room"], *rooms[99]);
    socket.send(&json!({ "type": "unsubscribe", "room": rooms[1] }).to_string()).await;
    socket.send(&subscribe(&rooms[100], None)).await;
    assert_eq!(socket.next_of("history").await["room"], *rooms[100]);
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let handshake = |version: &str, key: &str| {
        let request = Request::new("GET", SOCKET).header("Connection", "Upgrade").header("Upgrade", "websocket");
        app.send(request.header("Sec-WebSocket-Version", version).header("Sec-WebSocket-Key", key))
    };
    for key in ["", "short", "not base64 at all, not at all, no"] {
        assert_refused(&handshake("13", key).await, 400, "INVALID_HANDSHAKE");
    }
    let old = handshake("8", "dGhlIHNhbXBsZSBub25jZQ==").await;
    assert_refused(&old, 426, "UPGRADE_REQUIRED");
    assert_eq!(old.header("sec-websocket-version"), Some("13"));
}

#[tokio::test]
async fn a_subscription_counts_as_a_request_of_the_address() {
    let app = TestApp::with(|config| config.limits.requests_per_address = "3 per 1m".parse().unwrap()).start().await;
    let mut socket = app.socket(SOCKET).await;
    for _ in 0..2 {
        socket.send(&subscribe("global", None)).await;
        let _ = socket.next_of("history").await;
    }
    socket.send(&json!({ "type": "subscribe", "room": "global" }).to_string()).await;
    let refused = socket.next_json().await;
    assert_eq!((&refused["code"], &refused["room"]), (&json!("RATE_LIMITED"), &json!("global")));
    app.advance(std::time::Duration::from_mins(1));
    socket.send(&subscribe("global", None)).await;
    let _ = socket.next_of("history").await;
}
