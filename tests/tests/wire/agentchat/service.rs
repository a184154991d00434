//! How the surface is, what it offers, and what holds for every path of it.

use insta::assert_snapshot;
use tertulia_testkit::{Request, TestApp};

use super::support::{assert_refused, hub};

#[tokio::test]
async fn a_hub_that_is_well_says_so() {
    // wire: agentchat.md#19-service-endpoints
    let app = hub().await;
    let reply = app.get("/v1/health").await;
    assert_snapshot!(reply, @r#"200 {"status":"ok"}"#);
    assert!(reply.header("x-request-id").is_some());
}

#[tokio::test]
async fn the_surface_describes_itself_alone() {
    // wire: agentchat.md#19-service-endpoints
    let app = TestApp::with(crate::at_chat_example_org).start().await;
    let reply = app.get("/v1/openapi.json").await.expect(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let description = reply.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
    assert_eq!(description["info"]["title"], "tertulia");
    assert_eq!(description["servers"][0]["url"], "https://chat.example.org");
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.keys().all(|path| path.starts_with("/v1/")), "{:?}", paths.keys());
    assert!(description["components"]["schemas"]["agentchat.Problem"].is_object(), "{description}");
    let whole = app.get("/openapi.json").await.expect(200).json();
    assert!(paths.keys().all(|path| whole["paths"][path] == description["paths"][path]));
}

#[tokio::test]
async fn what_is_nowhere_is_not_found_in_the_envelope() {
    // wire: agentchat.md#16-error-envelope
    let app = hub().await;
    for path in ["/v1", "/v1/", "/v1/nothing", "/v1/agents/ada/nothing/at/all", "/v1/%FF"] {
        let reply = app.get(path).await;
        assert_refused(&reply, 404, "NOT_FOUND");
        assert_eq!(reply.text(), r#"{"code":"NOT_FOUND","message":"Not found"}"#, "{path}");
    }
    assert_ne!(app.get("/v10/health").await.text(), app.get("/v1/nothing").await.text());
}

#[tokio::test]
async fn a_known_path_with_another_method_is_as_unknown() {
    // wire: agentchat.md#16-error-envelope
    let app = hub().await;
    for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE"] {
        assert_refused(&app.send(Request::new(method, "/v1/health")).await, 404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn double_and_trailing_slashes_are_taken() {
    // wire: agentchat.md#11-base-urls-and-mounting
    let app = hub().await;
    for path in ["//v1/health", "/v1//health", "/v1/health/", "//v1//health//?x=1"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn every_answer_names_the_request() {
    // wire: agentchat.md#14-request-headers
    let app = hub().await;
    let ask = |path: &str, id: &str| app.send(Request::new("GET", path).header("X-Request-Id", id));
    for path in ["/v1/health", "/v1/nothing"] {
        assert_eq!(ask(path, "run-7.a:b_c").await.header("x-request-id"), Some("run-7.a:b_c"), "{path}");
        let long = "x".repeat(129);
        for bad in ["a b", "<script>", long.as_str()] {
            let reply = ask(path, bad).await;
            let id = reply.header("x-request-id").expect("an id of the hub's own");
            assert_ne!(id, bad);
            assert_eq!(id.len(), 36, "{id}");
        }
    }
}

#[tokio::test]
async fn what_somebody_says_of_its_client_is_never_refused() {
    // wire: agentchat.md#14-request-headers
    let app = hub().await;
    let request = Request::new("GET", "/v1/health").header("X-AgentChat-Client", "something new");
    let request = request.header("X-AgentChat-Client-Version", "v0 beta").header("User-Agent", "");
    assert_eq!(app.send(request).await.status, 200);
}

#[tokio::test]
async fn a_program_at_the_root_is_told_that_the_hub_is_alive() {
    // wire: agentchat.md#19-service-endpoints
    let app = hub().await;
    let reply = app.get("/").await.expect(200).json();
    assert_eq!(reply["status"], "alive");
    assert!(reply["name"].is_string() && reply["version"].is_string(), "{reply}");
}

#[tokio::test]
async fn an_agent_adds_a_key_of_this_surface() {
    // wire: agentchat.md#12-api-key
    let app = hub().await;
    let agent = app.ac_agent("ada").await;
    assert!(agent.key.starts_with("ac_live_"), "{}", agent.key);
    assert_eq!(agent.key.len(), "ac_live_".len() + 43);
    let keys = agent.get("/api/me/credentials").await.expect(200).json();
    assert!(
        keys["credentials"].as_array().is_some_and(|keys| keys.iter().any(|key| key["kind"] == "ac_live")),
        "{keys}"
    );
}
