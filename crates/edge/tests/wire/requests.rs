//! What every request passes through, at the wire.

use std::time::Duration;

use crate::support::{Hub, Setting};
use tertulia_edge::{AllowedHosts, CorsPolicy, EdgeOptions, ForwardedHeader, ServerOptions, TrustedProxies};
use tokio::io::AsyncWriteExt;

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

fn get_with(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n")
}

#[tokio::test]
async fn refusals_are_worded_by_the_longest_prefix() {
    let hub = Hub::start();
    for (path, words) in [
        ("/api/nothing", "api: NotFound"),
        ("/api", "api: NotFound"),
        ("/api/v1/nothing", "v1: NotFound"),
        ("/apiary", "rest: NotFound"),
        ("/nothing", "rest: NotFound"),
    ] {
        let answer = hub.ask(&get(path)).await;
        assert_eq!((answer.status(), answer.body.as_str()), (404, words), "{path}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let hub = Hub::start();
    let answer = hub.ask("DELETE /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!((answer.status(), answer.body.as_str()), (405, "api: MethodNotAllowed"));
    assert_eq!(answer.header("allow"), Some("GET,HEAD,POST"));
    hub.stop().await;
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused_however_framed_and_the_connection_goes_on() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    let announced = "POST /api/small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello";
    let chunked = "POST /api/small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    for request in [announced, chunked] {
        peer.send(request).await;
        let answer = peer.answer().await;
        assert_eq!((answer.status(), answer.body.as_str()), (413, "api: BodyTooLarge { limit: 4 }"));
    }
    peer.send("POST /api/small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n").await;
    assert_eq!(peer.answer().await.body, "hi");
    hub.stop().await;
}

#[tokio::test]
async fn a_huge_body_is_refused_while_it_is_being_sent() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n").await;
    assert_eq!(peer.answer().await.status(), 413);
    drop(peer);
    hub.stop().await;
}

#[tokio::test]
async fn who_sends_all_of_a_huge_body_before_it_reads_hears_that_it_is_refused() {
    const HUGE: usize = 24 * 1024 * 1024;
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send(&format!("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {HUGE}\r\n\r\n")).await;
    peer.send_bytes(&vec![b'x'; HUGE]).await;
    assert_eq!(peer.answer().await.status(), 413);
    assert_eq!(peer.rest().await, b"");
    hub.stop().await;
}

#[tokio::test]
async fn who_never_stops_sending_does_not_keep_the_hub_from_ending() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n").await;
    assert_eq!(peer.answer().await.status(), 413);
    // It neither sends nor leaves, and the clock stands still.
    hub.stop().await;
    drop(peer);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    // The refusal proves that the body is being awaited: its interim answer is only sent then.
    peer.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").await;
    assert!(peer.head().await.starts_with("HTTP/1.1 100"));
    peer.send("he").await;
    hub.clock.advance(Duration::from_secs(30));
    let answer = peer.answer().await;
    assert_eq!((answer.status(), answer.body.as_str()), (408, "api: BodyTimeout"));
    drop(peer);
    hub.stop().await;
}

#[tokio::test]
async fn only_the_hubs_own_names_are_answered() {
    let edge = EdgeOptions { allowed_hosts: AllowedHosts::new(Some("chat.example".into())), ..EdgeOptions::default() };
    let hub = Hub::start_with(Setting { edge, ..Setting::default() });
    for (host, status) in [
        ("localhost:7600", 200),
        ("my.localhost", 200),
        ("127.8.8.8", 200),
        ("[::1]:80", 200),
        ("Chat.Example:443", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("192.0.2.1", 421),
        ("", 421),
    ] {
        let answer = hub.ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(answer.status(), status, "{host}");
    }
    assert_eq!(hub.ask("GET / HTTP/1.0\r\n\r\n").await.status(), 200);
    assert_eq!(hub.ask("GET / HTTP/1.1\r\n\r\n").await.status(), 421);
    hub.stop().await;
}

#[tokio::test]
async fn a_loopback_hub_refuses_pages_of_other_origins() {
    let cors = CorsPolicy::LoopbackAnd(vec!["https://chat.example".into()]);
    let hub = Hub::start_with(Setting { edge: EdgeOptions { cors, ..EdgeOptions::default() }, ..Setting::default() });
    for origin in ["http://localhost:3000", "http://127.0.0.1:7600", "https://chat.example"] {
        let answer = hub.ask(&get_with("/", &format!("Origin: {origin}"))).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
    for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
        let answer = hub.ask(&get_with("/", &format!("Origin: {origin}"))).await;
        assert_eq!((answer.status(), answer.body.as_str()), (403, "rest: ForeignOrigin"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let rebound = hub.ask("GET / HTTP/1.1\r\nHost: evil.example\r\nOrigin: https://evil.example\r\n\r\n").await;
    assert_eq!((rebound.status(), rebound.header("access-control-allow-origin")), (421, None));
    hub.stop().await;
}

#[tokio::test]
async fn an_open_hub_tells_browsers_what_they_may_do() {
    let edge = EdgeOptions { cors: CorsPolicy::AnyOrigin, ..EdgeOptions::default() };
    let hub = Hub::start_with(Setting { edge, ..Setting::default() });
    let preflight = "OPTIONS /api/echo HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n\r\n";
    let answer = hub.ask(preflight).await;
    assert_eq!(answer.status(), 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST, PUT, PATCH, DELETE"));
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("Last-Event-ID"));
    let answer = hub.ask(&get_with("/api/nothing", "Origin: https://a.example")).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("X-RateLimit-Reset"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    hub.stop().await;
}

#[tokio::test]
async fn slashes_may_be_doubled_or_trail() {
    let hub = Hub::start();
    for path in ["/api//v1/thing", "//api/v1/thing/", "/api/v1/thing//?x=1", "/api/v1/thing?x=//"] {
        assert_eq!(hub.ask(&get(path)).await.body, "thing", "{path}");
    }
    assert_eq!(hub.ask(&get("//")).await.body, "home");
    assert_eq!(hub.ask("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n").await.status(), 404);
    hub.stop().await;
}

#[tokio::test]
async fn request_ids_are_echoed_when_they_are_harmless() {
    let hub = Hub::start();
    let echoed = hub.ask(&get_with("/", "X-Request-Id: a.B_9:-")).await;
    assert_eq!(echoed.header("x-request-id"), Some("a.B_9:-"));
    for bad in ["a b", "é", &"x".repeat(129)] {
        let answer = hub.ask(&get_with("/nothing", &format!("X-Request-Id: {bad}"))).await;
        let id = answer.header("x-request-id").unwrap();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "{id}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn a_panic_is_one_answer_and_harms_nobody_else() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    for path in ["/api/panic", "/api/tracked-panic"] {
        peer.send(&get(path)).await;
        let answer = peer.answer().await;
        assert_eq!((answer.status(), answer.body.as_str()), (500, "api: Internal"));
    }
    peer.send(&get("/")).await;
    assert_eq!(peer.answer().await.body, "home");
    hub.stop().await;
}

#[tokio::test]
async fn admission_is_asked_for_its_own_prefix_alone() {
    let hub = Hub::start();
    let refused = hub.ask(&get("/api/stream?greedy")).await;
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("2")));
    assert!(refused.body.starts_with("api: Throttled"));
    assert_eq!(hub.ask(&get("/api/v1/thing?greedy")).await.status(), 200);
    assert_eq!(hub.ask(&get("/?greedy")).await.status(), 200);
    hub.stop().await;
}

#[tokio::test]
async fn only_trusted_proxies_are_believed() {
    let hub = Hub::start();
    let whoami = |headers: &str| get_with("/api/whoami", headers);
    assert_eq!(hub.ask(&whoami("X-Forwarded-For: 192.0.2.7")).await.body, "127.0.0.1");
    assert!(hub.edge.foreign_forwarding_seen());
    hub.stop().await;

    let nets = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    let edge =
        EdgeOptions { trusted_proxies: TrustedProxies::new(nets, ForwardedHeader::Auto), ..EdgeOptions::default() };
    let hub = Hub::start_with(Setting { edge, ..Setting::default() });
    for (headers, client) in [
        ("X-Forwarded-For: 198.51.100.1, 192.0.2.7, 10.1.1.1", "192.0.2.7"),
        ("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 10.1.1.1", "198.51.100.1"),
        ("Forwarded: for=192.0.2.9;proto=http\r\nX-Forwarded-For: 198.51.100.1", "192.0.2.9"),
        ("Forwarded: for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ("Forwarded: for=192.0.2.9, for=unknown, for=10.2.2.2", "10.2.2.2"),
        ("X-Forwarded-For: 10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("X-Forwarded-For: ::ffff:192.0.2.8", "192.0.2.8"),
        ("Accept: */*", "127.0.0.1"),
    ] {
        assert_eq!(hub.ask(&whoami(headers)).await.body, client, "{headers}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn only_the_named_forwarding_header_is_read() {
    let both = get_with("/api/whoami", "Forwarded: for=192.0.2.9\r\nX-Forwarded-For: 198.51.100.1");
    let only_other = |header| match header {
        ForwardedHeader::Forwarded => get_with("/api/whoami", "X-Forwarded-For: 198.51.100.1"),
        ForwardedHeader::XForwardedFor | ForwardedHeader::Auto => get_with("/api/whoami", "Forwarded: for=192.0.2.9"),
    };
    for (header, client) in
        [(ForwardedHeader::Forwarded, "192.0.2.9"), (ForwardedHeader::XForwardedFor, "198.51.100.1")]
    {
        let trusted_proxies = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()], header);
        let edge = EdgeOptions { trusted_proxies, ..EdgeOptions::default() };
        let hub = Hub::start_with(Setting { edge, ..Setting::default() });
        assert_eq!(hub.ask(&both).await.body, client);
        assert_eq!(hub.ask(&only_other(header)).await.body, "127.0.0.1");
        hub.stop().await;
    }
}

#[tokio::test]
async fn handlers_are_told_what_admission_left() {
    let hub = Hub::start();
    assert_eq!(hub.ask(&get("/api/quota?counted")).await.body, "Some(7)");
    assert_eq!(hub.ask(&get("/api/quota")).await.body, "None");
    hub.stop().await;
}

#[tokio::test]
async fn a_head_that_does_not_come_is_given_up_sooner_than_an_idle_connection() {
    let hub = Hub::start();
    let mut idle = hub.connect().await;
    idle.send(&get("/")).await;
    assert_eq!(idle.answer().await.status(), 200);
    let mut slow = hub.connect().await;
    slow.send("GET / HTTP/1.1\r\nHos").await;
    // Its answer shows that the earlier connections' bytes are in too.
    assert_eq!(hub.ask(&get("/")).await.status(), 200);
    hub.clock.advance(Duration::from_secs(15));
    assert_eq!(slow.rest().await, b"");
    idle.send(&get("/")).await;
    assert_eq!(idle.answer().await.status(), 200);
    hub.clock.advance(Duration::from_secs(75));
    assert_eq!(idle.rest().await, b"");
    hub.stop().await;
}

#[tokio::test]
async fn one_connection_too_many_is_closed_at_once() {
    let server = ServerOptions { max_connections: 1, ..ServerOptions::default() };
    let hub = Hub::start_with(Setting { server, ..Setting::default() });
    let mut first = hub.connect().await;
    first.send(&get("/")).await;
    assert_eq!(first.answer().await.status(), 200);
    let mut second = hub.connect().await;
    assert_eq!(second.rest().await, b"");
    assert_eq!(hub.metrics.refused_connections.get(), 1);
    assert_eq!(hub.metrics.open_connections.get(), 1);
    hub.stop().await;
}

#[tokio::test]
async fn metrics_are_named_by_route_not_by_path() {
    let hub = Hub::start();
    hub.ask(&get("/api/v1/thing/")).await;
    hub.ask(&get("/no/such/path")).await;
    let mut registry = prometheus_client::registry::Registry::default();
    hub.metrics.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    assert!(text.contains(r#"seconds_count{method="GET",route="/api/v1/thing",status="200"} 1"#), "{text}");
    assert!(text.contains(r#"seconds_count{method="GET",route="-",status="404"} 1"#), "{text}");
    hub.stop().await;
}

#[tokio::test]
async fn a_request_in_flight_is_answered_while_the_hub_goes_down() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").await;
    assert!(peer.head().await.starts_with("HTTP/1.1 100"));
    hub.shutdown.cancel();
    peer.0.write_all(b"hi").await.unwrap();
    assert_eq!(peer.answer().await.body, "hi");
    assert_eq!(peer.rest().await, b"");
    hub.stop().await;
}

#[tokio::test]
async fn a_tracked_handler_is_not_stopped_by_a_hang_up() {
    let mut hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send("POST /api/commit HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    hub.ended.recv().await.unwrap();
    drop(peer);
    while hub.metrics.open_connections.get() > 0 {
        tokio::task::yield_now().await;
    }
    hub.room.gate.notify_one();
    hub.ended.recv().await.unwrap();
    hub.stop().await;
}
