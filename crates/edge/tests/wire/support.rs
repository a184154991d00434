//! A hub that has nothing but edge, and a client that speaks raw TCP to it.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Extension, Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tertulia_core::{Action, Clock, Flow, Frames, Ids, Outlet, Quota, Sleep, Throttle};
use tertulia_edge::{
    Admission, BodyLimit, Edge, EdgeContext, EdgeMetrics, EdgeOptions, Head, LiveStream, Refusal, Renderer,
    RequestHead, SendQueue, Server, ServerOptions, SocketClass, StreamClass, StreamOpener, StreamPermits, Surface,
    WholeBody, sse, tracked,
};
use tertulia_model::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::{Notify, mpsc, oneshot},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::talk;

/// A clock that moves only when it is told to.
#[derive(Debug, Default)]
pub(crate) struct StoppedClock(Mutex<(Duration, Vec<Alarm>)>);

/// When to wake whom.
type Alarm = (Duration, oneshot::Sender<()>);

impl StoppedClock {
    pub(crate) fn advance(&self, by: Duration) {
        let mut inner = self.0.lock().unwrap();
        inner.0 += by;
        let now = inner.0;
        let (due, later) = std::mem::take(&mut inner.1).into_iter().partition(|(at, _)| *at <= now);
        inner.1 = later;
        drop(inner);
        let due: Vec<Alarm> = due;
        for (_, wake) in due {
            let _ = wake.send(());
        }
    }
}

impl StoppedClock {
    /// Waits until somebody sleeps for exactly this long from now.
    pub(crate) async fn somebody_sleeps(&self, duration: Duration) {
        let is_slept = || {
            let inner = self.0.lock().unwrap();
            inner.1.iter().any(|(at, wake)| *at == inner.0 + duration && !wake.is_closed())
        };
        while !is_slept() {
            tokio::task::yield_now().await;
        }
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().0
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        if duration.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        let (wake, woken) = oneshot::channel();
        let mut inner = self.0.lock().unwrap();
        let at = inner.0 + duration;
        inner.1.push((at, wake));
        Box::pin(async move {
            let _ = woken.await;
        })
    }
}

#[derive(Debug, Default)]
struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::Relaxed).to_ne_bytes();
        for (byte, next) in bytes.iter_mut().zip(next.iter().cycle()) {
            *byte = *next;
        }
    }
}

/// Words refusals with its name, the status and the numbers.
pub(crate) struct Named(pub &'static str);

impl Renderer for Named {
    fn render(&self, refusal: &Refusal, _: &RequestHead) -> Response {
        (refusal.status(), format!("{}: {refusal:?}", self.0)).into_response()
    }
}

/// Admits everybody but those who name themselves greedy, and counts those who want to be counted.
struct NoGreed;

impl Admission for NoGreed {
    fn admit(&self, head: &RequestHead) -> Result<Option<Quota>, Refusal> {
        let left = |remaining| Quota {
            limit: 120,
            remaining,
            resets_in: Duration::from_millis(1_500),
            resets_at: Timestamp::from_micros(0),
        };
        match head.uri().query() {
            Some("counted") => Ok(Some(left(7))),
            Some("greedy") => Err(Refusal::Throttled(Throttle {
                action: Action::Request,
                quota: left(0),
                per: Duration::from_mins(1),
                is_local: false,
            })),
            _ => Ok(None),
        }
    }
}

/// What the handlers share with the tests.
pub(crate) struct Room {
    pub(crate) class: Arc<StreamClass>,
    pub(crate) socket: Arc<SocketClass>,
    pub(crate) clock: Arc<StoppedClock>,
    pub(crate) heard: Mutex<Vec<String>>,
    pub(crate) beginning: Bytes,
    pub(crate) permits: StreamPermits,
    pub(crate) gate: Notify,
    pub(crate) outlets: Mutex<Vec<Arc<SendQueue>>>,
    pub(crate) ended: mpsc::Sender<()>,
}

impl Room {
    pub(crate) fn outlet(&self, index: usize) -> Arc<SendQueue> {
        Arc::clone(&self.outlets.lock().unwrap()[index])
    }

    /// Pushes one event to everybody; answers each one's flow.
    pub(crate) fn say(&self, text: &str) -> Vec<Flow> {
        let frames = event(text);
        self.outlets.lock().unwrap().iter().map(|outlet| outlet.push(&frames)).collect()
    }
}

pub(crate) fn event(text: &str) -> Frames {
    Frames::new(Bytes::from(format!("data: {text}\n\n")))
}

pub(crate) struct Ended(pub(crate) mpsc::Sender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.try_send(());
    }
}

async fn stream(State(room): State<Arc<Room>>, Head(head): Head, opener: StreamOpener) -> Response {
    let Some(permit) = room.permits.acquire(head.client().key(), 10) else {
        return axum::http::StatusCode::TOO_MANY_REQUESTS.into_response();
    };
    let mut stream: LiveStream = opener.open(&room.class);
    stream.keep(permit);
    stream.keep(Ended(room.ended.clone()));
    stream.begin_with(room.beginning.clone());
    room.outlets.lock().unwrap().push(stream.outlet());
    sse::response(stream)
}

/// Says when it has begun, and when it has got through its gate.
async fn commit(State(room): State<Arc<Room>>) -> &'static str {
    let _ = room.ended.try_send(());
    room.gate.notified().await;
    let _ = room.ended.try_send(());
    "done"
}

fn routes(room: &Arc<Room>, tracker: &TaskTracker) -> Router {
    Router::new()
        .route("/api/stream", get(stream).post(stream))
        .route("/api/ws", get(talk::open))
        .route("/api/echo", post(async |WholeBody(body): WholeBody| body))
        .route("/api/small", post(async |WholeBody(body): WholeBody| body).layer(Extension(BodyLimit(4))))
        .route("/api/panic", get(async || -> &'static str { panic!("on purpose") }))
        .route("/api/tracked-panic", get(async || -> &'static str { panic!("tracked") }).layer(tracked(tracker)))
        .route("/api/commit", post(commit).layer(tracked(tracker)))
        .route("/api/whoami", get(async |Head(head): Head| head.client().ip().to_string()))
        .route("/api/quota", get(async |Head(head): Head| format!("{:?}", head.quota().map(|quota| quota.remaining))))
        .route("/api/v1/thing", get(async || "thing"))
        .route("/", get(async || "home"))
        .with_state(Arc::clone(room))
}

/// How a hub differs from the usual one.
pub(crate) struct Setting {
    pub(crate) class: StreamClass,
    pub(crate) socket: SocketClass,
    pub(crate) beginning: Bytes,
    pub(crate) edge: EdgeOptions,
    pub(crate) server: ServerOptions,
    pub(crate) send_buffer: Option<u32>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            class: StreamClass {
                queue_bytes: StreamClass::DEFAULT_QUEUE_BYTES,
                keep_alive_every: StreamClass::DEFAULT_KEEP_ALIVE,
                keep_alive: Bytes::from_static(sse::PING),
                farewell: Bytes::from_static(b"retry: 1\n\n"),
            },
            socket: SocketClass::default(),
            beginning: Bytes::from_static(b"data: hello\n\n"),
            edge: EdgeOptions::default(),
            server: ServerOptions::default(),
            send_buffer: None,
        }
    }
}

pub(crate) struct Hub {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<StoppedClock>,
    pub(crate) metrics: Arc<EdgeMetrics>,
    pub(crate) edge: Edge,
    pub(crate) room: Arc<Room>,
    pub(crate) ended: mpsc::Receiver<()>,
    pub(crate) shutdown: CancellationToken,
    tracker: TaskTracker,
}

impl Hub {
    pub(crate) fn start() -> Self {
        Self::start_with(Setting::default())
    }

    pub(crate) fn start_with(setting: Setting) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = setting.send_buffer {
            // Accepted sockets inherit it.
            socket.set_send_buffer_size(bytes).unwrap();
        }
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1024).unwrap();
        let (ended, has_ended) = mpsc::channel(64);
        let clock = Arc::<StoppedClock>::default();
        let room = Arc::new(Room {
            class: Arc::new(setting.class),
            socket: Arc::new(setting.socket),
            clock: clock.clone(),
            heard: Mutex::default(),
            beginning: setting.beginning,
            permits: StreamPermits::new(),
            gate: Notify::new(),
            outlets: Mutex::default(),
            ended,
        });
        let context = EdgeContext {
            clock: clock.clone(),
            ids: Arc::new(CountingIds::default()),
            tracker: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            metrics: Arc::default(),
        };
        let surfaces =
            vec![Surface::new("/api", Named("api")).admission(Arc::new(NoGreed)), Surface::new("/api/v1", Named("v1"))];
        let router = routes(&room, &context.tracker);
        let edge = Edge::new(context.clone(), setting.edge, surfaces, Surface::new("/", Named("rest")), router);
        let address = listener.local_addr().unwrap();
        let server = Server::new(edge.clone(), setting.server);
        context.tracker.spawn(async move { server.serve(listener).await });
        Self {
            address,
            clock,
            metrics: context.metrics,
            edge,
            room,
            ended: has_ended,
            shutdown: context.shutdown,
            tracker: context.tracker,
        }
    }

    pub(crate) async fn connect(&self) -> Peer {
        Peer(TcpStream::connect(self.address).await.unwrap(), Vec::new())
    }

    /// A peer whose own receive buffer is as small as the system allows.
    pub(crate) async fn connect_small(&self) -> Peer {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(2048).unwrap();
        Peer(socket.connect(self.address).await.unwrap(), Vec::new())
    }

    /// One request on a connection of its own; the whole answer.
    pub(crate) async fn ask(&self, request: &str) -> Answer {
        let mut peer = self.connect().await;
        peer.send(request).await;
        peer.answer().await
    }

    /// A peer that has read a stream's head.
    pub(crate) async fn listen(&self) -> Peer {
        let mut peer = self.connect().await;
        peer.send("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let head = peer.head().await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        peer
    }

    /// Waits until every task has had its turn: the answer shows it.
    pub(crate) async fn settle(&self) {
        for _ in 0..3 {
            assert_eq!(self.ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.status(), 200);
        }
    }

    /// Ends the hub and waits for every task.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.tracker.close();
        within("the hub to stop", self.tracker.wait()).await;
    }
}

/// Waits for what must happen, and fails the test when it does not.
#[expect(clippy::disallowed_methods, reason = "bounds a failing test in real time; nothing is measured with it")]
async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(done) = tokio::time::timeout(Duration::from_secs(30), future).await else { panic!("waited for {what}") };
    done
}

pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
    }
}

/// The client's end of a raw connection, with what was read too far.
pub(crate) struct Peer(pub(crate) TcpStream, Vec<u8>);

impl Peer {
    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Reads up to and with the blank line.
    pub(crate) async fn head(&mut self) -> String {
        self.until(b"\r\n\r\n").await
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let mut answer = Answer { head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        answer.body = String::from_utf8(self.exactly(length).await).unwrap();
        answer
    }

    /// The next chunk's payload; empty for the last one.
    pub(crate) async fn chunk(&mut self) -> String {
        let size = self.until(b"\r\n").await;
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
        let mut chunk = self.exactly(size + 2).await;
        assert_eq!(chunk.split_off(size), b"\r\n");
        String::from_utf8(chunk).unwrap()
    }

    /// Everything up to the connection's end.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.1);
        // A reset is an end too.
        let _ = within("the connection's end", self.0.read_to_end(&mut rest)).await;
        rest
    }

    async fn until(&mut self, mark: &[u8]) -> String {
        loop {
            if let Some(at) = self.1.windows(mark.len()).position(|window| window == mark) {
                let taken = self.1.drain(..at + mark.len()).collect();
                return String::from_utf8(taken).unwrap();
            }
            self.more().await;
        }
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.1.len() < length {
            self.more().await;
        }
        self.1.drain(..length).collect()
    }

    async fn more(&mut self) {
        let read = within("bytes from the hub", self.0.read_buf(&mut self.1)).await.unwrap();
        assert_ne!(read, 0, "the connection ended after {:?}", String::from_utf8_lossy(&self.1));
    }
}
