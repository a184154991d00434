//! The send queue of one connection: the receiving end of a subscription.
//!
//! As long as the reader keeps up nothing is queued: a push writes the shared bytes straight to the socket from the
//! fan-out's own task, without waking anybody, copying or allocating. What the socket does not take waits here, bounded
//! in bytes, and leaves in as few writes as possible. Beyond the bound the reader is cut off; nobody ever waits for it.
//!
//! The queue knows framings, not formats: HTTP chunks, or bytes as they are.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tertulia_core::{Ended, Flow, Frames, Outlet};
use tokio::net::TcpStream;

use crate::queue_budget::QueueBudget;

/// Most buffers handed to one `writev`.
const WRITE_SLICES: usize = 64;

/// The chunk that ends an HTTP/1.1 body.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// How whole events are wrapped on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// HTTP/1.1 chunks, written to the socket by us.
    Chunked,
    /// As they are: an ordinary response body, framed by hyper.
    Raw,
}

/// Bytes that wait for one connection. When more than its bound would wait, the reader is cut off: its connection is
/// closed, and it comes back and resumes from its position.
#[derive(Debug)]
pub struct SendQueue {
    id: u64,
    framing: Framing,
    limit: usize,
    waiting: AtomicUsize,
    state: Mutex<State>,
    budget: Arc<QueueBudget>,
}

#[derive(Debug)]
struct State {
    sink: Sink,
    waiting: VecDeque<Bytes>,
    /// Bytes in `waiting`, and how many of them the bound does not count (the stream's beginning).
    bytes: usize,
    exempt: usize,
    /// Whether anything was handed over since the keep-alive last looked.
    busy: bool,
    waker: Option<Waker>,
    ended: Option<Ended>,
}

#[derive(Debug)]
enum Sink {
    /// The response head is not out yet: everything waits.
    NotYet,
    /// The socket is ours.
    Socket(Arc<TcpStream>),
    /// A response body fetches what waits.
    Body,
    /// A farewell was said: what waits still leaves, nothing more is taken.
    Ending(Option<Arc<TcpStream>>),
    /// Gone.
    Closed,
}

impl SendQueue {
    pub(crate) fn open(framing: Framing, limit: usize, budget: Arc<QueueBudget>) -> Arc<Self> {
        let id = budget.next_id();
        let state = State {
            sink: Sink::NotYet,
            waiting: VecDeque::new(),
            bytes: 0,
            exempt: 0,
            busy: false,
            waker: None,
            ended: None,
        };
        let waiting = AtomicUsize::new(0);
        let queue = Arc::new(Self { id, framing, limit, waiting, state: Mutex::new(state), budget });
        queue.budget.enter(id, &queue);
        queue
    }

    /// Bytes that wait in this queue.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        self.waiting.load(Relaxed)
    }

    /// Takes whole events that are for this connection alone (a keep-alive, say), in order with those pushed.
    pub fn send(&self, events: &Bytes) -> Flow {
        match self.framing {
            Framing::Chunked => self.write(&chunk(events)),
            Framing::Raw => self.write(events),
        }
    }

    /// Why the hub closed it, if the hub did: for a connection that can tell its reader.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        self.lock().ended
    }

    /// Ends the stream at once; what waits is forgotten. The connection's task sees it and closes the connection.
    pub(crate) fn shut_down(&self) {
        let mut state = self.lock();
        let waker = self.shut(&mut state);
        drop(state);
        wake(waker);
    }

    /// Closes the connection of a reader that takes too much room.
    pub(crate) fn cut_off(&self, reason: &'static str) {
        let mut state = self.lock();
        if matches!(state.sink, Sink::Closed) {
            return;
        }
        let waker = self.shut(&mut state);
        drop(state);
        self.count_cut(reason);
        wake(waker);
    }

    /// The head is out and the socket is ours: `beginning` leaves first, then what was pushed meanwhile.
    pub(crate) fn attach_socket(&self, socket: Arc<TcpStream>, beginning: Bytes) {
        self.attach(Sink::Socket(socket), beginning);
    }

    /// A response body will fetch `beginning`, then what was pushed meanwhile.
    pub(crate) fn attach_body(&self, beginning: Bytes) {
        self.attach(Sink::Body, beginning);
    }

    /// The last events of the stream and the framing's end mark. Nothing is taken afterwards.
    pub(crate) fn end(&self, farewell: &Bytes) {
        let mut state = self.lock();
        let socket = match &state.sink {
            Sink::Closed | Sink::Ending(_) => return,
            Sink::Socket(socket) => Some(Arc::clone(socket)),
            Sink::NotYet | Sink::Body => None,
        };
        state.sink = Sink::Ending(socket);
        let mut last = BytesMut::with_capacity(farewell.len() + 16);
        if self.framing == Framing::Chunked {
            put_chunk(&mut last, farewell);
            last.put_slice(LAST_CHUNK);
        } else {
            last.put_slice(farewell);
        }
        self.append(&mut state, last.freeze());
        let waker = state.waker.take();
        drop(state);
        wake(waker);
    }

    /// Whether anything left or was queued since the last call.
    pub(crate) fn take_busy(&self) -> bool {
        let mut state = self.lock();
        std::mem::take(&mut state.busy) || !state.waiting.is_empty()
    }

    /// Writes what waits to the socket. Ready when the stream is over: closed, failed, or its farewell has left.
    pub(crate) fn poll_drain(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        let (socket, ending) = match &state.sink {
            Sink::Socket(socket) => (Arc::clone(socket), false),
            Sink::Ending(Some(socket)) => (Arc::clone(socket), true),
            Sink::NotYet | Sink::Body | Sink::Ending(None) | Sink::Closed => return Poll::Ready(()),
        };
        remember(&mut state.waker, cx);
        while !state.waiting.is_empty() {
            if ready!(socket.poll_write_ready(cx)).is_err() {
                return Poll::Ready(());
            }
            match write_waiting(&socket, &state.waiting) {
                Ok(0) => return Poll::Ready(()),
                Ok(written) => self.written(&mut state, written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(()),
            }
        }
        if ending { Poll::Ready(()) } else { Poll::Pending }
    }

    /// The next bytes for a response body; `None` when the stream is over.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.lock();
        if let Some(next) = state.waiting.front().cloned() {
            self.written(&mut state, next.len());
            return Poll::Ready(Some(next));
        }
        if matches!(state.sink, Sink::Closed | Sink::Ending(_)) {
            return Poll::Ready(None);
        }
        remember(&mut state.waker, cx);
        Poll::Pending
    }

    /// The one write path. Never waits: the socket takes what it can, the rest is queued.
    fn write(&self, bytes: &Bytes) -> Flow {
        let mut state = self.lock();
        let rest = match &state.sink {
            Sink::Closed | Sink::Ending(_) => return Flow::Closed,
            Sink::Socket(socket) if state.waiting.is_empty() => match socket.try_write(bytes) {
                Ok(written) if written == bytes.len() => {
                    state.busy = true;
                    return Flow::Open;
                }
                Ok(written) => bytes.slice(written..),
                Err(error) if error.kind() == ErrorKind::WouldBlock => bytes.clone(),
                Err(_) => {
                    let waker = self.shut(&mut state);
                    drop(state);
                    wake(waker);
                    return Flow::Closed;
                }
            },
            Sink::Socket(_) | Sink::NotYet | Sink::Body => bytes.clone(),
        };
        self.queue(state, rest)
    }

    fn queue(&self, mut state: MutexGuard<'_, State>, rest: Bytes) -> Flow {
        if (state.bytes - state.exempt).saturating_add(rest.len()) > self.limit {
            let waker = self.shut(&mut state);
            drop(state);
            self.count_cut("its send queue is full");
            wake(waker);
            return Flow::Closed;
        }
        // Whoever drains waits for the socket while anything is queued, and for us only while nothing is.
        let waker = if state.waiting.is_empty() { state.waker.take() } else { None };
        let excess = self.append(&mut state, rest);
        drop(state);
        wake(waker);
        if excess {
            self.budget.relieve();
            if !self.is_open() {
                return Flow::Closed;
            }
        }
        Flow::Open
    }

    fn attach(&self, sink: Sink, beginning: Bytes) {
        let mut state = self.lock();
        match &state.sink {
            Sink::NotYet => state.sink = sink,
            // A farewell before the head was out: what waits still leaves.
            Sink::Ending(None) => {
                state.sink = match sink {
                    Sink::Socket(socket) => Sink::Ending(Some(socket)),
                    Sink::NotYet | Sink::Body | Sink::Ending(_) | Sink::Closed => Sink::Ending(None),
                }
            }
            Sink::Socket(_) | Sink::Body | Sink::Ending(Some(_)) | Sink::Closed => return,
        }
        let excess = self.prepend(&mut state, beginning);
        let waker = state.waker.take();
        drop(state);
        wake(waker);
        if excess {
            self.budget.relieve();
        }
    }

    /// Puts the stream's beginning in front, whatever its size; a large one is not copied.
    fn prepend(&self, state: &mut State, beginning: Bytes) -> bool {
        if beginning.is_empty() {
            return false;
        }
        let before = state.bytes;
        let parts = match self.framing {
            Framing::Chunked => {
                let size = Bytes::from(format!("{:x}\r\n", beginning.len()));
                vec![size, beginning, Bytes::from_static(b"\r\n")]
            }
            Framing::Raw => vec![beginning],
        };
        for part in parts.into_iter().rev() {
            state.bytes += part.len();
            state.waiting.push_front(part);
        }
        state.exempt += state.bytes - before;
        self.waiting.store(state.bytes, Relaxed);
        self.budget.gain(state.bytes - before)
    }

    fn append(&self, state: &mut State, bytes: Bytes) -> bool {
        let length = bytes.len();
        if length == 0 {
            return false;
        }
        state.waiting.push_back(bytes);
        state.bytes += length;
        state.busy = true;
        self.waiting.store(state.bytes, Relaxed);
        self.budget.gain(length)
    }

    /// Forgets the first `written` bytes of what waits.
    fn written(&self, state: &mut State, written: usize) {
        let mut left = written;
        while left > 0 {
            let Some(front) = state.waiting.front_mut() else { break };
            if front.len() > left {
                front.advance(left);
                break;
            }
            left -= front.len();
            state.waiting.pop_front();
        }
        if state.waiting.is_empty() {
            state.waiting = VecDeque::new();
        }
        state.bytes = state.bytes.saturating_sub(written);
        state.exempt = state.exempt.saturating_sub(written);
        state.busy = true;
        self.waiting.store(state.bytes, Relaxed);
        self.budget.lose(written);
    }

    fn shut(&self, state: &mut State) -> Option<Waker> {
        state.sink = Sink::Closed;
        state.waiting = VecDeque::new();
        self.budget.lose(std::mem::take(&mut state.bytes));
        state.exempt = 0;
        self.waiting.store(0, Relaxed);
        state.waker.take()
    }

    fn count_cut(&self, reason: &'static str) {
        self.budget.metrics().cut_off_connections.inc();
        tracing::warn!(reason, "cut a slow reader off");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet for SendQueue {
    fn push(&self, frames: &Frames) -> Flow {
        match self.framing {
            Framing::Chunked => self.write(frames.framed(chunk)),
            Framing::Raw => self.write(frames.bytes()),
        }
    }

    fn is_open(&self) -> bool {
        !matches!(self.lock().sink, Sink::Closed | Sink::Ending(_))
    }

    fn close(&self, why: Ended) {
        let mut state = self.lock();
        if matches!(state.sink, Sink::Closed) {
            return;
        }
        state.ended = Some(why);
        let waker = self.shut(&mut state);
        drop(state);
        wake(waker);
    }
}

impl Drop for SendQueue {
    fn drop(&mut self) {
        let mut state = self.lock();
        let _ = self.shut(&mut state);
        drop(state);
        self.budget.leave(self.id);
    }
}

fn write_waiting(socket: &TcpStream, waiting: &VecDeque<Bytes>) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
    let mut count = 0;
    for (slice, bytes) in slices.iter_mut().zip(waiting) {
        *slice = IoSlice::new(bytes);
        count += 1;
    }
    socket.try_write_vectored(&slices[..count])
}

fn chunk(events: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(events.len() + 16);
    put_chunk(&mut out, events);
    out.freeze()
}

/// An empty chunk would end the body, so nothing is written for nothing.
fn put_chunk(out: &mut BytesMut, events: &[u8]) {
    if events.is_empty() {
        return;
    }
    out.put_slice(format!("{:x}\r\n", events.len()).as_bytes());
    out.put_slice(events);
    out.put_slice(b"\r\n");
}

fn remember(waker: &mut Option<Waker>, cx: &Context<'_>) {
    if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
        *waker = Some(cx.waker().clone());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
