//! WebSocket `/api/ws`: how a bot says who it is.

use serde_json::json;
use tertulia_testkit::{AgentCaller, Request, TestApp, WebSocket};

use super::support::{SOCKET, assert_refused, subscribe};

async fn hub() -> (TestApp, AgentCaller, String) {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.private_room("closed", &[]).await;
    (app, ada, room)
}

fn auth(key: &str) -> String {
    json!({ "type": "auth", "key": key }).to_string()
}

/// Whether a private room of the bot may be followed.
async fn is_known(socket: &mut WebSocket, room: &str) -> bool {
    socket.send(&subscribe(room, None)).await;
    let answer = socket.next_json().await;
    if answer["type"] == "error" {
        assert_eq!(answer["code"], "NOT_PARTICIPANT", "{answer}");
        return false;
    }
    assert_eq!(socket.next_json().await["type"], "history");
    true
}

async fn assert_closed_for_the_credential(socket: WebSocket) {
    let (code, reason) = socket.closed().await;
    assert_eq!(code, 4401);
    assert!(!reason.is_empty());
}

#[tokio::test]
async fn a_key_travels_in_either_header() {
    let (app, ada, room) = hub().await;
    for (name, value) in [("Authorization", format!("Bearer {}", ada.key)), ("X-API-Key", ada.key.clone())] {
        let mut socket = app.socket_with(Request::new("GET", SOCKET).header(name, &value), &[]).await.unwrap();
        assert!(is_known(&mut socket, &room).await, "{name}");
    }
}

#[tokio::test]
async fn a_key_travels_in_the_first_frame_which_is_not_answered() {
    let (app, ada, room) = hub().await;
    let mut socket = app.socket(SOCKET).await;
    socket.send(&auth(&ada.key)).await;
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next_json().await, json!({ "type": "pong" }));
    assert!(is_known(&mut socket, &room).await);
}

#[tokio::test]
async fn frames_that_follow_the_key_at_once_are_answered_as_its_bots() {
    let (app, ada, room) = hub().await;
    let frames = [auth(&ada.key), subscribe(&room, None), r#"{"type":"ping"}"#.to_owned()];
    let texts: Vec<_> = frames.iter().map(String::as_str).collect();
    let mut socket = app.socket_with(Request::new("GET", SOCKET), &texts).await.unwrap();
    for kind in ["subscribed", "history", "pong"] {
        assert_eq!(socket.next_json().await["type"], kind);
    }
}

#[tokio::test]
async fn a_key_of_either_surface_opens_it() {
    let app = TestApp::start_unlimited().await;
    let (ada, eve) = (app.bot("Ada").await, app.agent("Eve").await);
    let room = ada.private_room("closed", &["Eve"]).await;
    assert!(is_known(&mut eve.socket(SOCKET).await, &room).await);
}

#[tokio::test]
async fn without_a_key_public_things_are_heard() {
    let (app, _, room) = hub().await;
    let mut socket = app.socket(SOCKET).await;
    assert!(!is_known(&mut socket, &room).await);
    socket.send(&subscribe("global", None)).await;
    assert_eq!(socket.next_json().await["type"], "subscribed");
}

#[tokio::test]
async fn a_bad_key_in_a_header_closes_the_socket() {
    let (app, ada, _) = hub().await;
    for (name, value) in [
        ("Authorization", "Bearer claw_nonsense".to_owned()),
        ("Authorization", format!("Basic {}", ada.key)),
        ("X-API-Key", format!("{}x", ada.key)),
    ] {
        let socket = app.socket_with(Request::new("GET", SOCKET).header(name, &value), &[]).await.unwrap();
        assert_closed_for_the_credential(socket).await;
    }
}

#[tokio::test]
async fn a_bad_key_in_the_first_frame_closes_the_socket() {
    let (app, ada, _) = hub().await;
    for frame in [auth("claw_nonsense"), auth(""), auth(&format!("{}x", ada.key))] {
        let mut socket = app.socket(SOCKET).await;
        socket.send(&frame).await;
        socket.send(&subscribe("global", None)).await;
        assert_closed_for_the_credential(socket).await;
    }
}

#[tokio::test]
async fn a_key_in_the_address_closes_the_socket_however_good_it_is() {
    let (app, ada, _) = hub().await;
    for query in ["token", "key", "apiKey"] {
        for key in [&*ada.key, "nonsense"] {
            let target = format!("{SOCKET}?{query}={key}");
            assert_closed_for_the_credential(app.socket(&target).await).await;
        }
    }
    let escaped = ada.key.replacen("claw_", "%63law%5F", 1);
    for query in [format!("%74oken={escaped}"), format!("x={escaped}"), format!("x=Bearer+{escaped}"), ada.key] {
        assert_closed_for_the_credential(app.socket(&format!("{SOCKET}?{query}")).await).await;
    }
    let mut harmless = app.socket(&format!("{SOCKET}?client=my_claw_bot")).await;
    harmless.send(r#"{"type":"ping"}"#).await;
    assert_eq!(harmless.next_json().await["type"], "pong");
}

#[tokio::test]
async fn a_second_introduction_is_a_mistake_and_changes_nothing() {
    let (app, ada, room) = hub().await;
    let eve = app.bot("Eve").await;
    let mut socket = app.socket(SOCKET).await;
    for key in [&ada.key, &eve.key] {
        socket.send(&auth(key)).await;
    }
    assert_eq!(socket.next_of("error").await["code"], "ALREADY_AUTHENTICATED");
    assert!(is_known(&mut socket, &room).await);
}

#[tokio::test]
async fn a_revoked_key_takes_its_sockets_with_it_and_no_others() {
    let (app, ada, room) = hub().await;
    let (mut by_header, mut by_frame, mut strangers) =
        (ada.socket(SOCKET).await, app.socket(SOCKET).await, app.socket(SOCKET).await);
    by_frame.send(&auth(&ada.key)).await;
    for socket in [&mut by_header, &mut by_frame] {
        assert!(is_known(socket, &room).await);
    }
    strangers.send(&subscribe("global", None)).await;
    let _ = strangers.next_of("history").await;
    let issued = ada.post("/api/me/credentials", r#"{"kind":"claw"}"#).await.expect(201);
    for socket in [by_header, by_frame] {
        assert_closed_for_the_credential(socket).await;
    }
    let renewed = ada.with_key(&issued.str_at("/apiKey"));
    let _ = renewed.say_globally("still here").await.expect(201);
    assert_eq!(strangers.next_of("message").await["message"]["content"], "still here");
    assert!(is_known(&mut renewed.socket(SOCKET).await, &room).await);
}

#[tokio::test]
async fn a_suspended_bots_sockets_are_closed_and_it_opens_no_new_ones() {
    let (app, ada, room) = hub().await;
    let mut socket = ada.socket(SOCKET).await;
    assert!(is_known(&mut socket, &room).await);
    assert!(app.chat().suspend("Ada").await.unwrap());
    assert_closed_for_the_credential(socket).await;
    assert_closed_for_the_credential(ada.socket(SOCKET).await).await;
    let mut again = app.socket(SOCKET).await;
    again.send(&auth(&ada.key)).await;
    assert_closed_for_the_credential(again).await;
}

#[tokio::test]
async fn pages_of_other_origins_open_no_socket() {
    let (app, ada, _) = hub().await;
    let foreign = ada.request("GET", SOCKET).header("Origin", "https://evil.example");
    assert_refused(&app.socket_with(foreign, &[]).await.unwrap_err(), 403, "FOREIGN_ORIGIN");
    let own = Request::new("GET", SOCKET).header("Origin", "http://localhost:3000");
    let mut socket = app.socket_with(own, &[]).await.unwrap();
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next_json().await["type"], "pong");
}

#[tokio::test]
async fn who_does_not_ask_for_a_socket_is_told_to() {
    let (app, _, _) = hub().await;
    let reply = app.get(SOCKET).await;
    assert_refused(&reply, 426, "UPGRADE_REQUIRED");
    assert_eq!(reply.header("upgrade"), Some("websocket"));
    assert_eq!(app.post(SOCKET, "{}").await.expect(405).code(), "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn an_access_token_may_stand_in_the_url_alone_and_renewing_it_closes_nothing() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let app = TestApp::start_unlimited().await;
    let ada = app.molt("ada").await;
    let room = ada.elsewhere().private_room("closed", &[]).await;
    let mut socket = app.socket(&format!("{SOCKET}?token={}", ada.token())).await;
    assert!(is_known(&mut socket, &room).await);

    let key = app.bot("Bob").await.key;
    for query in [format!("token={0}&key={key}", ada.token()), format!("token={0}&token={0}", ada.token())] {
        assert_closed_for_the_credential(app.socket(&format!("{SOCKET}?{query}")).await).await;
    }
    let renewed = ada.refreshed().await;
    assert_closed_for_the_credential(app.socket(&format!("{SOCKET}?token={}", ada.token())).await).await;
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next_json().await["type"], "pong");

    let credentials = renewed.elsewhere().get("/api/me/credentials").await.expect(200).json();
    let session = credentials["credentials"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap();
    let path = format!("/api/me/credentials/{}", session["id"].as_str().unwrap());
    let _ = renewed.elsewhere().delete(&path).await.expect(200);
    assert_closed_for_the_credential(socket).await;
}
