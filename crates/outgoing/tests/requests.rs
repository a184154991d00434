//! Requests over real sockets, against servers that are told byte by byte what to answer.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    future::{pending, ready},
    net::SocketAddr,
};

use http::{HeaderValue, header::AUTHORIZATION};
use tertulia_outgoing::{AddressPolicy, Error, Outgoing, Policy, Redirects, Request, TargetError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_util::task::AbortOnDropHandle;

/// Answers every connection with the same bytes, then hangs up; or holds it, when there are none.
struct Server {
    address: SocketAddr,
    heard: mpsc::Receiver<String>,
    _running: AbortOnDropHandle<()>,
}

impl Server {
    async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = mpsc::channel(64);
        let running = tokio_util::task::TaskTracker::new().spawn(serve(listener, answer.into(), tell));
        Self { address, heard, _running: AbortOnDropHandle::new(running) }
    }

    async fn silent() -> Self {
        Self::answering("").await
    }

    fn url(&self) -> String {
        format!("http://{}/path?query", self.address)
    }

    async fn head(&mut self) -> String {
        self.heard.recv().await.unwrap()
    }
}

async fn serve(listener: TcpListener, answer: Vec<u8>, tell: mpsc::Sender<String>) {
    let mut kept = Vec::new();
    while let Ok((mut socket, _)) = listener.accept().await {
        let head = read_head(&mut socket).await;
        if answer.is_empty() {
            kept.push(socket);
        } else {
            // A client that has had enough hangs up while we write.
            drop(socket.write_all(&answer).await);
        }
        tell.send(head).await.unwrap();
    }
}

async fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn found(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn local() -> Outgoing {
    Outgoing::new(Policy::local())
}

fn get(client: &Outgoing, url: &str) -> Request {
    Request::get(client.target(url).unwrap())
}

#[tokio::test]
async fn an_answer_comes_back_whole_and_the_request_says_only_what_it_must() {
    let mut server = Server::answering(ok("hello")).await;
    let client = local();
    let answer = client.send(get(&client, &server.url()), pending()).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"hello"[..]));

    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "GET /path?query HTTP/1.1\r\naccept: */*\r\nuser-agent: tertulia/{version}\r\nhost: {}\r\n\r\n",
        server.address
    );
    assert_eq!(server.head().await, expected);
}

#[tokio::test]
async fn a_body_is_read_to_its_limit_and_no_further() {
    let announced = Server::answering(ok("0123456789")).await;
    let unannounced = Server::answering("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789").await;
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n";
    let chunked = Server::answering(chunked).await;
    let client = local();
    for server in [announced, unannounced, chunked] {
        let whole = client.send(get(&client, &server.url()).limit(10), pending()).await.unwrap();
        assert_eq!(&whole.body[..], b"0123456789");
        let refused = client.send(get(&client, &server.url()).limit(9), pending()).await.unwrap_err();
        assert!(matches!(refused, Error::TooLarge { limit: 9 }), "{refused:?}");
    }
}

#[tokio::test]
async fn an_endless_body_ends_at_the_limit() {
    let mut endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    endless.resize(8 * 1024 * 1024, b'x');
    let server = Server::answering(endless).await;
    let client = local();
    let refused = client.send(get(&client, &server.url()), pending()).await.unwrap_err();
    assert!(matches!(refused, Error::TooLarge { limit: 65_536 }), "{refused:?}");

    let known = client.send(get(&client, &server.url()).without_answer(), pending()).await.unwrap();
    assert_eq!((known.status.as_u16(), known.body.len()), (200, 0), "its head is enough");
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_at_the_deadline() {
    let mut server = Server::silent().await;
    let client = local();
    let request = get(&client, &server.url());
    let deadline = async { drop(server.head().await) };
    let late = client.send(request, deadline).await.unwrap_err();
    assert!(matches!(late, Error::TimedOut), "{late:?}");
}

#[tokio::test]
async fn a_body_that_stops_in_the_middle_is_an_error() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234").await;
    let client = local();
    let broken = client.send(get(&client, &server.url()), pending()).await.unwrap_err();
    assert!(matches!(broken, Error::Interrupted), "{broken:?}");
}

#[tokio::test]
async fn a_connection_that_is_refused_is_told_apart() {
    let server = Server::silent().await;
    let url = server.url();
    let Server { _running: running, .. } = server;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    let client = local();
    let refused = client.send(get(&client, &url), pending()).await.unwrap_err();
    assert!(matches!(refused, Error::Connect { kind: std::io::ErrorKind::ConnectionRefused }), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_http_and_what_is_not_tls_are_told_apart() {
    let server = Server::answering("SSH-2.0-tertulia\r\n\r\n\r\n").await;
    let client = local();
    let plain = client.send(get(&client, &server.url()), pending()).await.unwrap_err();
    assert!(matches!(plain, Error::Interrupted), "{plain:?}");

    let talker = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", talker.local_addr().unwrap());
    let speak = async {
        let (mut socket, _) = talker.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        pending::<()>().await;
    };
    let secured = client.send(get(&client, &url), speak).await.unwrap_err();
    assert!(matches!(secured, Error::Tls(_)), "{secured:?}");
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused() {
    let mut server = Server::answering(ok("secret")).await;
    let client = Outgoing::new(Policy { plain_http: true, ..Policy::default() });
    let url = format!("http://localhost:{}/", server.address.port());
    let refused = client.send(get(&client, &url), pending()).await.unwrap_err();
    assert!(matches!(refused, Error::AddressRefused), "{refused:?}");
    assert!(server.heard.try_recv().is_err(), "the server was asked");
}

#[tokio::test]
async fn where_a_name_leads_can_be_asked_without_a_request() {
    let strict = Outgoing::new(Policy::default());
    let here = strict.target("https://localhost/").unwrap();
    assert!(matches!(strict.look_up(&here, pending()).await, Err(TargetError::Address)));
    assert!(strict.look_up(&strict.target("https://8.8.8.8/").unwrap(), pending()).await.is_ok(), "it is no name");
    assert!(local().look_up(&here, pending()).await.is_ok(), "it may call whatever it is");
}

#[tokio::test]
async fn a_target_of_a_looser_client_is_checked_again() {
    let server = Server::silent().await;
    let request = get(&local(), &server.url());
    let refused = Outgoing::new(Policy::default()).send(request, pending()).await.unwrap_err();
    assert!(matches!(refused, Error::Target(TargetError::Scheme)), "{refused:?}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_unless_following_is_asked_for() {
    let destination = Server::answering(ok("there")).await;
    let mut start = Server::answering(found(&destination.url())).await;
    let client = local();
    let taken = client.send(get(&client, &start.url()), pending()).await.unwrap();
    assert_eq!(taken.status.as_u16(), 302);
    start.head().await;

    let followed = client.send(get(&client, &start.url()).redirects(Redirects::Follow(1)), pending()).await.unwrap();
    assert_eq!(&followed.body[..], b"there");
}

#[tokio::test]
async fn a_redirect_to_another_server_leaves_credentials_behind() {
    let mut destination = Server::answering(ok("there")).await;
    let mut start = Server::answering(found(&destination.url())).await;
    let client = local();
    let request = get(&client, &start.url())
        .header(AUTHORIZATION, HeaderValue::from_static("Bearer secret"))
        .redirects(Redirects::Follow(1));
    client.send(request, pending()).await.unwrap();
    assert!(start.head().await.contains("authorization: Bearer secret\r\n"));
    assert!(!destination.head().await.contains("secret"));
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let listed = AddressPolicy::PublicAnd(vec!["127.0.0.1/32".parse().unwrap()]);
    let client = Outgoing::new(Policy { addresses: listed, plain_http: true, ..Policy::default() });
    for elsewhere in ["http://127.0.0.2/", "http://[::1]/", "http://169.254.169.254/latest", "http://2130706434/"] {
        let server = Server::answering(found(elsewhere)).await;
        let request = get(&client, &server.url()).redirects(Redirects::Follow(3));
        let refused = client.send(request, pending()).await.unwrap_err();
        assert!(matches!(refused, Error::RedirectRefused(TargetError::Address)), "{elsewhere}: {refused:?}");
    }
}

#[tokio::test]
async fn redirects_end() {
    let mut server = Server::answering(found("/again")).await;
    let client = local();
    let lost = client.send(get(&client, &server.url()).redirects(Redirects::Follow(3)), pending()).await.unwrap_err();
    assert!(matches!(lost, Error::TooManyRedirects { limit: 3 }), "{lost:?}");
    for _ in 0..4 {
        server.head().await;
    }
    assert!(server.heard.try_recv().is_err(), "more than the first request and three hops");
}

#[tokio::test]
async fn beyond_the_running_and_the_waiting_a_request_is_refused() {
    let mut server = Server::silent().await;
    let client = Outgoing::new(Policy { running: 1, waiting: 1, ..Policy::local() });
    let mut running = Box::pin(client.send(get(&client, &server.url()), pending()));
    let mut waiting = Box::pin(client.send(get(&client, &server.url()), pending()));
    tokio::select! {
        biased; // the first one polled gets the place
        _ = &mut running => panic!("a silent server answered"),
        _ = &mut waiting => panic!("a silent server answered"),
        _ = server.head() => {}
    }
    let refused = client.send(get(&client, &server.url()), pending()).await.unwrap_err();
    assert!(matches!(refused, Error::Busy), "{refused:?}");

    drop(running);
    tokio::select! {
        _ = &mut waiting => panic!("a silent server answered"),
        _ = server.head() => {} // the place was given on
    }
    let late = client.send(get(&client, &server.url()), ready(())).await.unwrap_err();
    assert!(matches!(late, Error::TimedOut), "waiting for a place ends with the deadline: {late:?}");
}

#[tokio::test]
async fn an_error_names_neither_url_nor_address() {
    let server = Server::answering(found("http://user:secret@127.0.0.1/")).await;
    let client = local();
    let request = get(&client, &server.url()).redirects(Redirects::Follow(1));
    let error = client.send(request, pending()).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("127.0.0.1") && !shown.contains("secret"), "{shown}");
}
