//! Which names the hub answers to, and how a request is told from others.

use insta::assert_snapshot;
use tertulia_testkit::{Request, TestApp};

#[tokio::test]
async fn only_the_hubs_own_names_are_answered() {
    let app = TestApp::with(crate::at_chat_example_org).start().await;
    let ask = |host: &str| app.send(Request::new("GET", "/api/messages").header("Host", host));
    for host in ["localhost", "localhost:1", "127.0.0.1", "[::1]:80", "chat.example.org", "CHAT.example.org:443"] {
        assert_eq!(ask(host).await.status, 200, "{host}");
    }
    for host in
        ["evil.example", "example.org", "chat.example.org.evil.example", "192.0.2.1", "", "127.0.0.1.evil.example"]
    {
        let reply = ask(host).await;
        assert_eq!((reply.status, reply.code().as_str()), (421, "MISDIRECTED_REQUEST"), "{host}");
    }
    assert_snapshot!(ask("evil.example").await, @r#"421 {"success":false,"error":"This server does not answer for the host that was asked.","code":"MISDIRECTED_REQUEST"}"#);
}

#[tokio::test]
async fn every_answer_carries_a_request_id() {
    let app = TestApp::start().await;
    for path in ["/api/messages", "/api/nothing", "/health", "/nothing", "/skills.md"] {
        let (one, other) = (app.get(path).await, app.get(path).await);
        let (one, other) = (one.header("x-request-id").unwrap(), other.header("x-request-id").unwrap());
        assert_eq!(one.len(), 36, "{path}");
        assert_ne!(one, other);
    }
}

#[tokio::test]
async fn a_harmless_id_of_the_client_is_kept_and_any_other_replaced() {
    let app = TestApp::start().await;
    let ask = |id: &str| app.send(Request::new("GET", "/api/nothing").header("X-Request-Id", id));
    for id in ["abc", "A.b_c:d-9", &"x".repeat(128)] {
        assert_eq!(ask(id).await.header("x-request-id"), Some(id));
    }
    for id in ["", "a b", "<script>", "\u{e9}", &"x".repeat(129)] {
        let reply = ask(id).await;
        assert_ne!(reply.header("x-request-id"), Some(id));
        assert_eq!(reply.header("x-request-id").unwrap().len(), 36);
    }
}
