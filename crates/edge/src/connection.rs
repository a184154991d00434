//! One connection: which protocol it speaks, how long it may take, when it ends, and whether a stream takes its socket.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    io::ErrorKind,
    net::Shutdown,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::{Service, service_fn},
};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tertulia_core::Sleep;
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

use crate::{
    edge::{Edge, Tail},
    link::{Link, Offer, OpenConnection, Pace},
    server::ServerOptions,
    socket, taken,
    timer::ClockTimer,
    wire::Wire,
};

/// What a client that speaks HTTP/2 without being asked sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// hyper's buffers of one HTTP/1 connection, and so the longest request head, in bytes.
const MOST_BUFFERED: usize = 64 * 1024;

/// Requests in flight on one HTTP/2 connection.
const MOST_H2_STREAMS: u32 = 128;

/// How often an HTTP/2 peer must answer a ping, and how long it may take.
const H2_PING: Duration = Duration::from_secs(20);

/// How long, and for how many bytes, the rest of what a peer sends is read after our last word, so that the kernel does
/// not throw the answer away with it. More than the largest file that the hub takes: most clients send all of what they
/// have before they read that it is too much.
const LINGER: Duration = Duration::from_secs(10);
const LINGER_BYTES: usize = 32 * 1024 * 1024;

/// How much of that is read at once.
const DISCARDED_AT_ONCE: usize = 16 * 1024;

/// Serves `socket` until either side ends it, or hands it to a task of its own when a stream takes it.
pub(crate) async fn serve(
    socket: TcpStream,
    link: Arc<Link>,
    edge: Edge,
    options: ServerOptions,
    open: OpenConnection,
) {
    let Some((ahead, protocol)) = tell_protocol(&socket, &link, &options).await else { return };
    let wire = Wire::new(socket, ahead, Arc::clone(&link));
    let watch = Watch::new(&link, options);
    match protocol {
        Protocol::Http2 => serve_http2(wire, edge, link, watch).await,
        Protocol::Http1 => {
            // On the heap, so that it is gone before the taken socket's own task begins.
            if let Some(taken) = Box::pin(serve_http1(wire, edge.clone(), link, watch)).await {
                taken.serve(edge.tracker(), open);
            }
        }
    }
}

/// A socket that HTTP has done with.
struct Taken {
    socket: TcpStream,
    offer: Offer,
    /// What the client sent behind the request.
    early: Bytes,
}

impl Taken {
    /// Goes on in a task of its own.
    fn serve(self, tracker: &TaskTracker, open: OpenConnection) {
        let socket = Arc::new(self.socket);
        match self.offer {
            // A listener has nothing to say.
            Offer::Stream(beginning, tail) => {
                tail.queue.attach_socket(Arc::clone(&socket), beginning);
                tracker.spawn(taken::serve(socket, tail, open));
            }
            Offer::Socket(tail) => {
                tracker.spawn(socket::serve(socket, self.early, *tail, open));
            }
        }
    }
}

enum Protocol {
    Http1,
    Http2,
}

/// Reads until the preface of HTTP/2 is complete or contradicted. `None`: the peer has gone or takes too long.
async fn tell_protocol(socket: &TcpStream, link: &Link, options: &ServerOptions) -> Option<(Bytes, Protocol)> {
    let streams = link.streams();
    let mut patience = streams.clock.sleep(options.head_timeout);
    let mut shutdown = pin!(streams.shutdown.cancelled());
    let mut ahead = [0; PREFACE.len()];
    let mut length = 0;
    loop {
        let readable = poll_fn(|cx| {
            if let Poll::Ready(readable) = socket.poll_read_ready(cx) {
                return Poll::Ready(readable.is_ok());
            }
            if patience.as_mut().poll(cx).is_ready() || shutdown.as_mut().poll(cx).is_ready() {
                return Poll::Ready(false);
            }
            Poll::Pending
        });
        if !readable.await {
            return None;
        }
        match socket.try_read(&mut ahead[length..]) {
            Ok(0) => return None,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(_) => return None,
        }
        if ahead[..length] != PREFACE[..length] {
            return Some((Bytes::copy_from_slice(&ahead[..length]), Protocol::Http1));
        }
        if length == PREFACE.len() {
            return Some((Bytes::copy_from_slice(&ahead), Protocol::Http2));
        }
    }
}

async fn serve_http1(wire: Wire, edge: Edge, link: Arc<Link>, mut watch: Watch) -> Option<Taken> {
    let service = service(edge, Arc::clone(&link));
    let shutdown = link.streams().shutdown.clone();
    let mut shutdown = pin!(shutdown.cancelled());
    let mut told = false;
    let mut connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(MOST_BUFFERED)
        .serve_connection(TokioIo::new(wire), service);
    let (offer, finished) = poll_fn(|cx| {
        if !told && shutdown.as_mut().poll(cx).is_ready() {
            told = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        if let Poll::Ready(end) = Pin::new(&mut connection).poll(cx) {
            return Poll::Ready((end.ok().and_then(|()| link.take_offer()), true));
        }
        if let Some((beginning, tail)) = link.take_stream() {
            return Poll::Ready((Some(Offer::Stream(beginning, tail)), false));
        }
        watch.poll_expired(cx).map(|()| (None, false))
    })
    .await;
    let parts = connection.into_parts();
    let wire = parts.io.into_inner();
    if let Some(offer) = offer {
        let (socket, ahead) = wire.into_parts();
        let early = if ahead.is_empty() { parts.read_buf } else { [parts.read_buf, ahead].concat().into() };
        return Some(Taken { socket, offer, early });
    }
    if finished && !told && !wire.has_ended() {
        linger(&wire.into_parts().0, link.streams().clock.sleep(LINGER), shutdown).await;
    }
    None
}

async fn serve_http2(wire: Wire, edge: Edge, link: Arc<Link>, mut watch: Watch) {
    let streams = Arc::clone(link.streams());
    let mut shutdown = pin!(streams.shutdown.cancelled());
    let mut told = false;
    let mut connection = pin!(
        http2::Builder::new(Tracked(edge.tracker().clone()))
            .timer(ClockTimer::new(Arc::clone(&streams.clock)))
            .keep_alive_interval(H2_PING)
            .keep_alive_timeout(H2_PING)
            .max_concurrent_streams(MOST_H2_STREAMS)
            .max_header_list_size(u32::try_from(MOST_BUFFERED).expect("a small constant"))
            .serve_connection(TokioIo::new(wire), service(edge, Arc::clone(&link)))
    );
    poll_fn(|cx| {
        if !told && shutdown.as_mut().poll(cx).is_ready() {
            told = true;
            connection.as_mut().graceful_shutdown();
        }
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        watch.poll_expired(cx)
    })
    .await;
}

/// Edge as hyper calls it.
fn service(
    edge: Edge,
    link: Arc<Link>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Tail>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Tail>, Infallible>> + Send,
> {
    service_fn(move |request| {
        let (edge, link) = (edge.clone(), Arc::clone(&link));
        async move { Ok(edge.answer(&link, request).await) }
    })
}

/// Says that nothing more will come and reads what is still on its way, unless the hub ends.
async fn linger(socket: &TcpStream, mut patience: Sleep, mut shutdown: Pin<&mut impl Future<Output = ()>>) {
    if SockRef::from(socket).shutdown(Shutdown::Write).is_err() {
        return;
    }
    let mut left = LINGER_BYTES;
    let mut discarded = vec![0; DISCARDED_AT_ONCE];
    poll_fn(|cx| {
        while left > 0 && socket.poll_read_ready(cx).is_ready() {
            match socket.try_read(&mut discarded) {
                Ok(0) => return Poll::Ready(()),
                Ok(read) => left = left.saturating_sub(read),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(()),
            }
        }
        if left == 0 || shutdown.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { patience.as_mut().poll(cx) }
    })
    .await;
}

/// Ends connections that wait too long for a request, or for a peer to read. One timer a connection, set again only when it runs out.
struct Watch {
    link: Arc<Link>,
    options: ServerOptions,
    sleep: Sleep,
}

impl Watch {
    fn new(link: &Arc<Link>, options: ServerOptions) -> Self {
        let sleep = link.streams().clock.sleep(options.head_timeout);
        Self { link: Arc::clone(link), options, sleep }
    }

    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.sleep.as_mut().poll(cx).is_ready() {
            let clock = &self.link.streams().clock;
            let left = match self.link.pace() {
                Pace::Busy => self.options.head_timeout,
                Pace::Reader(since) => (since + self.options.write_timeout).saturating_sub(clock.elapsed()),
                Pace::Head(since) => (since + self.options.head_timeout).saturating_sub(clock.elapsed()),
                Pace::Idle(since) => (since + self.options.idle_timeout).saturating_sub(clock.elapsed()),
            };
            if left.is_zero() {
                return Poll::Ready(());
            }
            // Never longer than a head may take: one can begin while this sleeps.
            self.sleep = clock.sleep(left.min(self.options.head_timeout));
        }
        Poll::Pending
    }
}

/// hyper's own tasks (HTTP/2 streams) run on the tracker too.
#[derive(Clone)]
struct Tracked(TaskTracker);

impl<F> hyper::rt::Executor<F> for Tracked
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}
