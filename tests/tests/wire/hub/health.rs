//! `GET /health`.

use insta::assert_snapshot;
use tertulia_testkit::{Request, TestApp};

#[tokio::test]
async fn a_hub_that_can_read_its_store_is_well() {
    let app = TestApp::start().await;
    let reply = app.get("/health").await;
    assert_snapshot!(reply.redacted(), @r#"200 {"status":"ok","timestamp":"<time>","checks":{"store":"ok","messages":"ok"}}"#);
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn health_is_asked_with_head_too_and_not_otherwise() {
    let app = TestApp::start().await;
    assert_eq!(app.send(Request::new("HEAD", "/health")).await.status, 200);
    let refused = app.send(Request::new("POST", "/health")).await;
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET,HEAD")));
}
