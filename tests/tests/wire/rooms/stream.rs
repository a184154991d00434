//! `GET /api/rooms/:id/stream` and `GET /api/global/stream`: what a reader is sent, and when.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{AgentCaller, Connection, EventStream, Request, TestApp, redacted};

use super::support::{LONGEST_TTL, NO_ROOM, assert_refused};

const LONGEST_SILENCE: Duration = Duration::from_secs(15);

/// A place that can be listened to, and the ids of what was said there: `0`, `1`, …
struct Place {
    app: TestApp,
    speaker: AgentCaller,
    room: String,
    ids: Vec<String>,
}

impl Place {
    async fn with(app: TestApp, speaker: AgentCaller, room: String, count: usize) -> Self {
        let mut place = Self { app, speaker, room, ids: Vec::with_capacity(count) };
        for index in 0..count {
            let id = place.say(&index.to_string()).await;
            place.ids.push(id);
        }
        place
    }

    async fn lobby(count: usize) -> Self {
        let app = TestApp::start_unlimited().await;
        let ada = app.bot("Ada").await;
        Self::with(app, ada, "global".to_owned(), count).await
    }

    async fn room(count: usize) -> Self {
        let app = TestApp::start_unlimited().await;
        let ada = app.bot("Ada").await;
        let fields = json!({ "name": "open", "ttl": LONGEST_TTL.as_secs() });
        let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
        Self::with(app, ada, room, count).await
    }

    async fn both(count: usize) -> [Self; 2] {
        [Self::lobby(count).await, Self::room(count).await]
    }

    fn path(&self) -> String {
        if self.room == "global" { "/api/global/stream".to_owned() } else { format!("/api/rooms/{}/stream", self.room) }
    }

    async fn say(&self, content: &str) -> String {
        let reply = match self.room.as_str() {
            "global" => self.speaker.say_globally(content).await,
            room => self.speaker.say_in(room, content).await,
        };
        reply.expect(201).str_at("/message/id")
    }

    async fn open(&self) -> EventStream {
        self.app.room_stream(&self.room).await
    }

    async fn resume(&self, id: &str) -> EventStream {
        self.app.stream_with(Request::new("GET", &self.path()).header("Last-Event-ID", id)).await
    }
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|index| index.to_string()).collect()
}

#[tokio::test]
async fn a_stream_begins_with_its_headers_a_retry_and_the_history() {
    for place in Place::both(1).await {
        let mut stream = place.open().await;
        assert_eq!(stream.header("content-type"), Some("text/event-stream"));
        assert_eq!(stream.header("cache-control"), Some("no-store"));
        assert_eq!(stream.header("x-accel-buffering"), Some("no"));
        let history = stream.next().await.unwrap();
        assert_eq!(stream.retry(), Some("2000"));
        assert_eq!(history.id.as_deref(), Some(&*place.ids[0]));
        let room = if place.room == "global" { "global" } else { "<uuid>" };
        let expected = format!(
            r#"{{"type":"history","data":[{{"id":"0001-000000000001-<mark>","roomId":"{room}","botId":"<uuid>","botName":"Ada","content":"0","createdAt":"<time>"}}]}}"#
        );
        assert_eq!(redacted(&history.data), expected);
    }
}

#[tokio::test]
async fn the_first_bytes_are_these() {
    for place in Place::both(1).await {
        let mut connection = Connection::open(place.app.address()).await;
        connection.send(&Request::new("GET", &place.path())).await;
        assert_eq!(connection.read_head().await.0, 200);
        let first = String::from_utf8(connection.read_chunk().await.unwrap()).unwrap();
        assert!(first.starts_with("retry: 2000\n\nid: 0001-000000000001-"), "{first}");
        assert!(first.contains("\ndata: {\"type\":\"history\",\"data\":[{\"id\":\"0001-000000000001-"), "{first}");
        assert!(first.ends_with("}\n\n"), "{first}");
    }
}

#[tokio::test]
async fn every_event_is_unnamed_and_one_line() {
    for place in Place::both(1).await {
        let mut stream = place.open().await;
        let _ = place.say("two\nlines").await;
        for kind in ["history", "message"] {
            let event = stream.next().await.unwrap();
            assert_eq!((event.kind().as_str(), &event.name), (kind, &None));
            assert!(!event.data.contains('\n'), "{event:?}");
        }
    }
}

#[tokio::test]
async fn a_message_is_sent_as_it_was_answered_under_its_own_id() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    for place in ["global", &*room] {
        let mut stream = app.room_stream(place).await;
        let _ = stream.next_of("history").await;
        let said = if place == "global" { ada.say_globally("hello").await } else { ada.say_in(place, "hello").await };
        let said = said.expect(201).json()["message"].clone();
        let event = stream.next_of("message").await;
        assert_eq!(event.json(), json!({ "type": "message", "data": said }));
        assert_eq!(event.id.as_deref(), said["id"].as_str());
    }
}

#[tokio::test]
async fn where_nothing_was_said_the_history_is_empty_and_has_no_id() {
    for place in Place::both(0).await {
        let history = place.open().await.next().await.unwrap();
        assert_eq!(history.data, r#"{"type":"history","data":[]}"#);
        assert_eq!(history.id, None);
    }
}

#[tokio::test]
async fn the_history_is_the_last_100_oldest_first() {
    for place in Place::both(130).await {
        let history = place.open().await.next().await.unwrap();
        assert_eq!(history.contents(), numbers(30..130));
        assert_eq!(history.id.as_deref(), Some(&*place.ids[129]));
        assert_eq!(history.json()["truncated"], json!(null));
    }
}

#[tokio::test]
async fn a_reader_who_comes_back_gets_what_it_missed_and_nothing_else() {
    for place in Place::both(6).await {
        let mut stream = place.resume(&place.ids[2]).await;
        let history = stream.next().await.unwrap();
        assert_eq!(history.contents(), ["3", "4", "5"]);
        assert_eq!(history.id.as_deref(), Some(&*place.ids[5]));
        let _ = place.say("live").await;
        assert_eq!(stream.next_contents(1).await, ["live"]);

        let mut stream = place.resume(&place.ids[5]).await;
        assert_eq!(stream.next().await.unwrap().contents(), ["live"]);
    }
}

#[tokio::test]
async fn a_reader_who_missed_nothing_gets_an_empty_history_with_the_last_id() {
    for place in Place::both(3).await {
        let history = place.resume(&place.ids[2]).await.next().await.unwrap();
        assert_eq!(history.data, r#"{"type":"history","data":[]}"#);
        assert_eq!(history.id.as_deref(), Some(&*place.ids[2]));
    }
}

#[tokio::test]
async fn the_query_resumes_as_the_header_does_and_the_header_wins() {
    for place in Place::both(4).await {
        let query = format!("{}?lastEventId={}", place.path(), place.ids[1]);
        let history = place.app.stream_with(Request::new("GET", &query)).await.next().await.unwrap();
        assert_eq!(history.contents(), ["2", "3"]);
        let both = Request::new("GET", &query).header("Last-Event-ID", &place.ids[2]);
        assert_eq!(place.app.stream_with(both).await.next().await.unwrap().contents(), ["3"]);
    }
}

#[tokio::test]
async fn at_most_1000_missed_messages_are_made_up_for() {
    for place in Place::both(1_002).await {
        let history = place.resume(&place.ids[1]).await.next().await.unwrap();
        assert_eq!(history.contents(), numbers(2..1_002));
        assert_eq!(history.json()["truncated"], json!(null));
        let history = place.resume(&place.ids[0]).await.next().await.unwrap();
        assert_eq!(history.contents(), numbers(902..1_002));
        assert_eq!(history.json()["truncated"], true);
        assert_eq!(history.id.as_deref(), Some(&*place.ids[1_001]));
    }
}

#[tokio::test]
async fn an_id_of_a_history_that_is_gone_gives_the_newest_and_says_so() {
    for place in Place::both(2).await {
        let other_epoch = place.ids[0].replacen("0001-", "0002-", 1);
        let other_mark = format!("{}00000000", &place.ids[0][..18]);
        for id in [&*other_epoch, &other_mark, "0001-ffffffffffff-00000000"] {
            let history = place.resume(id).await.next().await.unwrap();
            assert_eq!(history.contents(), ["0", "1"], "{id}");
            assert_eq!(history.json()["truncated"], true, "{id}");
        }
    }
}

#[tokio::test]
async fn what_is_no_id_counts_as_none() {
    for place in Place::both(2).await {
        for id in ["garbage", "", "42", "0001-000000000001", "\u{e9}"] {
            let history = place.resume(id).await.next().await.unwrap();
            assert_eq!(history.contents(), ["0", "1"], "{id}");
            assert_eq!(history.json()["truncated"], json!(null), "{id}");
        }
    }
}

#[tokio::test]
async fn a_reader_resumes_across_a_restart() {
    for mut place in Place::both(300).await {
        place.app.restart().await;
        assert_eq!(place.resume(&place.ids[9]).await.next().await.unwrap().contents(), numbers(10..300));
        assert_eq!(place.resume(&place.ids[297]).await.next().await.unwrap().contents(), numbers(298..300));
    }
}

#[tokio::test]
async fn a_stream_is_never_silent_for_more_than_15_seconds() {
    for place in Place::both(0).await {
        let mut stream = place.open().await;
        let _ = stream.next_of("history").await;
        for _ in 0..4 {
            place.app.clock().somebody_sleeps(LONGEST_SILENCE).await;
            place.app.advance(LONGEST_SILENCE);
            assert_eq!(stream.next_block().await, ": ping\n\n");
        }
    }
}

#[tokio::test]
async fn a_client_that_speaks_http_1_0_is_sent_the_same_events() {
    for place in Place::both(2).await {
        let mut stream = place.app.stream_with(Request::new("GET", &place.path()).http_1_0()).await;
        assert_eq!(stream.header("transfer-encoding"), None);
        assert_eq!(stream.next_of("history").await.contents(), ["0", "1"]);
        let _ = place.say("live").await;
        assert_eq!(stream.next_contents(1).await, ["live"]);
    }
}

#[tokio::test]
async fn streams_end_when_the_hub_stops_and_are_resumed() {
    for mut place in Place::both(1).await {
        let mut stream = place.open().await;
        let _ = stream.next_of("history").await;
        place.app.restart().await;
        assert_eq!(stream.next().await, None, "the room has not ended, and no event says so");
        let speaker = place.speaker.at(&place.app);
        place.speaker = speaker;
        let _ = place.say("later").await;
        assert_eq!(place.resume(&place.ids[0]).await.next().await.unwrap().contents(), ["later"]);
    }
}

#[tokio::test]
async fn the_lobbys_stream_carries_what_is_said_through_the_other_surface() {
    let place = Place::lobby(0).await;
    let mut stream = place.open().await;
    let _ = stream.next_of("history").await;
    let eve = place.app.agent("Eve").await;
    let id = eve.says("hello").await;
    let event = stream.next_of("message").await;
    assert_eq!(event.id.as_deref(), Some(&*id));
    assert_snapshot!(redacted(&event.data), @r#"{"type":"message","data":{"id":"0001-000000000001-<mark>","roomId":"global","botId":"<uuid>","botName":"Eve","content":"hello","createdAt":"<time>"}}"#);
}

#[tokio::test]
async fn there_is_no_stream_where_there_is_no_room() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for id in [NO_ROOM, "x", "%00", "global", &ada.id] {
        assert_refused(&app.get(&format!("/api/rooms/{id}/stream")).await, 404, "ROOM_NOT_FOUND");
    }
}

#[tokio::test]
async fn an_open_authenticated_stream_keeps_a_bot_online() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.create_room(&json!({ "name": "open", "ttl": 86_400 })).await.expect(201).str_at("/room/id");
    let mut stream = ada.room_stream(&app, &room).await;
    let _ = stream.next_of("history").await;
    app.advance(Duration::from_hours(2));
    assert_eq!(app.get("/api/global/info").await.json()["bots"][0]["online"], true);
}
