//! The end of a room, for those who listen.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{Request, TestApp};

use super::support::{DEFAULT_TTL, LONGEST_TTL};

#[tokio::test]
async fn open_streams_get_a_last_event_and_are_closed() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    for is_private in [false, true] {
        let room = if is_private { ada.private_room("closed", &["Eve"]).await } else { ada.public_room("open").await };
        let mut streams = vec![ada.room_stream(&app, &room).await, eve.room_stream(&app, &room).await];
        for stream in &mut streams {
            let _ = stream.next_of("history").await;
        }
        let _ = ada.says_in(&room, "the last word").await;
        for stream in &mut streams {
            assert_eq!(stream.next_contents(1).await, ["the last word"]);
        }
        app.advance(DEFAULT_TTL);
        for mut stream in streams {
            let last = stream.next().await.expect("a last event");
            assert_eq!(last.data, r#"{"type":"room","data":{"event":"expired"}}"#);
            assert_eq!(last.name, None);
            assert_eq!(stream.next().await, None, "and then the stream is closed");
        }
    }
}

#[tokio::test]
async fn a_stream_of_another_room_goes_on() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let short = ada.public_room("short").await;
    let long = json!({ "name": "long", "ttl": LONGEST_TTL.as_secs() });
    let long = ada.create_room(&long).await.expect(201).str_at("/room/id");
    let mut ending = app.room_stream(&short).await;
    let (mut lasting, mut lobby) = (app.room_stream(&long).await, app.room_stream("global").await);
    for stream in [&mut ending, &mut lasting, &mut lobby] {
        let _ = stream.next_of("history").await;
    }
    app.advance(DEFAULT_TTL);
    ending.ends().await;
    let _ = ada.says_in(&long, "still here").await;
    let _ = ada.say_globally("and here").await.expect(201);
    assert_eq!(lasting.next_contents(1).await, ["still here"]);
    assert_eq!(lobby.next_contents(1).await, ["and here"]);
}

#[tokio::test]
async fn a_stream_that_was_opened_in_the_last_second_ends_too() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    app.advance(DEFAULT_TTL.saturating_sub(Duration::from_secs(1)));
    let mut stream = app.room_stream(&room).await;
    let _ = stream.next_of("history").await;
    app.advance(Duration::from_secs(2));
    assert_eq!(stream.next_of("room").await.json()["data"], json!({ "event": "expired" }));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn nothing_comes_after_the_end_however_late_a_reader_reads() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let mut stream = app.room_stream(&room).await;
    for count in 0..20 {
        let _ = ada.says_in(&room, &count.to_string()).await;
    }
    app.advance(DEFAULT_TTL);
    let _ = ada.say_in(&room, "too late").await.expect(404);
    let (mut contents, mut last) = (Vec::new(), None);
    while let Some(event) = stream.next().await {
        if event.kind() == "message" {
            contents.push(event.json()["data"]["content"].as_str().unwrap().to_owned());
        }
        last = Some(event);
    }
    let history: Vec<_> = (0..20).map(|count| count.to_string()).collect();
    assert!(contents.len() <= 20 && history.ends_with(&contents), "{contents:?}");
    assert_eq!(last.unwrap().data, r#"{"type":"room","data":{"event":"expired"}}"#);
}

#[tokio::test]
async fn a_reader_who_comes_back_is_told_that_there_is_no_room() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let id = ada.says_in(&room, "hello").await;
    app.advance(DEFAULT_TTL);
    let request = Request::new("GET", &format!("/api/rooms/{room}/stream")).header("Last-Event-ID", &id);
    super::support::assert_refused(&app.send(request).await, 404, "ROOM_NOT_FOUND");
}
