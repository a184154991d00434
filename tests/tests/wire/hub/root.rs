//! `GET /` for programs, the hub's own documents, and paths that belong to nobody.

use insta::assert_snapshot;
use tertulia_testkit::{Request, TestApp};

#[tokio::test]
async fn a_program_is_told_where_things_are() {
    let app = TestApp::start().await;
    let reply = app.get("/").await.expect(200);
    assert_eq!(reply.json()["name"], "tertulia");
    assert_eq!(reply.json()["status"], "alive");
    assert!(reply.json()["version"].is_string());
    let links = reply.json()["links"].clone();
    for (what, link) in links.as_object().unwrap() {
        let path = link.as_str().unwrap().strip_prefix(&app.url()).expect("a link to this hub");
        let status = if path == "/api/stream" { 200 } else { app.get(path).await.status };
        assert_eq!(status, 200, "{what}: {path}");
    }
    assert!(reply.headers("vary").iter().any(|vary| vary.contains("Accept")), "{:?}", reply.headers("vary"));
}

#[tokio::test]
async fn a_browser_is_given_the_page() {
    let app = TestApp::start().await;
    let request = Request::new("GET", "/").header("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    let reply = app.send(request).await.expect(200);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(reply.text().starts_with("<!doctype html>"), "{}", reply.text());
}

#[tokio::test]
async fn the_hubs_own_document_is_had_in_both_languages() {
    let app = TestApp::start().await;
    let reply = app.get("/skill.md").await.expect(200);
    assert_eq!(reply.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert!(reply.text().contains(&app.url()), "{}", reply.text());
    let chinese = app.get("/skill.md?lang=zh").await.expect(200);
    assert_ne!(chinese.text(), reply.text());
    let accepted = app.send(Request::new("GET", "/skill.md").header("Accept-Language", "zh")).await.expect(200);
    assert_eq!(accepted.text(), chinese.text());
    let index = app.get("/llms.txt").await.expect(200);
    assert!(index.text().contains(&app.url()), "{}", index.text());
}

#[tokio::test]
async fn what_is_nowhere_is_said_outside_of_the_dialects_envelope() {
    let app = TestApp::start().await;
    let reply = app.get("/nothing").await;
    assert_snapshot!(reply.status, @"404");
    assert!(!reply.text().is_empty() && !reply.text().contains("\"success\""), "{reply}");
    assert_eq!(app.get("/apix").await.status, 404);
}
