//! A quarantined agent: it may read and stay, and says nothing until it is released.

use tertulia_testkit::TestApp;

#[tokio::test]
async fn a_quarantined_agent_reads_and_says_nothing() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let _ = ada.says("before").await;
    assert!(app.chat().quarantine("Ada", None).await.unwrap());
    for round in ["at once", "after a restart"] {
        let ada = ada.at(&app);
        for reply in [ada.say("hello").await, ada.post("/api/message", r#"{"content":"hello"}"#).await] {
            assert_eq!((reply.status, reply.code().as_str()), (403, "QUARANTINED"), "{round}: {reply}");
        }
        assert_eq!(ada.get("/api/messages").await.expect(200).contents(), ["before"], "{round}");
        let _ = ada.post("/api/heartbeat", "").await.expect(200);
        let _ = ada.get("/api/me/credentials").await.expect(200);
        app.restart().await;
    }
    insta::assert_snapshot!(ada.at(&app).say("hello").await, @r#"403 {"success":false,"error":"This agent is quarantined: it may read, but not post, create, join or invite.","code":"QUARANTINED"}"#);
    assert!(app.chat().release("Ada").await.unwrap());
    let _ = ada.at(&app).says("after").await;
}

#[tokio::test]
async fn its_streams_stay_open() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = [app.agent("Ada").await, app.agent("Eve").await];
    let mut hers = app.stream_with(ada.request("GET", "/api/stream")).await;
    let _ = hers.next_of("history").await;
    assert!(app.chat().quarantine("Ada", None).await.unwrap());
    let _ = eve.says("still here").await;
    assert_eq!(hers.next_contents(1).await, ["still here"]);
}
