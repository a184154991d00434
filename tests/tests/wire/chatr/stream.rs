//! `GET /api/stream`: what a reader is sent, and when.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{Connection, EventStream, Request, TestApp, eventually, redacted};

const STATS_EVERY: Duration = Duration::from_secs(10);
const LONGEST_SILENCE: Duration = Duration::from_secs(15);

/// A hub in which `count` messages `0`, `1`, … were said, and their ids.
async fn said(count: usize) -> (TestApp, Vec<String>) {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let mut ids = Vec::with_capacity(count);
    for index in 0..count {
        ids.push(ada.says(&index.to_string()).await);
    }
    (app, ids)
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|index| index.to_string()).collect()
}

async fn resume(app: &TestApp, id: &str) -> EventStream {
    app.stream_with(Request::new("GET", "/api/stream").header("Last-Event-ID", id)).await
}

#[tokio::test]
async fn a_stream_begins_with_its_headers_a_retry_the_history_and_the_counts() {
    let (app, ids) = said(1).await;
    let mut stream = app.stream().await;
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    assert_eq!(stream.header("cache-control"), Some("no-store"));
    assert_eq!(stream.header("x-accel-buffering"), Some("no"));
    let history = stream.next().await.unwrap();
    assert_eq!(stream.retry(), Some("2000"));
    assert_eq!(history.id.as_deref(), Some(&*ids[0]));
    assert_snapshot!(redacted(&history.data), @r#"{"type":"history","data":[{"id":"0001-000000000001-<mark>","agentId":"<uuid>","agentName":"Ada","avatar":null,"content":"0","timestamp":"<time>","createdAt":"<time>","moltbookVerified":false,"moltbookName":null,"ownerTwitter":null}]}"#);
    let stats = stream.next().await.unwrap();
    assert_snapshot!(stats.data, @r#"{"type":"stats","data":{"totalAgents":1,"onlineAgents":1,"totalMessages":1}}"#);
    assert_eq!(stats.id, None, "only messages and the history are places to resume from");
}

#[tokio::test]
async fn the_first_bytes_are_these() {
    let (app, _) = said(1).await;
    let mut connection = Connection::open(app.address()).await;
    connection.send(&Request::new("GET", "/api/stream")).await;
    let (status, _) = connection.read_head().await;
    assert_eq!(status, 200);
    let first = String::from_utf8(connection.read_chunk().await.unwrap()).unwrap();
    assert!(first.starts_with("retry: 2000\n\nid: 0001-000000000001-"), "{first}");
    assert!(first.contains("\ndata: {\"type\":\"history\",\"data\":[{\"id\":\"0001-000000000001-"), "{first}");
    assert!(first.ends_with("}\n\n"), "{first}");
}

#[tokio::test]
async fn every_event_is_unnamed_and_one_line() {
    let (app, _) = said(1).await;
    let ada = app.agent("Eve").await;
    let mut stream = app.stream().await;
    let _ = ada.says("two\nlines").await;
    for kind in ["history", "stats", "message"] {
        let event = stream.next().await.unwrap();
        assert_eq!((event.kind().as_str(), &event.name), (kind, &None));
        assert!(!event.data.contains('\n'), "{event:?}");
    }
}

#[tokio::test]
async fn a_message_is_sent_as_it_was_answered_under_its_own_id() {
    let (app, _) = said(0).await;
    let eve = app.agent("Eve").await;
    let mut stream = app.stream().await;
    let said = eve.say("hello").await.expect(201).json()["message"].clone();
    let event = stream.next_of("message").await;
    assert_eq!(event.json(), json!({ "type": "message", "data": said }));
    assert_eq!(event.id.as_deref(), said["id"].as_str());
}

#[tokio::test]
async fn an_empty_room_has_an_empty_history_without_an_id() {
    let (app, _) = said(0).await;
    let history = app.stream().await.next().await.unwrap();
    assert_snapshot!(history.data, @r#"{"type":"history","data":[]}"#);
    assert_eq!(history.id, None);
}

#[tokio::test]
async fn the_history_is_the_last_100_oldest_first() {
    let (app, ids) = said(130).await;
    let history = app.stream().await.next().await.unwrap();
    assert_eq!(history.contents(), numbers(30..130));
    assert_eq!(history.id.as_deref(), Some(&*ids[129]));
    assert_eq!(history.json()["truncated"], json!(null));
}

#[tokio::test]
async fn a_reader_who_comes_back_gets_what_it_missed_and_nothing_else() {
    let (app, ids) = said(6).await;
    let mut stream = resume(&app, &ids[2]).await;
    let history = stream.next().await.unwrap();
    assert_eq!(history.contents(), ["3", "4", "5"]);
    assert_eq!(history.id.as_deref(), Some(&*ids[5]));
    assert_eq!(history.json()["truncated"], json!(null));
}

#[tokio::test]
async fn a_reader_who_missed_nothing_gets_an_empty_history_with_the_last_id() {
    let (app, ids) = said(3).await;
    let history = resume(&app, &ids[2]).await.next().await.unwrap();
    assert_snapshot!(history.data, @r#"{"type":"history","data":[]}"#);
    assert_eq!(history.id.as_deref(), Some(&*ids[2]));
}

#[tokio::test]
async fn the_query_resumes_as_the_header_does_and_the_header_wins() {
    let (app, ids) = said(4).await;
    let query = format!("/api/stream?lastEventId={}", ids[1]);
    let history = app.stream_with(Request::new("GET", &query)).await.next().await.unwrap();
    assert_eq!(history.contents(), ["2", "3"]);
    let both = Request::new("GET", &query).header("Last-Event-ID", &ids[2]);
    assert_eq!(app.stream_with(both).await.next().await.unwrap().contents(), ["3"]);
}

#[tokio::test]
async fn at_most_1000_missed_messages_are_made_up_for() {
    let (app, ids) = said(1_002).await;
    let history = resume(&app, &ids[1]).await.next().await.unwrap();
    assert_eq!(history.contents(), numbers(2..1_002));
    assert_eq!(history.json()["truncated"], json!(null));

    let history = resume(&app, &ids[0]).await.next().await.unwrap();
    assert_eq!(history.contents(), numbers(902..1_002));
    assert_eq!(history.json()["truncated"], true);
    assert_eq!(history.id.as_deref(), Some(&*ids[1_001]));
}

#[tokio::test]
async fn an_id_of_a_history_that_is_gone_gives_the_newest_and_says_so() {
    let (app, ids) = said(2).await;
    let other_epoch = ids[0].replacen("0001-", "0002-", 1);
    let other_mark = format!("{}00000000", &ids[0][..18]);
    for id in [&*other_epoch, &other_mark, "0001-ffffffffffff-00000000"] {
        let history = resume(&app, id).await.next().await.unwrap();
        assert_eq!(history.contents(), ["0", "1"], "{id}");
        assert_eq!(history.json()["truncated"], true, "{id}");
        assert_eq!(history.id.as_deref(), Some(&*ids[1]));
    }
}

#[tokio::test]
async fn what_is_no_id_counts_as_none() {
    let (app, _) = said(2).await;
    for id in ["garbage", "", "42", "0001-000000000001", "\u{e9}"] {
        let history = resume(&app, id).await.next().await.unwrap();
        assert_eq!(history.contents(), ["0", "1"], "{id}");
        assert_eq!(history.json()["truncated"], json!(null), "{id}");
    }
}

#[tokio::test]
async fn a_reader_resumes_across_a_restart() {
    let (mut app, ids) = said(300).await;
    app.restart().await;
    assert_eq!(resume(&app, &ids[9]).await.next().await.unwrap().contents(), numbers(10..300));
    assert_eq!(resume(&app, &ids[297]).await.next().await.unwrap().contents(), numbers(298..300));
}

#[tokio::test]
async fn the_counts_come_again_every_ten_seconds() {
    let (app, _) = said(1).await;
    let mut stream = app.stream().await;
    let _ = stream.next_of("stats").await;
    for more in 1..=3 {
        let eve = app.agent(&format!("Eve-{more}")).await;
        let _ = eve.says("hello").await;
        let _ = stream.next_of("message").await;
        app.clock().somebody_sleeps(STATS_EVERY).await;
        app.advance(STATS_EVERY);
        let stats = stream.next().await.unwrap();
        let expected = json!({ "totalAgents": 1 + more, "onlineAgents": 1 + more, "totalMessages": 1 + more });
        assert_eq!(stats.json(), json!({ "type": "stats", "data": expected }));
    }
}

#[tokio::test]
async fn a_stream_is_never_silent_for_more_than_15_seconds() {
    let (app, _) = said(0).await;
    let mut stream = app.stream().await;
    let _ = stream.next_of("stats").await;
    for _ in 0..4 {
        app.advance(LONGEST_SILENCE);
        // Either the counts or the comment `: ping`, whichever is first.
        let block = stream.next_block().await;
        assert!(block == ": ping\n\n" || block.starts_with("data: {\"type\":\"stats\""), "{block}");
        app.clock().somebody_sleeps(STATS_EVERY).await;
    }
}

#[tokio::test]
async fn a_client_that_speaks_http_1_0_is_sent_the_same_events() {
    let (app, _) = said(2).await;
    let mut stream = app.stream_with(Request::new("GET", "/api/stream").http_1_0()).await;
    assert_eq!(stream.header("transfer-encoding"), None);
    assert_eq!(stream.next_of("history").await.contents(), ["0", "1"]);
    let _ = app.agent("Eve").await.says("live").await;
    assert_eq!(stream.next_contents(1).await, ["live"]);
}

#[tokio::test]
async fn the_eleventh_stream_of_an_address_is_refused_until_one_closes() {
    let app = TestApp::start().await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(app.stream().await);
    }
    let refused = app.get("/api/stream").await;
    assert_snapshot!(refused, @r#"429 {"success":false,"error":"Rate limit reached: at most 10 streams may be open from one address; close one, or wait 10 seconds and try again. On a hub of your own, start it with --local-unlimited to lift limits per address on this machine.","code":"TOO_MANY_STREAMS"}"#);
    assert!(refused.number_in("retry-after") > 0);
    assert_eq!(refused.header("x-ratelimit-limit"), Some("10"));
    assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
    assert!(refused.number_in("x-ratelimit-reset") > 0);
    drop(open.pop());
    eventually("a place to be free", async || {
        let mut connection = Connection::open(app.address()).await;
        connection.send(&Request::new("GET", "/api/stream")).await;
        (connection.read_head().await.0 == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_stream_with_a_key_that_opens_nothing_is_a_strangers() {
    let (app, _) = said(1).await;
    let request = Request::new("GET", "/api/stream").header("Authorization", "Bearer chatr_nonsense");
    assert_eq!(app.stream_with(request).await.next().await.unwrap().contents(), ["0"]);
}

#[tokio::test]
async fn the_stream_of_a_suspended_agent_is_closed_and_no_other() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let mut hers = app.stream_with(ada.request("GET", "/api/stream")).await;
    let _ = hers.next_of("stats").await;
    let mut strangers = app.stream().await;
    assert!(app.chat().suspend("ada").await.unwrap());
    hers.ends().await;
    let _ = app.agent("Eve").await.says("still here").await;
    assert_eq!(strangers.next_contents(1).await, ["still here"]);
}

#[tokio::test]
async fn a_revoked_key_takes_the_streams_with_it_that_it_opened() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let mut hers = app.stream_with(ada.request("GET", "/api/stream")).await;
    let _ = hers.next_of("stats").await;
    // A new key of the same kind ends the old one.
    let issued = ada.post("/api/me/credentials", r#"{"kind":"chatr"}"#).await.expect(201);
    hers.ends().await;
    let renewed = ada.with_key(&issued.str_at("/apiKey"));
    let mut again = app.stream_with(renewed.request("GET", "/api/stream")).await;
    let _ = again.next_of("stats").await;
    let _ = renewed.says("back").await;
    assert_eq!(again.next_contents(1).await, ["back"]);
}

#[tokio::test]
async fn streams_end_when_the_hub_stops() {
    let (mut app, ids) = said(1).await;
    let mut stream = app.stream().await;
    let _ = stream.next_of("stats").await;
    app.restart().await;
    stream.ends().await;
    let _ = app.agent("Eve").await.says("later").await;
    assert_eq!(resume(&app, &ids[0]).await.next().await.unwrap().contents(), ["later"]);
}
