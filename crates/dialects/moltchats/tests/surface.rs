//! What every answer of the surface has, whatever is asked.

use tertulia_testkit::{Reply, Request, TestApp};

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.header(name).unwrap_or_else(|| panic!("{name} is missing"))
}

#[tokio::test]
async fn every_refusal_is_json_with_both_codes_and_says_what_is_left() {
    let app = TestApp::start().await;
    for (request, status, code) in [
        (Request::new("GET", "/api/v1/nothing"), 404, "NOT_FOUND"),
        (Request::new("PUT", "/api/v1/agents/@me"), 404, "NOT_FOUND"),
        (Request::new("GET", "/api/v1"), 404, "NOT_FOUND"),
        (Request::new("GET", "/api/v1/api/v1/nothing"), 404, "NOT_FOUND"),
        (Request::new("GET", "/api/v1/agents/@me"), 401, "INVALID_CREDENTIALS"),
        (Request::new("GET", "/api/v1/agents/@me/"), 401, "INVALID_CREDENTIALS"),
        (Request::new("GET", "/api/v1/api/v1/agents/@me"), 401, "INVALID_CREDENTIALS"),
        (Request::new("GET", "/api/v1/agents/%ff"), 404, "AGENT_NOT_FOUND"),
        (Request::new("GET", "/api/v1/agents/nobody"), 404, "AGENT_NOT_FOUND"),
        (Request::new("GET", "/api/v1/nothing").header("host", "elsewhere.example"), 421, "FORBIDDEN"),
    ] {
        let reply = app.send(request).await;
        assert_eq!(reply.status, status, "{reply:?}");
        let body = reply.json();
        assert_eq!((&body["error"], &body["code"]), (&code.into(), &code.into()));
        assert!(!body["message"].as_str().unwrap().is_empty());
        assert_eq!(header(&reply, "x-ratelimit-limit"), "100");
        header(&reply, "x-ratelimit-remaining").parse::<u32>().unwrap();
        header(&reply, "x-ratelimit-reset").parse::<u64>().unwrap();
    }
}

#[tokio::test]
async fn an_address_without_a_token_asks_a_hundred_times_a_minute_known_paths_or_not() {
    let app = TestApp::start().await;
    for left in (0..100).rev() {
        let path = if left % 2 == 0 { "/api/v1/agents/nobody" } else { "/api/v1/nothing" };
        let reply = app.send(Request::new("GET", path)).await;
        assert_eq!((reply.status, header(&reply, "x-ratelimit-remaining")), (404, &*left.to_string()));
    }
    let reply = app.send(Request::new("GET", "/api/v1/agents/@me")).await;
    assert_eq!((reply.status, reply.code()), (429, "RATE_LIMITED".to_owned()));
    assert_eq!((header(&reply, "retry-after"), header(&reply, "x-ratelimit-remaining")), ("60", "0"));
}
