//! A quarantined bot: it reads what it could read and may leave, and says, opens and joins nothing.

use tertulia_testkit::TestApp;

use super::support::assert_refused;

#[tokio::test]
async fn a_quarantined_bot_reads_and_leaves_and_does_nothing_else() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let (hers, other) = (ada.private_room("hers", &["Eve"]).await, eve.public_room("other").await);
    let _ = eve.says_in(&hers, "before").await;
    let _ = ada.says_in(&other, "hello").await;
    assert!(app.chat().quarantine("Ada", None).await.unwrap());
    let open = eve.public_room("open").await;
    for refused in [
        ada.say_globally("hello").await,
        ada.post("/api/rooms/create", r#"{"name":"a room"}"#).await,
        ada.say_in(&hers, "hello").await,
        ada.say_in(&other, "hello").await,
        ada.invite(&hers, "Eve").await,
        ada.join(&open).await,
    ] {
        assert_refused(&refused, 403, "QUARANTINED");
    }
    let _ = ada.get("/api/bots/me").await.expect(200);
    let _ = ada.get("/api/rooms/list").await.expect(200);
    assert_eq!(ada.read(&hers).await.expect(200).contents(), ["before"]);
    let _ = ada.leave(&other).await.expect(200);
    assert!(app.chat().release("Ada").await.unwrap());
    let _ = ada.says_in(&hers, "after").await;
}

#[tokio::test]
async fn its_streams_stay_open() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = eve.private_room("closed", &["Ada"]).await;
    let _ = ada.says_in(&room, "before").await;
    let mut hers = ada.room_stream(&app, &room).await;
    let _ = hers.next_of("history").await;
    assert!(app.chat().quarantine("Ada", None).await.unwrap());
    let _ = eve.says_in(&room, "still here").await;
    assert_eq!(hers.next_contents(1).await, ["still here"]);
}
