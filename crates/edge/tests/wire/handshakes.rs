//! How a WebSocket begins, at the wire.

use axum::body::Bytes;
use http_body_util::Empty;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::{
    support::{Hub, Setting},
    talk::{ASK, Caller, said},
};
use tertulia_edge::{AllowedHosts, EdgeOptions};

fn without(line: &str) -> String {
    let (kept, gone): (Vec<_>, Vec<_>) = ASK.split_inclusive("\r\n").partition(|known| !known.starts_with(line));
    assert_eq!(gone.len(), 1, "{line}");
    kept.concat()
}

fn with(line: &str) -> String {
    ASK.replacen("\r\n", &format!("\r\n{line}\r\n"), 1)
}

#[tokio::test]
async fn a_handshake_is_accepted_and_texts_are_answered() {
    let mut hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send(&with(
        "X-Request-Id: mine\r\nSec-WebSocket-Extensions: permessage-deflate\r\nOrigin: http://localhost:1",
    ))
    .await;
    let head = peer.head().await;
    for line in [
        "HTTP/1.1 101 Switching Protocols\r\n",
        "connection: upgrade\r\n",
        "upgrade: websocket\r\n",
        "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
        "x-request-id: mine\r\n",
        "access-control-allow-origin: http://localhost:1\r\n",
    ] {
        assert!(head.contains(line), "{line:?} is not in {head}");
    }
    assert!(!head.contains("extensions"), "nothing is ever compressed: {head}");
    let mut caller = Caller(peer);
    caller.say("say hello").await;
    assert_eq!(caller.text().await, "hello");
    caller.say("client").await;
    assert_eq!(caller.text().await, "127.0.0.1");
    assert_eq!((hub.metrics.open_sockets.get(), hub.metrics.open_connections.get()), (1, 1));
    drop(caller);
    hub.ended.recv().await.unwrap();
    hub.stop().await;
}

#[tokio::test]
async fn the_root_has_a_page_and_a_socket() {
    let edge = EdgeOptions { root_sockets: Some("/api/ws"), ..EdgeOptions::default() };
    let hub = Hub::start_with(Setting { edge, ..Setting::default() });
    for target in ["/", "//", "/?token=x"] {
        let mut caller = Caller::shake(hub.connect().await, &ASK.replace("/api/ws", target), b"").await;
        caller.say("say hello").await;
        assert_eq!(caller.text().await, "hello", "{target}");
    }
    assert_eq!(hub.ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.body, "home");
    // What goes wrong there is said in the socket's words, and the query reaches it.
    let greedy = hub.ask(&ASK.replace("/api/ws", "/?greedy")).await;
    assert_eq!((greedy.status(), greedy.body.starts_with("api: Throttled")), (429, true), "{}", greedy.body);
    hub.stop().await;
}

#[tokio::test]
async fn who_has_no_socket_at_the_root_has_the_page_for_everybody() {
    let hub = Hub::start();
    assert_eq!(hub.ask(&ASK.replace("/api/ws", "/")).await.body, "home");
    hub.stop().await;
}

#[tokio::test]
async fn header_values_are_lists_in_any_case() {
    let hub = Hub::start();
    let ask = ASK.replace("Connection: Upgrade", "connection: keep-alive , UPGRADE");
    let ask = ask.replace("Upgrade: websocket", "upgrade: h2c, WebSocket");
    let mut caller = Caller::shake(hub.connect().await, &ask, b"").await;
    caller.say("say hello").await;
    assert_eq!(caller.text().await, "hello");
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn who_asks_for_no_websocket_is_told_to_in_the_surfaces_words() {
    let hub = Hub::start();
    for ask in [
        "GET /api/ws HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        without("Connection"),
        without("Upgrade"),
        without("Sec-WebSocket-Version"),
        ASK.replace("Version: 13", "Version: 8"),
        ASK.replace("Upgrade: websocket", "Upgrade: h2c"),
    ] {
        let answer = hub.ask(&ask).await;
        assert_eq!((answer.status(), answer.body.as_str()), (426, "api: UpgradeRequired"), "{ask}");
        assert_eq!(answer.header("upgrade"), Some("websocket"));
        assert_eq!(answer.header("connection"), Some("upgrade"));
        assert_eq!(answer.header("sec-websocket-version"), Some("13"));
    }
    let old = hub.ask(&ASK.replace("HTTP/1.1", "HTTP/1.0")).await;
    assert_eq!((old.status(), old.header("upgrade")), (426, None));
    assert_eq!(hub.ask(&ASK.replacen("GET", "POST", 1)).await.status(), 405);
    let mut peer = hub.connect().await;
    peer.send(&ASK.replacen("GET", "HEAD", 1)).await;
    let head = peer.head().await;
    assert!(head.starts_with("HTTP/1.1 426 "), "{head}");
    assert_eq!(hub.metrics.open_sockets.get(), 0);
    hub.stop().await;
}

#[tokio::test]
async fn a_handshake_that_is_wrong_is_refused() {
    let hub = Hub::start();
    for ask in [
        without("Sec-WebSocket-Key"),
        ASK.replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ"),
        ASK.replace("dGhlIHNhbXBsZSBub25jZQ==", "dG9vIHNob3J0"),
        ASK.replace("dGhlIHNhbXBsZSBub25jZQ==", "!"),
        with("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
        with("Content-Length: 2"),
        with("Transfer-Encoding: chunked"),
    ] {
        let answer = hub.ask(&ask).await;
        assert_eq!((answer.status(), answer.body.as_str()), (400, "api: BadHandshake"), "{ask}");
    }
    assert_eq!(
        Caller::shake(hub.connect().await, &with("Content-Length: 0"), &said("say hi")).await.text().await,
        "hi"
    );
    hub.stop().await;
}

#[tokio::test]
async fn hosts_origins_and_admission_are_asked_before() {
    let edge = EdgeOptions { allowed_hosts: AllowedHosts::new(None), ..EdgeOptions::default() };
    let hub = Hub::start_with(Setting { edge, ..Setting::default() });
    let foreign_host = ASK.replace("localhost", "evil.example");
    assert_eq!(hub.ask(&foreign_host).await.status(), 421);
    assert_eq!(hub.ask(&with("Origin: https://evil.example")).await.status(), 403);
    assert_eq!(hub.ask(&ASK.replace("/api/ws", "/api/ws?greedy")).await.status(), 429);
    hub.stop().await;
}

#[tokio::test]
async fn http_2_is_told_the_version_alone() {
    let hub = Hub::start();
    let socket = tokio::net::TcpStream::connect(hub.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    let driver = tokio_util::task::TaskTracker::new();
    driver.spawn(connection);
    let request = http::Request::get("http://localhost/api/ws").body(Empty::<Bytes>::new()).unwrap();
    let answer = client.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 426);
    assert_eq!(answer.headers().get("sec-websocket-version").unwrap(), "13");
    assert!(!answer.headers().contains_key("upgrade"));
    drop((answer, client));
    hub.stop().await;
}

#[tokio::test]
async fn what_is_sent_behind_the_handshake_is_answered_in_order() {
    let hub = Hub::start();
    // Far more than is read with the head, and the last frame in two parts.
    let filler = "x".repeat(100);
    let mut early: Vec<u8> = (0..1_000).flat_map(|number| said(&format!("say {number} {filler}"))).collect();
    let later = early.split_off(early.len() - 50);
    let mut caller = hub.call_with(&early).await;
    for number in 0..999 {
        assert_eq!(caller.text().await, format!("{number} {filler}"));
    }
    caller.send(&later).await;
    assert_eq!(caller.text().await, format!("999 {filler}"));
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn a_connection_is_used_for_requests_before() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send(&format!("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n{ASK}")).await;
    assert_eq!(peer.answer().await.body, "home");
    let mut caller = Caller::shake(peer, "", &said("say hello")).await;
    assert_eq!(caller.text().await, "hello");
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    for byte in [ASK.as_bytes(), &said("say hello")].concat() {
        peer.send_bytes(&[byte]).await;
    }
    let mut caller = Caller::shake(peer, "", b"").await;
    assert_eq!(caller.text().await, "hello");
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn an_answer_that_accepts_nothing_opens_nothing() {
    let mut hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send(&ASK.replace("/api/ws", "/api/ws?forgotten")).await;
    assert_eq!(peer.answer().await.body, "no socket after all");
    hub.ended.recv().await.unwrap();
    assert_eq!(hub.metrics.open_sockets.get(), 0);
    peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(peer.answer().await.body, "home");
    drop(peer);
    hub.stop().await;
}

#[tokio::test]
async fn a_condemned_socket_is_accepted_told_and_closed() {
    let mut hub = Hub::start();
    let ask = ASK.replace("/api/ws", "/api/ws?condemned");
    let mut caller = Caller::shake(hub.connect().await, &ask, &said("say hello")).await;
    assert_eq!(caller.text().await, "sorry");
    assert_eq!(caller.closed().await, (4401, "who are you".to_owned()));
    caller.ends().await;
    hub.ended.recv().await.unwrap();
    assert!(hub.room.heard.lock().unwrap().is_empty());
    hub.stop().await;
}
