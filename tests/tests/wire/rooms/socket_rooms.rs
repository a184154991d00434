//! WebSocket `/api/ws`: what happens to rooms, and who may listen.

use std::time::Duration;

use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, TestApp, WebSocket};

use super::support::{SHORTEST_TTL, SOCKET, subscribe};

/// Subscribes and reads the history.
async fn follow(socket: &mut WebSocket, room: &str) {
    socket.send(&subscribe(room, None)).await;
    assert_eq!(socket.next_json().await, json!({ "type": "subscribed", "room": room }));
    assert_eq!(socket.next_json().await["type"], "history");
}

/// A connection of a bot that follows a room.
async fn listening(bot: &AgentCaller, room: &str) -> WebSocket {
    let mut socket = bot.socket(SOCKET).await;
    follow(&mut socket, room).await;
    socket
}

/// The code with which subscribing is refused.
async fn refused(socket: &mut WebSocket, room: &str) -> Value {
    socket.send(&subscribe(room, None)).await;
    let error = socket.next_json().await;
    assert_eq!((&error["type"], &error["room"]), (&json!("error"), &json!(room)), "{error}");
    error["code"].clone()
}

#[tokio::test]
async fn listeners_are_told_who_joins_and_who_leaves() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    for room in [ada.public_room("open").await, ada.private_room("closed", &["Eve"]).await] {
        let mut socket = listening(&ada, &room).await;
        let _ = eve.join(&room).await.expect(200);
        let _ = eve.leave(&room).await.expect(200);
        for event in ["joined", "left"] {
            assert_eq!(socket.next_json().await, json!({ "type": "room", "room": room, "event": event, "bot": "Eve" }));
        }
    }
}

#[tokio::test]
async fn listeners_of_the_lobby_are_told_of_new_public_rooms_alone() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let mut socket = listening(&eve, "global").await;
    let _ = ada.private_room("closed", &["Eve"]).await;
    let open = ada.public_room("open").await;
    assert_eq!(socket.next_json().await, json!({ "type": "room", "room": open, "event": "created", "bot": "Ada" }));
    let _ = ada.say_globally("and that was all").await.expect(201);
    assert_eq!(socket.next_json().await["message"]["content"], "and that was all");
}

#[tokio::test]
async fn a_private_room_is_followed_by_participants_alone() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    for participant in [&ada, &eve] {
        let _ = listening(participant, &room).await;
    }
    assert_eq!(refused(&mut app.socket(SOCKET).await, &room).await, "NOT_PARTICIPANT");
    let mut socket = kim.socket(SOCKET).await;
    assert_eq!(refused(&mut socket, &room).await, "NOT_PARTICIPANT");
    let _ = ada.says_in(&room, "a secret").await;
    let _ = ada.invite(&room, "Kim").await.expect(200);
    socket.send(&subscribe(&room, None)).await;
    assert_eq!(socket.next_json().await, json!({ "type": "subscribed", "room": room }));
    assert_eq!(socket.next_json().await["messages"][0]["content"], "a secret");
}

#[tokio::test]
async fn who_leaves_a_private_room_hears_nothing_of_it_any_more() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let mut socket = listening(&eve, "global").await;
    follow(&mut socket, &room).await;
    let _ = eve.leave(&room).await.expect(200);
    let _ = ada.says_in(&room, "she is gone").await;
    let _ = ada.say_globally("still heard").await.expect(201);
    loop {
        let told = socket.next_json().await;
        assert!(!told.to_string().contains("she is gone"), "{told}");
        if told["message"]["content"] == "still heard" {
            break;
        }
    }
    assert_eq!(refused(&mut socket, &room).await, "NOT_PARTICIPANT");
}

#[tokio::test]
async fn when_a_room_is_destroyed_its_listeners_are_told_and_closed_if_they_follow_nothing_else() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    let (mut only, mut also) = (listening(&eve, &room).await, listening(&eve, &room).await);
    follow(&mut also, "global").await;
    let _ = ada.destroy(&room).await.expect(200);
    for socket in [&mut only, &mut also] {
        assert_eq!(socket.next_json().await, json!({ "type": "room", "room": room, "event": "destroyed" }));
    }
    let (code, reason) = only.closed().await;
    assert_eq!(code, 4404, "{reason}");
    let _ = ada.say_globally("still here").await.expect(201);
    assert_eq!(also.next_json().await["message"]["content"], "still here");
}

#[tokio::test]
async fn when_a_room_expires_its_listeners_are_told_and_closed_if_they_follow_nothing_else() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let fields = json!({ "name": "closed", "type": "private", "invite": ["Eve"], "ttl": SHORTEST_TTL.as_secs() });
    let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
    let (mut only, mut also) = (listening(&eve, &room).await, listening(&ada, &room).await);
    follow(&mut also, "global").await;
    app.advance(SHORTEST_TTL);
    for socket in [&mut only, &mut also] {
        assert_eq!(socket.next_of("room").await, json!({ "type": "room", "room": room, "event": "expired" }));
    }
    assert_eq!(only.closed().await.0, 4404);
    let _ = ada.say_globally("still here").await.expect(201);
    assert_eq!(also.next_of("message").await["message"]["content"], "still here");
    assert_eq!(refused(&mut also, &room).await, "ROOM_NOT_FOUND");
}

#[tokio::test]
async fn unsubscribing_from_everything_closes_nothing() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let mut socket = listening(&ada, &room).await;
    socket.send(&json!({ "type": "unsubscribe", "room": room }).to_string()).await;
    let _ = ada.destroy(&room).await.expect(200);
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next_json().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn nothing_of_a_private_room_is_told_to_others() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let mut sockets = [app.socket(SOCKET).await, kim.socket(SOCKET).await];
    for socket in &mut sockets {
        let first = refused(socket, &room).await;
        follow(socket, "global").await;
        let _ = eve.says_in(&room, "a secret").await;
        assert_eq!(refused(socket, &room).await, first);
    }
    let _ = ada.destroy(&room).await.expect(200);
    let _ = ada.say_globally("and that was all").await.expect(201);
    for socket in &mut sockets {
        assert_eq!(socket.next_json().await["message"]["content"], "and that was all");
    }
}

#[tokio::test]
async fn an_open_authenticated_socket_keeps_a_bot_online() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let mut socket = listening(&ada, "global").await;
    for _ in 0..80 {
        app.clock().somebody_sleeps(Duration::from_secs(30)).await;
        app.advance(Duration::from_secs(30));
        socket.send(r#"{"type":"ping"}"#).await;
        let _ = socket.next_of("pong").await;
    }
    assert_eq!(app.get("/api/global/info").await.json()["bots"][0]["online"], true);
}

#[tokio::test]
async fn frames_bring_a_bot_back_that_has_said_goodbye() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let mut socket = listening(&ada, "global").await;
    let online = async || app.get("/api/global/info").await.json()["bots"][0]["online"].clone();
    let _ = ada.post("/api/disconnect", "").await.expect(200);
    assert_eq!(online().await, false, "although its connection is open");
    socket.send(r#"{"type":"ping"}"#).await;
    let _ = socket.next_of("pong").await;
    assert_eq!(online().await, true);
}

#[tokio::test]
async fn who_declines_an_invitation_is_told_that_it_hears_no_more() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let mut socket = eve.socket(SOCKET).await;
    follow(&mut socket, &room).await;
    let _ = eve.leave(&room).await.expect(200);
    let told = socket.next_of("error").await;
    assert_eq!((&told["code"], &told["room"]), (&json!("NOT_PARTICIPANT"), &json!(room)));
    ada.says_in(&room, "without Eve").await;
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next_json().await["type"], "pong");
}
