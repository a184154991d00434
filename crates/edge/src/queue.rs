//! The send queue of one connection: the receiving end of a subscription.
//!
//! As long as the reader keeps up nothing is queued: a push writes the shared bytes straight to the socket from the
//! fan-out's own task, without waking anybody, copying or allocating. What the socket does not take waits here, bounded
//! in bytes, and leaves in as few writes as possible. Beyond the bound the reader is cut off; nobody ever waits for it.
//!
//! The queue knows framings, not formats: HTTP chunks, WebSocket frames, or bytes as they are. It never follows a part of
//! a frame with anything but the rest of it.

mod framing;
mod waiting;

use std::{
    io::{self, ErrorKind, IoSlice},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use tertulia_core::{Ended, Flow, Frames, Outlet};
use tokio::net::TcpStream;

pub(crate) use self::framing::Framing;
use self::{framing::chunk, waiting::Waiting};
use crate::{queue_budget::QueueBudget, ws};

/// Up to so many waiting bytes a connection's own sender goes on; beyond it waits.
const ROOM: usize = 64 * 1024;

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
    phase: Phase,
    /// Ours to write to, once the response head is out; an ordinary body has none.
    socket: Option<Arc<TcpStream>>,
    waiting: Waiting,
    /// Whether anything was handed over since the keep-alive last looked, and whether any of what waited left.
    busy: bool,
    progress: bool,
    /// The connection's task, and its own sender if that waits for room.
    task: Option<Waker>,
    sender: Option<Waker>,
    cause: Option<Cause>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The response head is not out yet: everything waits.
    NotYet,
    /// What is handed over leaves.
    Open,
    /// What waits still leaves, nothing more is taken; the connection's task is to say the last words.
    Closing,
    /// The last words are said: they leave, and that is the end.
    Ending,
    /// Gone.
    Closed,
}

/// Why the hub closes a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its reader takes too much room.
    TooSlow,
    /// The core's reason.
    Ended(Ended),
}

/// How a queue that was being drained stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    /// Closed, failed, or the last words have left.
    Over,
    /// The hub closes it: [`SendQueue::end`] is due.
    Closing(Option<Cause>),
}

/// Whether bytes count towards a queue's bound.
#[derive(Clone, Copy)]
enum Charge {
    Counted,
    Uncounted,
}

impl SendQueue {
    pub(crate) fn open(framing: Framing, limit: usize, budget: Arc<QueueBudget>) -> Arc<Self> {
        let id = budget.next_id();
        let state = State {
            phase: Phase::NotYet,
            socket: None,
            waiting: Waiting::default(),
            busy: false,
            progress: false,
            task: None,
            sender: None,
            cause: None,
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
            Framing::Chunked => self.write(&chunk(events), Charge::Counted),
            Framing::Raw | Framing::WebSocket => self.write(events, Charge::Counted),
        }
    }

    /// As [`SendQueue::send`], not held to the bound. The sender waits for [`SendQueue::poll_room`] first.
    pub(crate) fn send_uncounted(&self, frames: &Bytes) -> Flow {
        self.write(frames, Charge::Uncounted)
    }

    /// Ready when little enough waits for one more piece of any length, or, with an error, when nothing more is taken.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        let mut state = self.lock();
        if !state.is_open() {
            return Poll::Ready(Err(()));
        }
        if state.waiting.bytes() <= ROOM {
            return Poll::Ready(Ok(()));
        }
        remember(&mut state.sender, cx);
        Poll::Pending
    }

    /// Why the core closed it, if the core did: for a connection that can tell its reader.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        match self.lock().cause {
            Some(Cause::Ended(why)) => Some(why),
            Some(Cause::TooSlow) | None => None,
        }
    }

    /// Ends the stream at once; what waits is forgotten. The connection's task sees it and closes the connection.
    pub(crate) fn shut_down(&self) {
        let mut state = self.lock();
        self.shut(&mut state);
        wake(state);
    }

    /// Takes nothing more and forgets what waits, but for the rest of a frame that has left in part.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        if state.is_open() {
            self.forget(&mut state);
        }
        wake(state);
    }

    /// Closes the connection of a reader that takes too much room. What is left of one that is being closed already is
    /// forgotten.
    pub(crate) fn cut_off(&self, reason: &'static str) {
        let mut state = self.lock();
        match state.phase {
            Phase::Closed => return,
            Phase::Closing | Phase::Ending => self.shut(&mut state),
            Phase::NotYet | Phase::Open => self.cut(&mut state, reason),
        }
        wake(state);
    }

    /// The head is out and the socket is ours: `beginning` leaves first, then what was pushed meanwhile.
    pub(crate) fn attach_socket(&self, socket: Arc<TcpStream>, beginning: Bytes) {
        self.attach(Some(socket), beginning);
    }

    /// A response body will fetch `beginning`, then what was pushed meanwhile.
    pub(crate) fn attach_body(&self, beginning: Bytes) {
        self.attach(None, beginning);
    }

    /// The last words of the stream and the framing's end mark. Nothing is taken afterwards.
    pub(crate) fn end(&self, words: &Bytes) {
        let mut state = self.lock();
        if matches!(state.phase, Phase::Ending | Phase::Closed) {
            return;
        }
        state.phase = Phase::Ending;
        self.append(&mut state, self.framing.end(words), 0);
        wake(state);
    }

    /// Whether anything left or was queued since the last call.
    pub(crate) fn take_busy(&self) -> bool {
        let mut state = self.lock();
        std::mem::take(&mut state.busy) || !state.waiting.is_empty()
    }

    /// Whether any of what waited has left since the last call.
    pub(crate) fn take_progress(&self) -> bool {
        std::mem::take(&mut self.lock().progress)
    }

    /// Writes what waits to the socket. Ready when there is no more to it, or when the last words are due.
    pub(crate) fn poll_drain(&self, cx: &mut Context<'_>) -> Poll<Drained> {
        let mut state = self.lock();
        let (Phase::Open | Phase::Ending, Some(socket)) = (state.phase, state.socket.clone()) else {
            let is_closing = state.phase == Phase::Closing && state.socket.is_some();
            return Poll::Ready(if is_closing { Drained::Closing(state.cause) } else { Drained::Over });
        };
        remember(&mut state.task, cx);
        while !state.waiting.is_empty() {
            if ready!(socket.poll_write_ready(cx)).is_err() {
                return Poll::Ready(Drained::Over);
            }
            match write_waiting(&socket, &state.waiting) {
                Ok(0) => return Poll::Ready(Drained::Over),
                Ok(written) => self.written(&mut state, written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(Drained::Over),
            }
        }
        if state.phase == Phase::Ending { Poll::Ready(Drained::Over) } else { Poll::Pending }
    }

    /// The next bytes for a response body; `None` when the stream is over.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.lock();
        if let Some(next) = state.waiting.first() {
            self.written(&mut state, next.len());
            return Poll::Ready(Some(next));
        }
        if !state.is_open() {
            return Poll::Ready(None);
        }
        remember(&mut state.task, cx);
        Poll::Pending
    }

    /// The one write path. Never waits: the socket takes what it can, the rest is queued.
    fn write(&self, bytes: &Bytes, charge: Charge) -> Flow {
        let mut state = self.lock();
        let left = match (state.phase, &state.socket) {
            (Phase::Closing | Phase::Ending | Phase::Closed, _) => return Flow::Closed,
            (Phase::Open, Some(socket)) if state.waiting.is_empty() => match socket.try_write(bytes) {
                Ok(written) if written == bytes.len() => {
                    state.busy = true;
                    return Flow::Open;
                }
                Ok(written) => written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(_) => {
                    self.shut(&mut state);
                    wake(state);
                    return Flow::Closed;
                }
            },
            (Phase::NotYet | Phase::Open, _) => 0,
        };
        self.queue(state, bytes.clone(), left, charge)
    }

    /// Queues what the socket did not take of `piece`.
    fn queue(&self, mut state: MutexGuard<'_, State>, piece: Bytes, left: usize, charge: Charge) -> Flow {
        let more = piece.len() - left;
        let is_full = match charge {
            Charge::Counted => state.waiting.counted().saturating_add(more) > self.limit,
            Charge::Uncounted => false,
        };
        if is_full {
            // What has begun to leave must be followed by its rest.
            if left > 0 {
                self.append(&mut state, piece, left);
            }
            self.cut(&mut state, "its send queue is full");
            wake(state);
            return Flow::Closed;
        }
        // Whoever drains waits for the socket while anything is queued, and for us only while nothing is.
        let task = if state.waiting.is_empty() { state.task.take() } else { None };
        let excess = self.append(&mut state, piece, left);
        if matches!(charge, Charge::Uncounted) {
            state.waiting.discount(more);
        }
        drop(state);
        task.into_iter().for_each(Waker::wake);
        if excess {
            self.budget.relieve();
            if !self.is_open() {
                return Flow::Closed;
            }
        }
        Flow::Open
    }

    fn attach(&self, socket: Option<Arc<TcpStream>>, beginning: Bytes) {
        let mut state = self.lock();
        if state.phase == Phase::Closed {
            return;
        }
        if state.phase == Phase::NotYet {
            state.phase = Phase::Open;
        }
        state.socket = socket;
        let before = state.waiting.bytes();
        if !beginning.is_empty() {
            state.waiting.begin_with(self.framing.beginning(beginning));
        }
        let excess = self.gained(&state, before);
        wake(state);
        if excess {
            self.budget.relieve();
        }
    }

    /// Adds a piece of which `left` bytes have left; answers whether all queues together are too full.
    fn append(&self, state: &mut State, piece: Bytes, left: usize) -> bool {
        let before = state.waiting.bytes();
        state.waiting.push(piece, left);
        state.busy = true;
        self.gained(state, before)
    }

    fn gained(&self, state: &State, before: usize) -> bool {
        let now = state.waiting.bytes();
        self.waiting.store(now, Relaxed);
        now > before && self.budget.gain(now - before)
    }

    /// Forgets the first `written` bytes of what waits.
    fn written(&self, state: &mut State, written: usize) {
        state.waiting.advance(written);
        state.busy = true;
        state.progress = true;
        self.waiting.store(state.waiting.bytes(), Relaxed);
        self.budget.lose(written);
        if state.waiting.bytes() <= ROOM {
            state.sender.take().into_iter().for_each(Waker::wake);
        }
    }

    /// Cuts the reader off: a WebSocket is told, other streams just end.
    fn cut(&self, state: &mut State, reason: &'static str) {
        if self.framing == Framing::WebSocket {
            self.forget(state);
            state.cause = Some(Cause::TooSlow);
        } else {
            self.shut(state);
        }
        self.budget.metrics().cut_off_connections.inc();
        tracing::warn!(reason, "cut a slow reader off");
    }

    fn forget(&self, state: &mut State) {
        state.phase = Phase::Closing;
        let forgotten = state.waiting.keep_begun(ws::end_of_frame);
        self.waiting.store(state.waiting.bytes(), Relaxed);
        self.budget.lose(forgotten);
    }

    fn shut(&self, state: &mut State) {
        state.phase = Phase::Closed;
        state.socket = None;
        let waited = std::mem::take(&mut state.waiting);
        self.budget.lose(waited.bytes());
        self.waiting.store(0, Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_open(&self) -> bool {
        matches!(self.phase, Phase::NotYet | Phase::Open)
    }
}

impl Outlet for SendQueue {
    fn push(&self, frames: &Frames) -> Flow {
        match self.framing {
            Framing::Chunked => self.write(frames.framed(chunk), Charge::Counted),
            Framing::Raw | Framing::WebSocket => self.write(frames.bytes(), Charge::Counted),
        }
    }

    fn is_open(&self) -> bool {
        self.lock().is_open()
    }

    fn nudge(&self) {
        wake(self.lock());
    }

    /// What waits still leaves, then the connection ends in its framing's way.
    fn close(&self, why: Ended) {
        let mut state = self.lock();
        if state.is_open() {
            state.phase = Phase::Closing;
            state.cause = Some(Cause::Ended(why));
        }
        wake(state);
    }
}

impl Drop for SendQueue {
    fn drop(&mut self) {
        self.shut(&mut self.lock());
        self.budget.leave(self.id);
    }
}

fn write_waiting(socket: &TcpStream, waiting: &Waiting) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); waiting::WRITE_SLICES];
    let count = waiting.fill(&mut slices);
    socket.try_write_vectored(&slices[..count])
}

fn remember(waker: &mut Option<Waker>, cx: &Context<'_>) {
    if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
        *waker = Some(cx.waker().clone());
    }
}

/// Lets go of the queue and wakes whoever waits for it.
fn wake(mut state: MutexGuard<'_, State>) {
    let waiting = [state.task.take(), state.sender.take()];
    drop(state);
    waiting.into_iter().flatten().for_each(Waker::wake);
}
