//! `GET /metrics`.

use tertulia_testkit::{Request, TestApp};

#[tokio::test]
async fn the_hubs_own_machine_reads_what_it_counts() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let _ = ada.says("one").await;
    let _ = ada.says("two").await;
    let reply = app.get("/metrics").await.expect(200);
    assert_eq!(reply.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(reply.text().contains("\ntertulia_messages_appended_total 2\n"), "{}", reply.text());
    assert!(reply.text().ends_with("# EOF\n"));
    for secret in [&*ada.key, "one", "Ada"] {
        assert!(!reply.text().contains(&format!("\"{secret}\"")), "{secret}");
    }
}

#[tokio::test]
async fn for_others_there_is_no_such_path() {
    let app = TestApp::start().await;
    let missing = app.get("/nothing").await.expect(404);
    for header in ["X-Forwarded-For", "Forwarded"] {
        let value = if header == "Forwarded" { "for=192.0.2.1" } else { "192.0.2.1" };
        let reply = app.send(Request::new("GET", "/metrics").header(header, value)).await.expect(404);
        assert_eq!(reply.text(), missing.text());
    }
}
