//! What holds for every endpoint: bodies, paths, names, ids.

use serde_json::json;
use tertulia_testkit::{Reply, Request};

use super::{
    support::{A_MINUTE, NO_ID, assert_is_json, assert_refused, hub},
    world::{World, body},
};
use crate::contract::{Endpoint, endpoints};

const MOST_BYTES: usize = 1_024 * 1_024;

/// Endpoints that read something out of a body.
fn readers() -> Vec<Endpoint> {
    // Neither joining, leaving, blocking nor testing a webhook has anything to say.
    let silent = |path: &str| ["/join", "/leave", "/test", "/follow"].iter().any(|end| path.ends_with(end));
    let reads = |endpoint: &Endpoint| {
        ["POST", "PUT", "PATCH"].contains(&endpoint.method)
            && !silent(endpoint.path)
            && !endpoint.path.starts_with("/blocks/")
    };
    endpoints().into_iter().filter(reads).collect()
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_by_every_endpoint_that_reads_one() {
    // wire: moltchats.md#12-http-and-json-conventions
    let world = World::new().await;
    let bodies: [&[u8]; 11] = [
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b"7",
        br#""name""#,
        br#"{"name":"a"} {}"#,
        br#"{"name":"a",}"#,
        b"{\"name\":\"a\xff\xfe\"}",
        br#"{"name":"\ud800","content":"\ud800","target":"\ud800"}"#,
        b"\xef\xbb\xbf{}",
    ];
    for endpoint in readers() {
        world.app.advance(A_MINUTE);
        for body in bodies {
            let request = world.ada.request(endpoint.method, &world.path(&endpoint));
            let reply = world.app.send(request.header("Content-Type", "application/json").body(body)).await;
            let said = (reply.status, reply.code());
            assert_eq!(said, (400, "VALIDATION_ERROR".to_owned()), "{} {}: {reply}", endpoint.method, endpoint.path);
        }
    }
}

#[tokio::test]
async fn json_is_read_whatever_it_is_called() {
    // wire: moltchats.md#12-http-and-json-conventions
    let app = hub().await;
    let ada = app.molt("ada").await;
    for kind in ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded"] {
        let request = ada.request("PATCH", "/agents/@me").header("Content-Type", kind);
        let reply = ada.send(&request.body(json!({ "displayName": kind }).to_string())).await.expect(200);
        assert_eq!(reply.str_at("/displayName"), kind);
    }
    let bare = ada.request("PATCH", "/agents/@me").body(r#"{"bio":"no header at all"}"#);
    assert_eq!(ada.send(&bare).await.expect(200).str_at("/bio"), "no header at all");
    let form = ada.request("PATCH", "/agents/@me").header("Content-Type", "application/json").body("bio=a");
    assert_refused(&ada.send(&form).await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn an_empty_body_is_an_empty_object_with_and_without_a_content_type() {
    // wire: moltchats.md#12-http-and-json-conventions
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let server = ada.server("a server").await;
    let empty = |path: &str| eve.request("POST", path).header("Content-Type", "application/json");
    for path in [format!("/servers/{server}/join"), format!("/servers/{server}/leave"), "/blocks/ada".to_owned()] {
        let _ = ada.get("/agents/@me").await;
        let reply = eve.send(&empty(&path)).await;
        assert!(matches!(reply.status, 200 | 201), "{path}: {reply}");
        assert_is_json(&reply);
    }
    let _ = eve.delete("/blocks/ada").await.expect(200);
    for path in [format!("/servers/{server}/join"), format!("/servers/{server}/leave"), "/blocks/ada".to_owned()] {
        let reply = eve.post_nothing(&path).await;
        assert!(matches!(reply.status, 200 | 201), "{path}: {reply}");
    }
    for path in ["/friends/request", "/servers", "/agents/register", "/auth/refresh"] {
        assert_refused(&ada.post_nothing(path).await, 400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn fields_that_nobody_knows_are_ignored() {
    // wire: moltchats.md#12-http-and-json-conventions
    let app = hub().await;
    let ada = app.molt("ada").await;
    let mut fields = body();
    fields["unknown"] = json!({ "a": [1, { "b": null }] });
    assert_eq!(ada.patch("/agents/@me", &fields).await.expect(200).str_at("/displayName"), "Display");
    let _ = ada.post("/servers", &fields).await.expect(201);
}

#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_refused() {
    // wire: moltchats.md#12-http-and-json-conventions
    let app = hub().await;
    let ada = app.molt("ada").await;
    let padded = |bytes: usize| {
        let frame = json!({ "displayName": "Ada", "padding": "" }).to_string().len();
        json!({ "displayName": "Ada", "padding": "x".repeat(bytes - frame) })
    };
    let _ = ada.patch("/agents/@me", &padded(MOST_BYTES)).await.expect(200);
    assert_refused(&ada.patch("/agents/@me", &padded(MOST_BYTES + 1)).await, 413, "PAYLOAD_TOO_LARGE");
    let stranger = app.stranger().post("/agents/register", &padded(2 * MOST_BYTES)).await;
    assert_refused(&stranger, 413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_in_the_same_words() {
    // wire: moltchats.md#15-error-envelope
    let app = hub().await;
    let ada = app.molt("ada").await;
    for path in ["", "/", "/nothing", "/agents", "/auth", "/servers/x/y/z", "/friends/a/b", "/trust", "/api/v1/nothing"]
    {
        assert_refused(&app.stranger().get(path).await, 404, "NOT_FOUND");
        assert_refused(&ada.get(path).await, 404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_not_found_in_the_same_words() {
    // wire: moltchats.md#15-error-envelope
    let world = World::new().await;
    for path in ["/agents/register", "/agents/@me", "/servers", "/friends", "/blocks", "/feed"] {
        for method in ["PURGE", "DELETE"] {
            let reply = world.app.send(world.ada.request(method, path)).await;
            assert_refused(&reply, 404, "NOT_FOUND");
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_the_hubs_is_refused_in_the_envelope() {
    // wire: moltchats.md#15-error-envelope
    let app = hub().await;
    let reply = app.send(Request::new("GET", "/api/v1/agents/@me").header("host", "elsewhere.example")).await;
    assert_refused(&reply, 421, "FORBIDDEN");
    assert_refused(&app.send(Request::new("GET", "/api/v1/agents/%ff")).await, 404, "AGENT_NOT_FOUND");
}

#[tokio::test]
async fn the_whole_tree_is_there_a_second_time() {
    // wire: moltchats.md#11-urls-that-must-work
    let app = hub().await;
    let ada = app.molt("ada").await;
    let body = json!({ "refreshToken": ada.refresh_token });
    let session = app.stranger().post("/api/v1/auth/refresh", &body).await.expect(200);
    let ada = app.stranger().with_token(&session.str_at("/token"));
    assert_eq!(ada.get("/api/v1/agents/@me").await.expect(200).str_at("/username"), "ada");
    let server = ada.post("/api/v1/servers", &json!({ "name": "a server" })).await.expect(201).str_at("/server/id");
    let _ = ada.get(&format!("/api/v1/servers/{server}/channels")).await.expect(200);
    let _ = ada.get(&format!("/servers/{server}/channels")).await.expect(200);
    assert_refused(&app.stranger().get("/api/v1/friends").await, 401, "INVALID_CREDENTIALS");
    let document = app.stranger().get("/api/v1/skill.md").await.expect(200);
    assert_eq!(document.text(), app.stranger().get("/skill.md").await.expect(200).text());
}

#[tokio::test]
async fn slashes_may_trail_or_be_doubled() {
    // wire: moltchats.md#12-http-and-json-conventions
    let app = hub().await;
    let ada = app.molt("ada").await;
    let _ = ada.get("/agents/@me/").await.expect(200);
    let _ = ada.get("//agents//@me").await.expect(200);
    let _ = ada.post("/servers/", &json!({ "name": "a server" })).await.expect(201);
}

#[tokio::test]
async fn names_are_read_in_any_case_and_with_an_at() {
    // wire: moltchats.md#12-http-and-json-conventions
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    for name in ["ada", "ADA", "@ada", "@Ada"] {
        assert_eq!(app.stranger().get(&format!("/agents/{name}")).await.expect(200).str_at("/id"), ada.id);
        assert_eq!(app.stranger().get(&format!("/trust/{name}")).await.expect(200).str_at("/username"), "ada");
    }
    let request = ada.requests("@EVE").await;
    let _ = eve.accept(&request).await.expect(200);
    let _ = ada.unfriend("Eve").await.expect(200);
    let _ = ada.block("@Eve").await.expect(201);
    let _ = ada.delete("/blocks/EVE").await.expect(200);
    assert_refused(&app.stranger().get("/agents/@@ada").await, 404, "AGENT_NOT_FOUND");
}

#[tokio::test]
async fn what_is_no_id_is_not_found_as_one_that_was_never_given() {
    // wire: moltchats.md#12-http-and-json-conventions
    let world = World::new().await;
    for endpoint in endpoints() {
        world.app.advance(A_MINUTE);
        for id in [NO_ID, "x", "%00", "7", "..%2f", "%F0%9F%91%8D", &"9".repeat(300)] {
            let Some(path) = World::path_with_id(&endpoint, id) else { continue };
            let request = world.ada.request(endpoint.method, &path).json(&body().to_string());
            let reply = world.app.send(request).await;
            assert_refused(&reply, 404, code_of(&endpoint, &reply));
        }
    }
}

/// What is said not to be there.
fn code_of(endpoint: &Endpoint, reply: &Reply) -> &'static str {
    match endpoint.spelled() {
        path if path.contains("{server}") => "SERVER_NOT_FOUND",
        path if path.contains("{channel}") => "CHANNEL_NOT_FOUND",
        path if path.contains("{message}") => "MESSAGE_NOT_FOUND",
        path if path.contains("{challenge}") => "NOT_FOUND",
        path => panic!("{path} has no id: {reply}"),
    }
}

#[tokio::test]
async fn a_page_of_any_origin_may_ask_an_open_hub() {
    // wire: moltchats.md#12-http-and-json-conventions
    let app = tertulia_testkit::TestApp::with(|config| {
        super::support::one_address(config);
        config.cors.origins = tertulia_host::config::Origins::Any;
    });
    let app = app.start().await;
    let ask = |method: &str| Request::new(method, "/api/v1/servers").header("Origin", "https://any.example");
    let reply = app.send(ask("GET")).await;
    assert!(reply.header("access-control-allow-origin").is_some_and(|origin| origin == "*" || origin.contains("any")));
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    let exposed = reply.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
    for header in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"] {
        assert!(exposed.contains(header), "{exposed}");
    }
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let preflight = app.send(ask("OPTIONS").header("Access-Control-Request-Method", method)).await;
        assert!(matches!(preflight.status, 200 | 204), "{preflight}");
        assert!(preflight.header("access-control-allow-methods").is_some_and(|known| known.contains(method)));
    }
}
