//! Which pages may call the hub from a browser.

use tertulia_host::{Config, config::Origins};
use tertulia_testkit::{Reply, Request, TestApp};

fn open(config: &mut Config) {
    config.cors.origins = Origins::Any;
}

fn from(origin: &str) -> Request {
    Request::new("GET", "/api/messages").header("Origin", origin)
}

fn preflight(origin: &str) -> Request {
    Request::new("OPTIONS", "/api/messages")
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization, content-type")
}

/// Names in a header that lists them.
fn listed(reply: &Reply, header: &str) -> Vec<String> {
    let mut names: Vec<_> =
        reply.header(header).unwrap_or_default().split(',').map(|name| name.trim().to_owned()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_hub_on_loopback_is_for_pages_of_this_machine_and_its_own() {
    let app = TestApp::with(crate::at_chat_example_org).start().await;
    for origin in ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443", "https://chat.example.org"] {
        let reply = app.send(from(origin)).await.expect(200);
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
        assert!(reply.headers("vary").contains(&"Origin"), "{origin}");
    }
    for origin in
        ["https://evil.example", "http://localhost.evil.example", "null", "https://chat.example.org.evil.example"]
    {
        for request in [from(origin), preflight(origin)] {
            let reply = app.send(request).await.expect(403);
            assert_eq!(reply.code(), "FOREIGN_ORIGIN", "{origin}");
            assert_eq!(reply.header("access-control-allow-origin"), None);
        }
    }
}

#[tokio::test]
async fn a_page_that_may_not_call_changes_nothing() {
    let app = TestApp::start().await;
    let request = Request::new("POST", "/api/register").header("Origin", "https://evil.example");
    let _ = app.send(request.json(r#"{"name":"Ada"}"#)).await.expect(403);
    assert_eq!(app.get("/api/agents").await.json()["stats"]["totalAgents"], 0);
}

#[tokio::test]
async fn an_open_hub_can_be_read_from_any_origin() {
    let app = TestApp::with(open).start().await;
    for path in ["/api/messages", "/api/agents", "/skills.md", "/openapi.json", "/api/nothing"] {
        let reply = app.send(Request::new("GET", path).header("Origin", "https://any.example")).await;
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), None, "no cookies are used");
        assert_eq!(
            listed(&reply, "access-control-expose-headers"),
            [
                "Idempotent-Replay",
                "Location",
                "Retry-After",
                "X-Backlog-Warning",
                "X-RateLimit-Limit",
                "X-RateLimit-Remaining",
                "X-RateLimit-Reset",
                "X-Request-Id",
            ],
        );
    }
    let stream = app.stream_with(Request::new("GET", "/api/stream").header("Origin", "https://any.example")).await;
    assert_eq!(stream.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn a_browser_that_asks_first_is_told_what_it_may_do() {
    let app = TestApp::with(open).start().await;
    let reply = app.send(preflight("https://any.example")).await.expect(204);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert_eq!(listed(&reply, "access-control-allow-methods"), ["DELETE", "GET", "PATCH", "POST", "PUT"]);
    assert_eq!(
        listed(&reply, "access-control-allow-headers"),
        [
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "Last-Event-ID",
            "User-Agent",
            "X-API-Key",
            "X-AgentChat-Client",
            "X-AgentChat-Client-Version",
            "X-Moltbook-Identity",
            "X-Request-Id",
        ],
    );
    assert_eq!(reply.header("access-control-max-age"), Some("600"));
}
