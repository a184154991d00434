//! Streams at the wire: taken sockets, ordinary bodies, slow readers, ends.

use std::time::Duration;

use crate::support::{Hub, Setting, event};
use axum::body::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tertulia_core::{Ended, Flow, Outlet};
use tertulia_edge::EdgeOptions;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn a_stream_goes_on_in_chunks_after_its_head() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send("GET /api/stream HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\n\r\n").await;
    let head = peer.head().await;
    for line in [
        "HTTP/1.1 200 OK\r\n",
        "content-type: text/event-stream\r\n",
        "cache-control: no-store\r\n",
        "x-accel-buffering: no\r\n",
        "transfer-encoding: chunked\r\n",
        "x-request-id: mine\r\n",
    ] {
        assert!(head.contains(line), "{line:?} is not in {head}");
    }
    assert_eq!(peer.exactly(18).await, b"d\r\ndata: hello\n\n\r\n");
    assert_eq!(hub.room.say("one"), [Flow::Open]);
    assert_eq!(peer.chunk().await, "data: one\n\n");
    assert_eq!(hub.metrics.live_streams.get(), 1);
    hub.stop().await;
}

#[tokio::test]
async fn a_usual_client_reads_the_events() {
    let hub = Hub::start();
    // reqwest wants one even where nothing is encrypted; another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("http://{}/api/stream", hub.address);
    let mut response = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "data: hello\n\n");
    hub.room.say("one");
    assert_eq!(response.chunk().await.unwrap().unwrap(), "data: one\n\n");
    hub.shutdown.cancel();
    let mut rest = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        rest.extend_from_slice(&chunk);
    }
    assert_eq!(rest, b"retry: 1\n\n");
    drop(response);
    hub.stop().await;
}

#[tokio::test]
async fn a_large_beginning_comes_before_what_was_pushed_meanwhile() {
    let beginning = Bytes::from("data: x\n\n".repeat(200_000));
    let setting = Setting { beginning: beginning.clone(), send_buffer: Some(4096), ..Setting::default() };
    let hub = Hub::start_with(setting);
    let mut peer = hub.listen().await;
    for number in 0..100 {
        assert_eq!(hub.room.say(&number.to_string()), [Flow::Open]);
    }
    assert_eq!(peer.chunk().await.as_bytes(), beginning);
    for number in 0..100 {
        assert_eq!(peer.chunk().await, format!("data: {number}\n\n"));
    }
    hub.stop().await;
}

#[tokio::test]
async fn order_is_kept_when_the_socket_takes_only_a_part() {
    let hub = Hub::start_with(Setting { send_buffer: Some(4096), ..Setting::default() });
    let mut peer = hub.connect_small().await;
    peer.send("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    peer.head().await;
    peer.chunk().await;
    let (mut said, mut heard) = (0_usize, 0_usize);
    let text = |number: usize| format!("{number}{}", "x".repeat(number * 37 % 3_001));
    let mut most_waiting = 0;
    for burst in [500, 1, 300, 7] {
        for _ in 0..burst {
            assert_eq!(hub.room.say(&text(said)), [Flow::Open]);
            said += 1;
        }
        most_waiting = most_waiting.max(hub.room.outlet(0).waiting_bytes());
        // Sometimes caught up, sometimes not.
        while heard < said - burst / 3 {
            assert_eq!(peer.chunk().await, format!("data: {}\n\n", text(heard)));
            heard += 1;
        }
    }
    while heard < said {
        assert_eq!(peer.chunk().await, format!("data: {}\n\n", text(heard)));
        heard += 1;
    }
    assert!(most_waiting > 100_000, "the socket took everything: {most_waiting}");
    hub.stop().await;
}

#[tokio::test]
async fn a_reader_that_goes_is_noticed_and_everything_of_it_freed() {
    let mut hub = Hub::start();
    let mut peer = hub.listen().await;
    peer.chunk().await;
    let outlet = hub.room.outlet(0);
    assert!(outlet.is_open());
    drop(peer);
    hub.ended.recv().await.unwrap();
    assert!(!outlet.is_open());
    assert_eq!(outlet.push(&event("late")), Flow::Closed);
    assert_eq!(hub.edge.queued_bytes(), 0);
    hub.stop().await;
}

#[tokio::test]
async fn a_stream_that_the_hub_closes_ends_and_knows_why() {
    let mut hub = Hub::start();
    let mut peer = hub.listen().await;
    peer.chunk().await;
    let outlet = hub.room.outlet(0);
    assert_eq!(outlet.ended(), None);
    outlet.close(Ended::AgentSuspended);
    assert_eq!((outlet.is_open(), outlet.ended()), (false, Some(Ended::AgentSuspended)));
    assert_eq!(peer.rest().await, b"0\r\n\r\n");
    hub.ended.recv().await.unwrap();
    outlet.close(Ended::CredentialEnded);
    assert_eq!(outlet.ended(), Some(Ended::AgentSuspended), "the first reason stands");
    hub.stop().await;
}

#[tokio::test]
async fn what_waits_still_leaves_when_the_hub_closes_a_stream() {
    let mut hub = Hub::start_with(Setting { send_buffer: Some(4096), ..Setting::default() });
    let mut peer = hub.connect_small().await;
    peer.send("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    peer.head().await;
    peer.chunk().await;
    let filler = "x".repeat(1_000);
    for number in 0..1_000 {
        assert_eq!(hub.room.say(&format!("{number} {filler}")), [Flow::Open]);
    }
    assert!(hub.room.outlet(0).waiting_bytes() > 100_000);
    hub.room.outlet(0).close(Ended::PlaceGone);
    assert_eq!(hub.room.say("late"), [Flow::Closed]);
    for number in 0..1_000 {
        assert_eq!(peer.chunk().await, format!("data: {number} {filler}\n\n"));
    }
    assert_eq!(peer.rest().await, b"0\r\n\r\n");
    hub.ended.recv().await.unwrap();
    hub.stop().await;
}

#[tokio::test]
async fn a_closed_stream_that_nobody_reads_is_let_go() {
    let mut hub = Hub::start_with(Setting { send_buffer: Some(4096), ..Setting::default() });
    let mut peer = hub.connect_small().await;
    peer.send("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    peer.head().await;
    while hub.room.outlet(0).waiting_bytes() < 100_000 {
        assert_eq!(hub.room.say(&"x".repeat(1_000)), [Flow::Open]);
    }
    hub.room.outlet(0).close(Ended::PlaceGone);
    hub.settle().await;
    assert_eq!(hub.metrics.live_streams.get(), 1);
    hub.clock.advance(Duration::from_secs(2));
    hub.ended.recv().await.unwrap();
    assert_eq!(hub.edge.queued_bytes(), 0);
    hub.stop().await;
}

#[tokio::test]
async fn a_peer_that_does_not_read_its_answer_is_given_up() {
    let beginning = Bytes::from("data: x\n\n".repeat(200_000));
    let mut hub = Hub::start_with(Setting { beginning, send_buffer: Some(4096), ..Setting::default() });
    let mut peer = hub.connect_small().await;
    // An ordinary body: the socket is not taken.
    peer.send("GET /api/stream HTTP/1.0\r\nHost: localhost\r\n\r\n").await;
    peer.head().await;
    let mut waited = Duration::ZERO;
    while hub.ended.try_recv().is_err() {
        assert!(waited < Duration::from_mins(10), "the stream goes on though nobody reads it");
        hub.clock.advance(Duration::from_secs(15));
        waited += Duration::from_secs(15);
        // Its answer shows that every task has had its turn.
        assert_eq!(hub.ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.status(), 200);
    }
    assert!(waited >= Duration::from_mins(1), "given up after {waited:?}");
    hub.stop().await;
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_at_its_bound_and_the_others_hear_everything() {
    let mut setting = Setting { send_buffer: Some(4096), ..Setting::default() };
    setting.class.queue_bytes = 64 * 1024;
    let mut hub = Hub::start_with(setting);
    let mut slow = hub.connect_small().await;
    slow.send("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    slow.head().await;
    let mut others = [hub.listen().await, hub.listen().await, hub.listen().await];
    for other in &mut others {
        other.chunk().await;
    }
    let filler = "x".repeat(1_000);
    let mut cut_at = None;
    for number in 0..10_000 {
        let flows = hub.room.say(&format!("{number} {filler}"));
        assert!(hub.room.outlet(0).waiting_bytes() <= 64 * 1024);
        assert_eq!(flows[1..], [Flow::Open; 3]);
        for other in &mut others {
            assert_eq!(other.chunk().await, format!("data: {number} {filler}\n\n"));
        }
        if flows[0] == Flow::Closed {
            cut_at.get_or_insert(number);
        }
        if cut_at.is_some_and(|cut_at| number > cut_at + 10) {
            break;
        }
    }
    assert!(cut_at.is_some(), "10 MB were taken for a reader that reads nothing");
    hub.ended.recv().await.unwrap();
    assert_eq!(hub.metrics.cut_off_connections.get(), 1);
    assert_eq!(hub.edge.queued_bytes(), 0);
    // What the kernel had is still read; the stream then just ends, without its last chunk.
    assert!(!slow.rest().await.ends_with(b"0\r\n\r\n"));
    hub.stop().await;
}

#[tokio::test]
async fn when_all_queues_together_are_full_the_fullest_goes() {
    let edge = EdgeOptions { queue_bytes: 256 * 1024, ..EdgeOptions::default() };
    let hub = Hub::start_with(Setting { send_buffer: Some(4096), edge, ..Setting::default() });
    let mut stalled = Vec::new();
    for _ in 0..2 {
        let mut peer = hub.connect_small().await;
        peer.send("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        peer.head().await;
        peer.chunk().await;
        stalled.push(peer);
    }
    let (fuller, other) = (hub.room.outlet(0), hub.room.outlet(1));
    let frames = event(&"x".repeat(1_000));
    while fuller.waiting_bytes() < 200 * 1024 {
        assert_eq!(fuller.push(&frames), Flow::Open);
    }
    while fuller.is_open() {
        assert_eq!(other.push(&frames), Flow::Open);
        assert!(other.waiting_bytes() <= 64 * 1024, "the other one's share was taken, and nobody cut");
    }
    assert!(other.is_open());
    assert!(hub.edge.queued_bytes() <= 256 * 1024);
    drop(stalled);
    hub.stop().await;
}

#[tokio::test]
async fn shutdown_says_farewell_and_ends_the_body() {
    let hub = Hub::start();
    let mut peer = hub.listen().await;
    peer.chunk().await;
    hub.shutdown.cancel();
    assert_eq!(peer.rest().await, b"a\r\nretry: 1\n\n\r\n0\r\n\r\n");
    hub.stop().await;
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_lives() {
    let hub = Hub::start();
    let mut peer = hub.listen().await;
    peer.chunk().await;
    for _ in 0..3 {
        hub.clock.advance(Duration::from_secs(15));
        assert_eq!(peer.chunk().await, ": ping\n\n");
    }
    hub.stop().await;
}

#[tokio::test]
async fn a_connection_is_reused_before_it_becomes_a_stream() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    for _ in 0..2 {
        peer.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi").await;
        assert_eq!(peer.answer().await.body, "hi");
    }
    peer.send("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    peer.head().await;
    assert_eq!(peer.chunk().await, "data: hello\n\n");
    hub.stop().await;
}

#[tokio::test]
async fn requests_around_a_stream_request_do_no_harm() {
    let hub = Hub::start();
    let mut peer = hub.connect().await;
    let ask = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let listen = "GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
    peer.send(&format!("{ask}{listen}{ask}{ask}")).await;
    assert_eq!(peer.answer().await.body, "home");
    peer.head().await;
    assert_eq!(peer.chunk().await, "data: hello\n\n");
    peer.send(ask).await;
    hub.room.say("still here");
    assert_eq!(peer.chunk().await, "data: still here\n\n");
    hub.stop().await;
}

#[tokio::test]
async fn a_listener_that_talks_too_much_is_dropped() {
    let mut hub = Hub::start();
    let mut peer = hub.listen().await;
    // The hub may close before it has heard all of it.
    let _ = peer.0.write_all(&vec![b'x'; 256 * 1024]).await;
    hub.ended.recv().await.unwrap();
    hub.stop().await;
}

#[tokio::test]
async fn http_1_0_gets_plain_bytes_until_the_end() {
    let mut hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send("GET /api/stream HTTP/1.0\r\n\r\n").await;
    let head = peer.head().await;
    assert!(!head.contains("chunked"), "{head}");
    assert_eq!(peer.exactly(13).await, b"data: hello\n\n");
    hub.room.say("one");
    assert_eq!(peer.exactly(11).await, b"data: one\n\n");
    hub.clock.advance(Duration::from_secs(15));
    assert_eq!(peer.exactly(8).await, b": ping\n\n");
    hub.shutdown.cancel();
    assert_eq!(peer.rest().await, b"retry: 1\n\n");
    hub.ended.recv().await.unwrap();
    hub.stop().await;
}

#[tokio::test]
async fn http_2_with_prior_knowledge_carries_streams_and_requests() {
    let mut hub = Hub::start();
    let socket = tokio::net::TcpStream::connect(hub.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    let driver = tokio_util::task::TaskTracker::new();
    driver.spawn(connection);
    let mut request = |path: &str| {
        let uri = format!("http://localhost{path}");
        client.send_request(http::Request::get(uri).body(Empty::<Bytes>::new()).unwrap())
    };
    let mut stream = request("/api/stream").await.unwrap().into_body();
    let mut next = async || stream.frame().await.map(|frame| frame.unwrap().into_data().unwrap());
    assert_eq!(next().await.unwrap(), "data: hello\n\n");
    let home = request("/").await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(home, "home");
    hub.room.say("one");
    assert_eq!(next().await.unwrap(), "data: one\n\n");
    hub.shutdown.cancel();
    // An empty frame may mark the end.
    assert_eq!(stream.collect().await.unwrap().to_bytes(), "retry: 1\n\n");
    hub.ended.recv().await.unwrap();
    drop(client);
    hub.stop().await;
}

#[tokio::test]
async fn a_stream_over_http_1_0_that_the_hub_closes_ends_after_what_waits() {
    let mut hub = Hub::start();
    let mut peer = hub.connect().await;
    peer.send("GET /api/stream HTTP/1.0\r\n\r\n").await;
    peer.head().await;
    hub.room.say("last");
    hub.room.outlet(0).close(Ended::PlaceGone);
    assert_eq!(peer.rest().await, b"data: hello\n\ndata: last\n\n");
    hub.ended.recv().await.unwrap();
    drop(peer);
    hub.stop().await;
}

#[tokio::test]
async fn head_of_a_stream_has_no_body_and_leaves_nothing_open() {
    let mut hub = Hub::start();
    let answer = hub.ask("HEAD /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(answer.status(), 200);
    hub.ended.recv().await.unwrap();
    assert!(!hub.room.outlet(0).is_open());
    hub.stop().await;
}

#[tokio::test]
async fn an_address_holds_ten_streams_and_gets_places_back() {
    let mut hub = Hub::start();
    let mut peers = Vec::new();
    for _ in 0..10 {
        peers.push(hub.listen().await);
    }
    let refused = hub.ask("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(refused.status(), 429);
    peers.pop();
    hub.ended.recv().await.unwrap();
    hub.listen().await;
    hub.stop().await;
}
