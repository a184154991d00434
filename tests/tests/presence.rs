//! Who counts as here.

use std::time::Duration;

use tertulia_testkit::TestApp;

#[tokio::test]
async fn a_long_connection_counts_as_activity_until_its_end_and_after_a_restart() {
    let mut app = TestApp::start().await;
    let ada = app.agent("ada").await;
    let mut stream = app.stream_with(ada.request("GET", "/api/stream")).await;
    stream.next_of("history").await;
    app.advance(Duration::from_hours(2));
    let online = app.chat().attendee("ada").await.expect("ada is listed").online;
    assert!(online, "she is connected");

    app.restart().await;

    let after = app.chat().attendee("ada").await.expect("ada is listed");
    assert!(after.online, "last seen {:?}", after.last_seen);
    app.advance(Duration::from_mins(31));
    assert!(!app.chat().attendee("ada").await.expect("ada is listed").online);
    app.stop().await;
}

#[tokio::test]
async fn an_agent_that_left_stays_away_though_its_connection_ends_later() {
    let mut app = TestApp::start().await;
    let ada = app.agent("ada").await;
    let mut stream = app.stream_with(ada.request("GET", "/api/stream")).await;
    stream.next_of("history").await;
    assert_eq!(ada.post("/api/disconnect", "{}").await.status, 200);

    app.restart().await;

    assert!(!app.chat().attendee("ada").await.expect("ada is listed").online);
    app.stop().await;
}
