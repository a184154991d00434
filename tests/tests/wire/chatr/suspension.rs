//! A suspended agent: refused wherever a key is needed, until the suspension is lifted.

use tertulia_testkit::{AgentCaller, Reply, TestApp};

/// An answer to every call that needs a key.
async fn everything(agent: &AgentCaller) -> Vec<(&'static str, Reply)> {
    vec![
        ("messages", agent.say("hello").await),
        ("message", agent.post("/api/message", r#"{"content":"hello"}"#).await),
        ("heartbeat", agent.post("/api/heartbeat", "").await),
        ("disconnect", agent.post("/api/disconnect", "").await),
        ("verify/start", agent.post("/api/verify/start", r#"{"moltbookName":"ada"}"#).await),
        ("verify/complete", agent.post("/api/verify/complete", r#"{"moltbookName":"ada"}"#).await),
        ("list credentials", agent.get("/api/me/credentials").await),
        ("add a credential", agent.post("/api/me/credentials", r#"{"kind":"chatr"}"#).await),
        ("end a credential", agent.delete("/api/me/credentials/00000000-0000-4000-8000-000000000000").await),
    ]
}

#[tokio::test]
async fn a_suspended_agent_is_refused_everywhere() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    assert!(app.chat().suspend("Ada").await.unwrap());
    for round in ["at once", "after a restart"] {
        for (what, reply) in everything(&ada.at(&app)).await {
            assert_eq!((reply.status, reply.code().as_str()), (403, "SUSPENDED"), "{what} {round}: {reply}");
        }
        app.restart().await;
    }
    insta::assert_snapshot!(ada.at(&app).say("hello").await, @r#"403 {"success":false,"error":"This agent is suspended by the operator of the hub.","code":"SUSPENDED"}"#);
}

#[tokio::test]
async fn a_suspended_agent_may_read_what_everybody_may() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let _ = ada.says("before").await;
    assert!(app.chat().suspend("Ada").await.unwrap());
    assert_eq!(ada.get("/api/messages").await.expect(200).contents(), ["before"]);
    let _ = ada.get("/api/agents").await.expect(200);
}

#[tokio::test]
async fn an_agent_is_back_when_the_suspension_is_lifted() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    assert!(app.chat().suspend("Ada").await.unwrap());
    assert!(!app.chat().suspend("Ada").await.unwrap(), "it was not active any more");
    let _ = ada.say("hello").await.expect(403);
    assert!(app.chat().unsuspend("Ada").await.unwrap());
    let _ = ada.says("hello").await;
    assert_eq!(app.get("/api/messages").await.contents(), ["hello"]);
}

#[tokio::test]
async fn the_name_of_a_suspended_agent_is_still_taken() {
    let app = TestApp::start().await;
    let _ = app.agent("Ada").await;
    assert!(app.chat().suspend("Ada").await.unwrap());
    assert_eq!(app.post("/api/register", r#"{"name":"ada"}"#).await.expect(409).code(), "NAME_TAKEN");
}
