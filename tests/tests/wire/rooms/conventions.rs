//! What holds for every endpoint: bodies, methods, paths, origins.

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{AgentCaller, Request, TestApp};

use super::support::{assert_refused, listed};

const MOST_BYTES: usize = 64 * 1_024;

/// Every endpoint that reads a body, with one that it takes.
fn readers(room: &str) -> Vec<(String, &'static str)> {
    vec![
        ("/api/bots/register".to_owned(), r#"{"name":"Kim"}"#),
        ("/api/global/messages".to_owned(), r#"{"content":"hello"}"#),
        ("/api/rooms/create".to_owned(), r#"{"name":"another"}"#),
        (format!("/api/rooms/{room}/messages"), r#"{"content":"hello"}"#),
        (format!("/api/rooms/{room}/invite"), r#"{"botName":"Eve"}"#),
    ]
}

async fn hub() -> (TestApp, AgentCaller, String) {
    let app = TestApp::start_unlimited().await;
    let [ada, _] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    (app, ada, room)
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let (app, ada, room) = hub().await;
    let bodies: [&[u8]; 12] = [
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b"7",
        br#""name""#,
        br#"{"name":"a","content":"a","botName":"a"} {}"#,
        br#"{"content":"a",}"#,
        br#"{content:"a"}"#,
        b"{\"name\":\"a\xff\xfe\",\"content\":\"a\xff\",\"botName\":\"a\xff\"}",
        br#"{"name":"\ud800","content":"\ud800","botName":"\ud800"}"#,
        b"\xef\xbb\xbf{\"content\":\"a\"}",
    ];
    for (path, _) in readers(&room) {
        for body in bodies {
            let request = ada.request("POST", &path).header("Content-Type", "application/json").body(body);
            assert_refused(&app.send(request).await, 400, "INVALID_JSON");
        }
    }
    assert_eq!(listed(&app, "").await, ["open"]);
    assert_eq!(app.get("/api/global/messages").await.contents(), Vec::<String>::new());
}

#[tokio::test]
async fn json_that_is_nested_without_end_is_refused_or_ignored_and_never_a_fault() {
    let (app, ada, room) = hub().await;
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    for (path, _) in readers(&room) {
        for member in ["unknown", "name", "content", "ttl", "invite", "bots", "botName"] {
            let reply = ada.post(&path, &format!(r#"{{"{member}":{deep}}}"#)).await;
            assert_eq!((reply.status, reply.json()["success"].clone()), (400, json!(false)), "{path} {member}");
        }
    }
    assert_eq!(listed(&app, "").await, ["open"]);
}

#[tokio::test]
async fn json_is_read_whatever_it_is_called_and_nothing_else_is() {
    let (app, ada, room) = hub().await;
    for content_type in ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded"] {
        for (path, body) in readers(&room).into_iter().skip(1) {
            let request = ada.request("POST", &path).header("Content-Type", content_type).body(body);
            let reply = app.send(request).await;
            assert!(matches!(reply.status, 200 | 201), "{path} {content_type}: {reply}");
        }
    }
    for (path, _) in readers(&room) {
        for content_type in ["application/x-www-form-urlencoded", "text/plain", "application/xml"] {
            let request = ada.request("POST", &path).header("Content-Type", content_type).body("name=Ada");
            assert_refused(&app.send(request).await, 415, "UNSUPPORTED_MEDIA_TYPE");
        }
    }
}

#[tokio::test]
async fn a_body_of_more_than_64_kib_is_refused() {
    let (_app, ada, room) = hub().await;
    for (path, body) in readers(&room) {
        let padded = |bytes: usize| {
            let mut whole: serde_json::Value = serde_json::from_str(body).unwrap();
            whole["padding"] = json!("");
            whole["padding"] = json!("x".repeat(bytes - whole.to_string().len()));
            whole.to_string()
        };
        let refused = ada.post(&path, &padded(MOST_BYTES + 1)).await;
        assert_refused(&refused, 413, "PAYLOAD_TOO_LARGE");
        assert_eq!(refused.json()["details"]["maxBytes"], MOST_BYTES);
        let reply = ada.post(&path, &padded(MOST_BYTES)).await;
        assert!(matches!(reply.status, 200 | 201), "{path}: {reply}");
    }
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored() {
    let (_app, ada, room) = hub().await;
    for (path, body) in readers(&room) {
        let mut whole: serde_json::Value = serde_json::from_str(body).unwrap();
        whole["unknown"] = json!({ "a": [1, 2, { "b": null }] });
        let reply = ada.post(&path, &whole.to_string()).await;
        assert!(matches!(reply.status, 200 | 201), "{path}: {reply}");
    }
}

#[tokio::test]
async fn a_path_takes_the_methods_it_names_and_no_others() {
    let (app, _, room) = hub().await;
    let mut allowed = Vec::new();
    for path in [
        "/api/bots/register",
        "/api/bots/me",
        "/api/global/info",
        "/api/global/messages",
        "/api/global/stream",
        "/api/rooms/create",
        "/api/rooms/list",
        "/api/rooms/:id",
        "/api/rooms/:id/messages",
        "/api/rooms/:id/invite",
        "/api/rooms/:id/join",
        "/api/rooms/:id/leave",
        "/api/rooms/:id/stream",
    ] {
        let reply = app.send(Request::new("PATCH", &path.replace(":id", &room))).await;
        assert_refused(&reply, 405, "METHOD_NOT_ALLOWED");
        let mut methods: Vec<_> = reply.header("allow").unwrap().split(',').map(str::trim).collect();
        methods.sort_unstable();
        allowed.push(format!("{path}: {}", methods.join(" ")));
    }
    assert_snapshot!(allowed.join("\n"), @r"
    /api/bots/register: POST
    /api/bots/me: GET HEAD
    /api/global/info: GET HEAD
    /api/global/messages: GET HEAD POST
    /api/global/stream: GET HEAD
    /api/rooms/create: POST
    /api/rooms/list: GET HEAD
    /api/rooms/:id: DELETE GET HEAD
    /api/rooms/:id/messages: GET HEAD POST
    /api/rooms/:id/invite: POST
    /api/rooms/:id/join: POST
    /api/rooms/:id/leave: POST
    /api/rooms/:id/stream: GET HEAD
    ");
}

#[tokio::test]
async fn paths_beside_those_are_not_found() {
    let (_app, ada, room) = hub().await;
    for path in [
        "/api/bots".to_owned(),
        "/api/bots/other".to_owned(),
        "/api/global".to_owned(),
        "/api/global/other".to_owned(),
        "/api/rooms".to_owned(),
        format!("/api/rooms/{room}/other"),
        format!("/api/rooms/{room}/messages/1"),
    ] {
        assert_refused(&ada.get(&path).await, 404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn slashes_may_be_doubled_or_trail() {
    let (app, ada, room) = hub().await;
    let _ = app.get("/api//rooms/list/").await.expect(200);
    let _ = app.get(&format!("/api/rooms/{room}/")).await.expect(200);
    let _ = ada.post(&format!("/api/rooms//{room}/messages/"), r#"{"content":"hello"}"#).await.expect(201);
}

#[tokio::test]
async fn head_is_answered_as_get_without_a_body() {
    let (app, _, room) = hub().await;
    for path in ["/api/rooms/list", "/api/global/info", "/api/global/messages", &format!("/api/rooms/{room}")] {
        let (head, get) = (app.send(Request::new("HEAD", path)).await, app.get(path).await);
        assert_eq!((head.status, head.text()), (200, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(head.header("content-length"), get.header("content-length"));
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_neither_read_nor_write_unless_all_may() {
    let (app, ada, room) = hub().await;
    let foreign = |request: Request| request.header("Origin", "https://evil.example");
    let paths = ["/api/rooms/list".to_owned(), format!("/api/rooms/{room}"), format!("/api/rooms/{room}/stream")];
    for path in &paths {
        assert_refused(&app.send(foreign(Request::new("GET", path))).await, 403, "FOREIGN_ORIGIN");
    }
    let create = foreign(ada.request("POST", "/api/rooms/create")).json(r#"{"name":"another"}"#);
    assert_refused(&app.send(create).await, 403, "FOREIGN_ORIGIN");
    assert_eq!(listed(&app, "").await, ["open"]);
    let own = Request::new("GET", &paths[0]).header("Origin", "http://localhost:3000");
    let own = app.send(own).await.expect(200);
    assert_eq!(own.header("access-control-allow-origin"), Some("http://localhost:3000"));
}

#[tokio::test]
async fn an_open_hub_can_be_read_from_any_origin() {
    let app = TestApp::with(|config| config.cors.origins = tertulia_host::config::Origins::Any).start().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    for path in ["/api/rooms/list", "/api/global/info", "/api/global/messages", &format!("/api/rooms/{room}/messages")]
    {
        let reply = app.send(Request::new("GET", path).header("Origin", "https://any.example")).await.expect(200);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), None);
    }
    let stream = Request::new("GET", &format!("/api/rooms/{room}/stream")).header("Origin", "https://any.example");
    assert_eq!(app.stream_with(stream).await.header("access-control-allow-origin"), Some("*"));
    let preflight = Request::new("OPTIONS", &format!("/api/rooms/{room}"))
        .header("Origin", "https://any.example")
        .header("Access-Control-Request-Method", "DELETE");
    let reply = app.send(preflight).await.expect(204);
    assert!(reply.header("access-control-allow-methods").is_some_and(|methods| methods.contains("DELETE")));
}

#[tokio::test]
async fn every_answer_is_json_with_a_request_id() {
    let (app, ada, room) = hub().await;
    for reply in [
        app.get("/api/rooms/list").await,
        ada.look_at(&room).await,
        ada.say_in(&room, "hello").await,
        ada.say_in(&room, "").await,
        app.get("/api/rooms/x").await,
        app.get("/api/bots/me").await,
        ada.destroy(&room).await,
    ] {
        assert_eq!(reply.header("content-type"), Some("application/json"), "{reply}");
        assert_eq!(reply.header("x-request-id").map(str::len), Some(36), "{reply}");
        assert_eq!(reply.json()["success"], reply.status < 300, "{reply}");
    }
}
