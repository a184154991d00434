//! WebSocket `/api/ws`: frames that are not as they should be, and how connections end.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{Frame, TestApp, WebSocket};

use super::support::{SOCKET, subscribe};

/// The mistake that a frame is answered with; the connection stays.
async fn mistake(socket: &mut WebSocket, frame: &str) -> (String, String) {
    socket.send(frame).await;
    let error = socket.next_json().await;
    assert_eq!(error["type"], "error", "{frame}: {error}");
    let text = |member: &str| error[member].as_str().unwrap_or_default().to_owned();
    (text("code"), text("error"))
}

/// The code with which the hub closes. After a fault it does not read what the client answers, and waits for a while.
async fn closed(app: &TestApp, mut socket: WebSocket) -> u16 {
    let code = loop {
        match socket.next().await {
            Frame::Close { code, .. } => break code.expect("a close code"),
            Frame::End => panic!("the connection ended without a close frame"),
            Frame::Text(_) | Frame::Binary(_) | Frame::Ping(_) | Frame::Pong(_) => {}
        }
    };
    app.while_time_passes(Duration::from_millis(100), async { while socket.next().await != Frame::End {} }).await;
    code
}

#[tokio::test]
async fn a_ping_is_answered_with_a_pong() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    for _ in 0..3 {
        socket.send(r#"{"type":"ping"}"#).await;
        assert_eq!(socket.next_text().await, r#"{"type":"pong"}"#);
    }
    socket.ping(b"of the protocol").await;
    assert_eq!(socket.next().await, Frame::Pong(b"of the protocol".to_vec()));
}

#[tokio::test]
async fn a_text_that_is_no_json_object_is_a_mistake_and_the_connection_stays() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    for frame in ["", "nonsense", "{", "[]", "null", "7", r#""ping""#, r#"{"type":"ping"} {}"#, r#"{"type":"\ud800"}"#]
    {
        let (code, words) = mistake(&mut socket, frame).await;
        assert_eq!(code, "INVALID_FRAME", "{frame}");
        assert!(!words.is_empty());
    }
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next_json().await["type"], "pong");
}

#[tokio::test]
async fn a_frame_of_an_unknown_type_is_a_mistake_that_is_named() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    for frame in [r#"{"type":"shout"}"#, r#"{"type":"message","content":"hello"}"#, r#"{"type":"Ping"}"#] {
        let (code, words) = mistake(&mut socket, frame).await;
        assert_eq!(code, "INVALID_FRAME", "{frame}");
        assert!(words.contains("type"), "{words}");
    }
    for frame in ["{}", r#"{"type":7}"#, r#"{"type":null}"#, r#"{"room":"global"}"#] {
        let (code, words) = mistake(&mut socket, frame).await;
        assert_eq!(code, "INVALID_FRAME", "{frame}");
        assert!(words.contains("type"), "{words}");
    }
}

#[tokio::test]
async fn an_introduction_without_a_key_is_a_mistake_that_is_named() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    for frame in [r#"{"type":"auth"}"#, r#"{"type":"auth","key":7}"#, r#"{"type":"auth","key":null}"#] {
        let (code, words) = mistake(&mut socket, frame).await;
        assert_eq!(code, "INVALID_FRAME", "{frame}");
        assert!(words.contains("key"), "{words}");
    }
}

#[tokio::test]
async fn a_missing_room_is_a_mistake_that_is_named() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    for kind in ["subscribe", "unsubscribe"] {
        for frame in
            [json!({ "type": kind }), json!({ "type": kind, "room": 7 }), json!({ "type": kind, "room": null })]
        {
            let (code, words) = mistake(&mut socket, &frame.to_string()).await;
            assert_eq!(code, "INVALID_FRAME", "{frame}");
            assert!(words.contains("room"), "{words}");
        }
    }
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    socket.send(&json!({ "type": "ping", "id": 7, "extra": { "a": [1] } }).to_string()).await;
    assert_eq!(socket.next_json().await["type"], "pong");
}

#[tokio::test]
async fn unsubscribing_from_what_is_not_followed_is_a_mistake_that_is_named() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    assert_eq!(mistake(&mut socket, r#"{"type":"unsubscribe","room":"global"}"#).await.0, "NOT_SUBSCRIBED");
    socket.send(&subscribe("global", None)).await;
    assert_eq!(socket.next_json().await["type"], "subscribed");
}

#[tokio::test]
async fn sending_is_over_rest_only() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let mut socket = ada.socket(SOCKET).await;
    for kind in ["message", "send", "post"] {
        let frame = json!({ "type": kind, "room": "global", "content": "hello", "message": { "content": "hello" } });
        let _ = mistake(&mut socket, &frame.to_string()).await;
    }
    assert_eq!(app.get("/api/global/messages").await.contents(), Vec::<String>::new());
}

#[tokio::test]
async fn binary_messages_close_the_connection() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    socket.send_binary(br#"{"type":"ping"}"#).await;
    assert_eq!(closed(&app, socket).await, 1003);
}

#[tokio::test]
async fn a_frame_that_is_too_large_closes_the_connection() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    let padded = |bytes: usize| format!(r#"{{"type":"ping","padding":"{}"}}"#, "x".repeat(bytes - 28));
    socket.send(&padded(64 * 1_024)).await;
    assert_eq!(socket.next_json().await["type"], "pong");
    socket.send(&padded(64 * 1_024 + 1)).await;
    assert_eq!(closed(&app, socket).await, 1009);
}

#[tokio::test]
async fn a_text_that_is_not_utf_8_closes_the_connection() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    // A masked text frame of two bytes, with a mask of zeros.
    socket.send_raw(&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]).await;
    assert_eq!(closed(&app, socket).await, 1007);
}

#[tokio::test]
async fn a_mistake_in_the_protocol_closes_the_connection() {
    let app = TestApp::start().await;
    for bytes in [
        // Not masked; with a reserved bit; of an unknown kind; going on where nothing was begun; a ping in pieces.
        &[0x81, 0x01, b'x'][..],
        &[0xc1, 0x81, 0, 0, 0, 0, b'x'],
        &[0x83, 0x81, 0, 0, 0, 0, b'x'],
        &[0x80, 0x81, 0, 0, 0, 0, b'x'],
        &[0x09, 0x81, 0, 0, 0, 0, b'x'],
    ] {
        let mut socket = app.socket(SOCKET).await;
        socket.send_raw(bytes).await;
        assert_eq!(closed(&app, socket).await, 1002, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_flood_of_frames_closes_the_connection_and_others_hear_on() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let mut other = app.socket(SOCKET).await;
    other.send(&subscribe("global", None)).await;
    let _ = other.next_of("history").await;
    let mut socket = app.socket(SOCKET).await;
    // A masked, empty pong each: nothing is answered, so that nothing waits for us to read it.
    let flood = [0x8a, 0x80, 0, 0, 0, 0].repeat(2_000);
    socket.send_raw(&flood).await;
    assert_eq!(closed(&app, socket).await, 1008);
    let _ = ada.say_globally("still here").await.expect(201);
    assert_eq!(other.next_of("message").await["message"]["content"], "still here");
}

#[tokio::test]
async fn who_is_silent_for_too_long_is_told_to_come_back() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    socket.keep_mute();
    let (code, reason) = app.while_time_passes(Duration::from_secs(1), socket.closed()).await;
    assert_eq!(code, 1001, "{reason}");
}

#[tokio::test]
async fn a_client_that_closes_is_answered() {
    let app = TestApp::start().await;
    let mut socket = app.socket(SOCKET).await;
    socket.close(1000).await;
    assert_eq!(socket.closed().await.0, 1000);
}
