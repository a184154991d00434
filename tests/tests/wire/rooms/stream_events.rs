//! What happens in a room besides messages, as its stream tells it; and who may listen to a private one.

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{EventStream, TestApp};

use super::support::assert_refused;

/// The next event, which must be about the room.
async fn next_happening(stream: &mut EventStream) -> serde_json::Value {
    let event = stream.next().await.expect("the stream goes on");
    let json = event.json();
    assert_eq!((&json["type"], event.name), (&json!("room"), None), "{}", event.data);
    json["data"].clone()
}

#[tokio::test]
async fn listeners_are_told_who_joins_and_who_leaves() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    for room in [ada.public_room("open").await, ada.private_room("closed", &["Eve", "Kim"]).await] {
        let mut stream = ada.room_stream(&app, &room).await;
        let _ = stream.next_of("history").await;
        let _ = eve.join(&room).await.expect(200);
        assert_eq!(next_happening(&mut stream).await, json!({ "event": "joined", "bot": "Eve" }));
        let _ = kim.says_in(&room, "hello").await;
        assert_eq!(next_happening(&mut stream).await, json!({ "event": "joined", "bot": "Kim" }));
        assert_eq!(stream.next().await.unwrap().json()["data"]["content"], "hello");
        let _ = eve.leave(&room).await.expect(200);
        assert_eq!(next_happening(&mut stream).await, json!({ "event": "left", "bot": "Eve" }));
    }
}

#[tokio::test]
async fn an_event_about_the_room_is_no_place_to_resume_from() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    let mut stream = app.room_stream(&room).await;
    let _ = stream.next_of("history").await;
    let _ = eve.join(&room).await.expect(200);
    let event = stream.next().await.unwrap();
    assert_snapshot!(event.data, @r#"{"type":"room","data":{"event":"joined","bot":"Eve"}}"#);
    assert_eq!((event.id, event.name), (None, None));
}

#[tokio::test]
async fn what_changes_nothing_is_not_told() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let mut stream = ada.room_stream(&app, &room).await;
    let _ = stream.next_of("history").await;
    let _ = eve.join(&room).await.expect(200);
    assert_eq!(next_happening(&mut stream).await, json!({ "event": "joined", "bot": "Eve" }));
    let _ = eve.join(&room).await.expect(200);
    let _ = ada.join(&room).await.expect(200);
    let _ = ada.invite(&room, "Eve").await.expect(200);
    let _ = eve.says_in(&room, "a second time").await;
    assert_eq!(stream.next().await.unwrap().kind(), "message");
}

#[tokio::test]
async fn listeners_of_the_lobby_are_told_of_public_rooms_and_of_no_private_ones() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let mut stream = app.room_stream("global").await;
    let _ = stream.next_of("history").await;
    let closed = ada.private_room("closed", &["Eve"]).await;
    let _ = eve.says_in(&closed, "nobody may know").await;
    let open = ada.public_room("open").await;
    let event = stream.next().await.unwrap();
    assert_eq!(event.json(), json!({ "type": "room", "data": { "event": "created", "room": open, "bot": "Ada" } }));
    assert_eq!((event.id, event.name), (None, None));
    let _ = eve.says_in(&open, "in the room").await;
    let _ = eve.leave(&open).await.expect(200);
    let _ = ada.say_globally("in the lobby").await.expect(201);
    assert_eq!(stream.next().await.unwrap().json()["data"]["content"], "in the lobby");
}

#[tokio::test]
async fn a_private_rooms_stream_is_for_participants_alone() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve, kim] = app.bots(["Ada", "Eve", "Kim"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let _ = ada.says_in(&room, "a secret").await;
    let path = format!("/api/rooms/{room}/stream");
    assert_refused(&app.get(&path).await, 401, "UNAUTHORIZED");
    assert_refused(&kim.get(&path).await, 403, "NOT_PARTICIPANT");
    for participant in [&ada, &eve] {
        let mut stream = participant.room_stream(&app, &room).await;
        assert_eq!(stream.next().await.unwrap().contents(), ["a secret"]);
    }
}

#[tokio::test]
async fn who_is_invited_later_may_listen_and_hears_what_was_said_before() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &[]).await;
    let _ = ada.says_in(&room, "before").await;
    assert_refused(&eve.get(&format!("/api/rooms/{room}/stream")).await, 403, "NOT_PARTICIPANT");
    let _ = ada.invite(&room, "Eve").await.expect(200);
    let mut stream = eve.room_stream(&app, &room).await;
    assert_eq!(stream.next().await.unwrap().contents(), ["before"]);
    let _ = ada.says_in(&room, "live").await;
    assert_eq!(stream.next_contents(1).await, ["live"]);
}

#[tokio::test]
async fn who_leaves_a_private_room_hears_nothing_of_it_any_more() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let (mut hers, mut adas) = (eve.room_stream(&app, &room).await, ada.room_stream(&app, &room).await);
    for stream in [&mut hers, &mut adas] {
        let _ = stream.next_of("history").await;
    }
    let _ = eve.says_in(&room, "goodbye").await;
    let _ = eve.leave(&room).await.expect(200);
    let _ = ada.says_in(&room, "she is gone").await;
    let mut heard = Vec::new();
    while let Some(event) = hers.next().await {
        heard.push(event.data);
    }
    assert!(!heard.iter().any(|data| data.contains("she is gone")), "{heard:?}");
    assert!(heard.iter().any(|data| data.contains("goodbye")), "{heard:?}");
    assert_eq!(adas.next_contents(2).await, ["goodbye", "she is gone"]);
    assert_refused(&eve.get(&format!("/api/rooms/{room}/stream")).await, 403, "NOT_PARTICIPANT");
}

#[tokio::test]
async fn who_declines_an_invitation_hears_nothing_any_more() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let mut stream = eve.room_stream(&app, &room).await;
    let _ = stream.next_of("history").await;
    let _ = eve.leave(&room).await.expect(200);
    stream.ends().await;
    assert_eq!(ada.look_at(&room).await.json()["room"]["memberCount"], 1);
}

#[tokio::test]
async fn who_leaves_a_public_room_may_go_on_listening() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    let _ = eve.join(&room).await.expect(200);
    let mut stream = eve.room_stream(&app, &room).await;
    let _ = stream.next_of("history").await;
    let _ = eve.leave(&room).await.expect(200);
    assert_eq!(next_happening(&mut stream).await, json!({ "event": "left", "bot": "Eve" }));
    let _ = ada.says_in(&room, "still heard").await;
    assert_eq!(stream.next_contents(1).await, ["still heard"]);
}

#[tokio::test]
async fn nothing_of_a_private_room_is_heard_on_any_stream_of_others() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let (closed, open) = (ada.private_room("closed", &["Eve"]).await, ada.public_room("open").await);
    let mut streams = [app.stream().await, app.room_stream("global").await, app.room_stream(&open).await];
    for stream in &mut streams {
        let _ = stream.next_of("history").await;
    }
    let _ = eve.says_in(&closed, "a secret").await;
    let _ = ada.destroy(&closed).await.expect(200);
    let _ = ada.say_globally("in the lobby").await.expect(201);
    let _ = ada.says_in(&open, "in the room").await;
    for (stream, last) in streams.iter_mut().zip(["in the lobby", "in the lobby", "in the room"]) {
        loop {
            let event = stream.next().await.unwrap();
            assert!(!event.data.contains("secret") && !event.data.contains(&closed), "{}", event.data);
            if event.data.contains(last) {
                break;
            }
        }
    }
}
