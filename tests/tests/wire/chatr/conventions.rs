//! What holds for every endpoint: keys, bodies, ids, paths.

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{Connection, Request, TestApp};

const MOST_BYTES: usize = 64 * 1_024;

/// A message of `content`, padded with an ignored member to exactly `bytes`.
fn padded(content: &str, bytes: usize) -> String {
    let empty = json!({ "content": content, "padding": "" }).to_string();
    json!({ "content": content, "padding": "x".repeat(bytes - empty.len()) }).to_string()
}

#[tokio::test]
async fn a_key_travels_as_a_bearer_in_any_case_or_as_x_api_key() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let beat = |name: &str, value: String| app.send(Request::new("POST", "/api/heartbeat").header(name, &value));
    for (name, value) in [
        ("Authorization", format!("Bearer {}", ada.key)),
        ("Authorization", format!("bearer {}", ada.key)),
        ("authorization", format!("BEARER   {} ", ada.key)),
        ("X-API-Key", ada.key.clone()),
        ("x-api-key", format!(" {} ", ada.key)),
    ] {
        assert_eq!(beat(name, value.clone()).await.status, 200, "{name}: {value}");
    }
}

#[tokio::test]
async fn everything_else_is_no_key() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let beat = |name: &str, value: String| app.send(Request::new("POST", "/api/heartbeat").header(name, &value));
    for (name, value) in [
        ("Authorization", ada.key.clone()),
        ("Authorization", format!("Basic {}", ada.key)),
        ("Authorization", "Bearer".to_owned()),
        ("Authorization", "Bearer ".to_owned()),
        ("Authorization", format!("Bearer {}x", ada.key)),
        ("Authorization", format!("Bearer {}", ada.key.to_uppercase())),
        ("X-API-Key", String::new()),
        ("Cookie", format!("key={}", ada.key)),
    ] {
        let reply = beat(name, value.clone()).await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "UNAUTHORIZED"), "{name}: {value}");
    }
    let reply = app.send(Request::new("POST", "/api/heartbeat")).await;
    assert_snapshot!(reply, @r#"401 {"success":false,"error":"A valid API key is needed: send Authorization: Bearer <key>. POST /api/register gives one.","code":"UNAUTHORIZED"}"#);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    // A key in the address is not read.
    let _ = app.send(Request::new("POST", &format!("/api/heartbeat?apiKey={0}&key={0}", ada.key))).await.expect(401);
}

#[tokio::test]
async fn an_agent_id_in_a_body_must_not_disagree_with_the_key() {
    let app = TestApp::start_unlimited().await;
    let (ada, eve) = (app.agent("Ada").await, app.agent("Eve").await);
    let own = [json!(ada.id), json!(ada.id.to_uppercase()), json!(null)];
    let foreign = [json!(eve.id), json!("Ada"), json!(""), json!(7), json!([ada.id])];
    for (path, rest) in [
        ("/api/messages", json!({ "content": "hello" })),
        ("/api/message", json!({ "content": "hello" })),
        ("/api/heartbeat", json!({})),
        ("/api/disconnect", json!({})),
        ("/api/verify/start", json!({ "moltbookName": "ada" })),
    ] {
        let body = |agent_id: &serde_json::Value| {
            let mut body = rest.clone();
            body["agentId"] = agent_id.clone();
            body.to_string()
        };
        for agent_id in &own {
            let reply = ada.post(path, &body(agent_id)).await;
            assert!(matches!(reply.status, 200 | 201), "{path} {agent_id}: {reply}");
        }
        for agent_id in &foreign {
            let reply = ada.post(path, &body(agent_id)).await;
            assert_eq!((reply.status, reply.code().as_str()), (403, "AGENT_MISMATCH"), "{path} {agent_id}");
        }
    }
    assert_snapshot!(ada.post("/api/messages", r#"{"content":"x","agentId":"other"}"#).await, @r#"403 {"success":false,"error":"`agentId` is not the agent that this key belongs to. Leave it out: the key decides.","code":"AGENT_MISMATCH"}"#);
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored() {
    let app = TestApp::start().await;
    let body = r#"{"name":"Ada","bio":{"a":[1,2,{"b":null}]},"Name":"Eve","apiKey":"chatr_mine"}"#;
    let ada = app.post("/api/register", body).await.expect(201);
    assert_eq!(ada.str_at("/agent/name"), "Ada");
    assert_ne!(ada.str_at("/agent/apiKey"), "chatr_mine");
    let eve = app.agent("Eve").await;
    let _ = eve.post("/api/messages", r#"{"content":"hi","channel":7,"id":"mine"}"#).await.expect(201);
}

#[tokio::test]
async fn a_member_of_a_wrong_type_is_named() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    for wrong in ["7", "1.5", "true", "[]", "{}", r#"["x"]"#, "-1e300"] {
        for (path, member, rest, code) in [
            ("/api/register", "name", "", "INVALID_NAME"),
            ("/api/register", "avatar", r#","name":"Eve""#, "INVALID_AVATAR"),
            ("/api/messages", "content", "", "INVALID_CONTENT"),
            ("/api/verify/start", "moltbookName", "", "INVALID_MOLTBOOK_NAME"),
            ("/api/me/credentials", "kind", "", "INVALID_KIND"),
        ] {
            let reply = ada.post(path, &format!(r#"{{"{member}":{wrong}{rest}}}"#)).await.expect(400);
            assert_eq!((reply.code(), reply.str_at("/details/field")), (code.into(), member.into()), "{wrong}");
        }
    }
    assert_snapshot!(ada.post("/api/messages", r#"{"content":7}"#).await, @r#"400 {"success":false,"error":"`content` must be a string.","code":"INVALID_CONTENT","details":{"field":"content"}}"#);
    assert_snapshot!(ada.post("/api/messages", "{}").await, @r#"400 {"success":false,"error":"`content` is required.","code":"INVALID_CONTENT","details":{"field":"content"}}"#);
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let app = TestApp::start().await;
    let bodies: [&[u8]; 14] = [
        b"{",
        b"nonsense",
        b"[]",
        br#"["name"]"#,
        b"null",
        b"7",
        br#""name""#,
        br#"{"name":"Ada"} {"name":"Eve"}"#,
        br#"{"name":"Ada",}"#,
        br#"{name:"Ada"}"#,
        b"{\"name\":\"A\xff\xfe\"}",
        br#"{"name":"\ud800"}"#,
        b"{\"name\":\"A\x01b\"}",
        b"\xef\xbb\xbf{\"name\":\"Ada\"}",
    ];
    for body in bodies {
        let request = Request::new("POST", "/api/register").header("Content-Type", "application/json").body(body);
        let reply = app.send(request).await.expect(400);
        assert_eq!(reply.code(), "INVALID_JSON", "{}", String::from_utf8_lossy(body));
        assert_eq!(reply.json()["success"], false);
    }
    assert_snapshot!(app.post("/api/register", "[]").await, @r#"400 {"success":false,"error":"The body must be a JSON object.","code":"INVALID_JSON"}"#);
    assert_snapshot!(app.post("/api/register", r#"{"name""#).await, @r#"400 {"success":false,"error":"The body is not valid JSON: EOF while parsing an object at line 1 column 7.","code":"INVALID_JSON"}"#);
    assert_snapshot!(app.post("/api/register", "").await, @r#"400 {"success":false,"error":"`name` is required.","code":"INVALID_NAME","details":{"field":"name"}}"#);
}

#[tokio::test]
async fn deep_nesting_harms_nobody() {
    let app = TestApp::start().await;
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let _ = app.post("/api/register", &deep).await.expect(400);
    let deep_name = deep.replace("\"x\"", "\"name\"");
    let _ = app.post("/api/register", &deep_name).await.expect(400);
    let _ = app.agent("Ada").await;
}

#[tokio::test]
async fn a_nul_in_a_text_is_refused() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    assert_eq!(ada.post("/api/messages", r#"{"content":"a\u0000b"}"#).await.expect(400).code(), "INVALID_CONTENT");
    assert_eq!(app.post("/api/register", r#"{"name":"a\u0000b"}"#).await.expect(400).code(), "INVALID_NAME");
}

#[tokio::test]
async fn json_is_read_whatever_it_is_called_and_nothing_else_is() {
    let app = TestApp::start().await;
    let register = |content_type: Option<&str>, body: &str| {
        let request = Request::new("POST", "/api/register").body(body);
        app.send(content_type.map_or(request.clone(), |given| request.header("Content-Type", given)))
    };
    for (index, content_type) in [
        None,
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("Application/JSON"),
        Some("application/vnd.api+json"),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ]
    .into_iter()
    .enumerate()
    {
        let _ = register(content_type, &json!({ "name": format!("agent-{index}") }).to_string()).await.expect(201);
    }
    for content_type in ["application/x-www-form-urlencoded", "text/plain", "application/xml", "nonsense"] {
        let reply = register(Some(content_type), "name=Ada").await.expect(415);
        assert_eq!(reply.code(), "UNSUPPORTED_MEDIA_TYPE", "{content_type}");
    }
    assert_snapshot!(register(Some("text/plain"), "name=Ada").await, @r#"415 {"success":false,"error":"The body must be JSON; send it with Content-Type: application/json.","code":"UNSUPPORTED_MEDIA_TYPE"}"#);
    assert_eq!(register(None, "name=Ada").await.expect(400).code(), "INVALID_JSON");
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_refused() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let _ = ada.post("/api/messages", &padded("whole", MOST_BYTES)).await.expect(201);
    let reply = ada.post("/api/messages", &padded("too much", MOST_BYTES + 1)).await;
    assert_snapshot!(reply, @r#"413 {"success":false,"error":"The request body is too large: at most 65536 bytes are read here.","code":"PAYLOAD_TOO_LARGE","details":{"maxBytes":65536}}"#);
    assert_eq!(app.get("/api/messages").await.contents(), ["whole"]);
}

#[tokio::test]
async fn a_chunked_body_is_held_to_the_same_limit() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    for (bytes, status) in [(MOST_BYTES, 201), (MOST_BYTES + 1, 413)] {
        let body = padded("in chunks", bytes);
        let mut chunked = Vec::new();
        for chunk in body.as_bytes().chunks(8_000) {
            chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            chunked.extend_from_slice(chunk);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        let request = ada.request("POST", "/api/messages").header("Transfer-Encoding", "chunked").body(chunked);
        let reply = ada.send(&request).await.expect(status);
        assert_eq!(reply.json()["success"], status == 201);
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_the_envelope() {
    let app = TestApp::start().await;
    for path in ["/api", "/api/", "/api/nothing", "/api/messages/1", "/api/REGISTER", "/api/%00"] {
        let reply = app.get(path).await.expect(404);
        assert_eq!((reply.code(), reply.json()["success"].clone()), ("NOT_FOUND".into(), json!(false)), "{path}");
    }
    assert_snapshot!(app.get("/api/nothing").await, @r#"404 {"success":false,"error":"There is nothing at this path.","code":"NOT_FOUND"}"#);
    let mut allowed = Vec::new();
    for path in ["register", "messages", "message", "stream", "heartbeat", "disconnect", "agents", "verify/start"] {
        let reply = app.send(Request::new("PATCH", &format!("/api/{path}"))).await.expect(405);
        assert_eq!(reply.code(), "METHOD_NOT_ALLOWED", "{path}");
        let mut methods: Vec<_> = reply.header("allow").unwrap().split(',').map(str::trim).collect();
        methods.sort_unstable();
        allowed.push(format!("{path}: {}", methods.join(" ")));
    }
    assert_snapshot!(allowed.join(", "), @"register: POST, messages: GET HEAD POST, message: POST, stream: GET HEAD, heartbeat: POST, disconnect: POST, agents: GET HEAD, verify/start: POST");
    assert_snapshot!(app.send(Request::new("DELETE", "/api/messages")).await, @r#"405 {"success":false,"error":"This path does not take this method.","code":"METHOD_NOT_ALLOWED"}"#);
}

#[tokio::test]
async fn slashes_may_be_doubled_or_trail() {
    let app = TestApp::start().await;
    let _ = app.get("/api//messages/").await.expect(200);
    let _ = app.post("//api/register/", r#"{"name":"Ada"}"#).await.expect(201);
}

#[tokio::test]
async fn ids_are_of_their_forms_and_times_in_utc_with_milliseconds() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let said = ada.say("hello").await.expect(201);
    // `redacted` hides only what has exactly the right form.
    assert_snapshot!(said.redacted(), @r#"201 {"success":true,"message":{"id":"0001-000000000001-<mark>","agentId":"<uuid>","agentName":"Ada","avatar":null,"content":"hello","timestamp":"<time>","createdAt":"<time>","moltbookVerified":false,"moltbookName":null,"ownerTwitter":null}}"#);
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let app = TestApp::start().await;
    let mut connection = Connection::open(app.address()).await;
    for status in [404, 404, 404] {
        let _ = connection.exchange(&Request::new("GET", "/api/nothing")).await.expect(status);
    }
    let _ = connection.exchange(&Request::new("GET", "/api/messages")).await.expect(200);
}
