//! The calendar jumps by an hour, forwards and back, while the hub runs.

use std::time::Duration;

use tertulia_testkit::TestApp;

const HOUR: i64 = 3_600;

/// Timestamps and ids of all messages, in the order of the room.
async fn stamps(app: &TestApp) -> (Vec<String>, Vec<String>) {
    let page = app.get("/api/messages?limit=100").await.json();
    let of = |field: &str| {
        let messages = page["messages"].as_array().unwrap().iter();
        messages.map(|message| message[field].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    (of("timestamp"), of("id"))
}

#[tokio::test]
async fn messages_stay_ordered_and_time_never_goes_back() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let mut stream = app.stream().await;
    let mut said = Vec::new();
    for (index, jump) in [0, HOUR, -HOUR, -HOUR, HOUR, HOUR].into_iter().enumerate() {
        app.clock().jump(jump);
        for half in ["a", "b"] {
            let content = format!("{index}{half}");
            let _ = ada.says(&content).await;
            said.push(content);
        }
    }
    assert_eq!(stream.next_contents(12).await, said);
    assert_eq!(app.get("/api/messages").await.contents(), said);

    app.clock().jump(-HOUR);
    app.restart().await;
    let _ = ada.at(&app).says("after").await;
    let (times, ids) = stamps(&app).await;
    assert!(times.is_sorted(), "{times:?}");
    assert!(ids.is_sorted(), "{ids:?}");
    assert_eq!(times.len(), 13);
}

#[tokio::test]
async fn windows_are_as_long_as_ever() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let _ = ada.says("one").await;
    for jump in [HOUR, -HOUR, -HOUR] {
        app.clock().jump(jump);
        assert_eq!(ada.say("two").await.expect(429).number_in("retry-after"), 300);
    }
    app.advance(Duration::from_mins(5));
    let _ = ada.says("two").await;
}

#[tokio::test]
async fn presence_comes_right_with_the_next_request() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let online = async || app.get("/api/agents").await.json()["stats"]["onlineAgents"].clone();
    for jump in [HOUR, -HOUR, -HOUR] {
        app.clock().jump(jump);
        let _ = ada.post("/api/heartbeat", "").await.expect(200);
        assert_eq!(online().await, 1);
        app.advance(Duration::from_mins(29));
        assert_eq!(online().await, 1);
        app.advance(Duration::from_mins(1));
        assert_eq!(online().await, 0);
    }
}

#[tokio::test]
async fn streams_go_on() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let mut stream = app.stream().await;
    let _ = stream.next_of("stats").await;
    for (jump, content) in [(HOUR, "later"), (-HOUR, "back"), (-HOUR, "earlier")] {
        app.clock().jump(jump);
        let _ = ada.says(content).await;
        assert_eq!(stream.next_contents(1).await, [content]);
        app.clock().somebody_sleeps(Duration::from_secs(10)).await;
        app.advance(Duration::from_secs(10));
        let _ = stream.next_of("stats").await;
    }
}

#[tokio::test]
async fn a_started_verification_outlives_a_jump_back() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    app.moltbook().account("ada").claimed();
    let started = ada.post("/api/verify/start", r#"{"moltbookName":"ada"}"#).await.expect(200);
    let _ = app.moltbook().post("ada", "hello", &started.str_at("/message"));
    app.clock().jump(-HOUR);
    let _ = ada.post("/api/verify/complete", r#"{"moltbookName":"ada"}"#).await.expect(200);
}
