//! The loop of one WebSocket: reads frames, runs the handler, keeps the time, drains the send queue.
//!
//! While the handler answers nothing is read, so that a client that is faster than its answers waits in its own socket;
//! everything else goes on. The loop is kept small: there is one for every connection, and a quiet one holds no buffer.

use std::{
    future::poll_fn,
    io::ErrorKind,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, future::BoxFuture};
use tertulia_core::{Clock, Sleep};
use tokio::net::TcpStream;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::{
    closing::Closing,
    handle::Socket,
    handler::{BinaryMessages, Next, SocketClass, SocketHandler},
    opener::{Role, SocketTail},
    parting::Parting,
};
use crate::{
    link::OpenConnection,
    queue::{Cause, Drained, SendQueue},
    taken::FAREWELL_WITHIN,
    ws::{self, Fault, FrameReader, Received},
};

/// How much is read at once.
const READ_BYTES: usize = 4096;

/// Serves a WebSocket whose handshake is out until one side ends it. `early` is what the client sent behind it.
pub(crate) async fn serve(stream: Arc<TcpStream>, early: Bytes, tail: SocketTail, _connection: OpenConnection) {
    let SocketTail { queue, class, streams, client, beginning, kept, mut role, open } = tail;
    queue.attach_socket(Arc::clone(&stream), beginning);
    let socket = Socket::new(Arc::clone(&queue), client, kept);
    let shutdown = Box::pin(streams.shutdown.clone().cancelled_owned());
    let mut talk = Talk::new(stream, early, queue, class, Arc::clone(&streams.clock), shutdown);
    let parting = match &mut role {
        Role::Served(handler) => talk.converse(&mut **handler, &socket).await,
        Role::Condemned(close) => Parting::closing(*close, BytesMut::new()),
        Role::Unanswered => Parting::Gone,
    };
    parting.count(&streams.metrics);
    talk.part(parting).await;
    // Everything that stood for the connection goes only now.
    drop((role, socket, open));
}

/// What the loop comes back with.
enum Heard {
    /// A message for the handler.
    Text(String),
    /// The handler's time has come.
    Wake,
    /// There is room for more that the handler has to send.
    Room,
    /// The connection ends.
    End(End),
}

/// How a conversation ends.
enum End {
    /// The client is not there any more.
    Gone,
    /// The client closes, with this code if it says one.
    Left(Option<u16>),
    /// The hub closes.
    Hub(Closing),
}

/// One connection, but for what the surface has to say.
pub(super) struct Talk {
    pub(super) stream: Arc<TcpStream>,
    pub(super) queue: Arc<SendQueue>,
    pub(super) clock: Arc<dyn Clock>,
    /// Nothing after a fault: what comes then means nothing.
    pub(super) reader: Option<FrameReader>,
    /// Until when what waits may leave and the handler may finish, once the connection ends.
    deadline: Option<Duration>,
    class: Arc<SocketClass>,
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The answer to the last ping, while the reader does not take what waits.
    pong: Option<Bytes>,
    /// By the clock's elapsed time: the last sign of life, the last look for one, the first ping after it, the next
    /// ping, the handler's time.
    heard_at: Duration,
    looked_at: Duration,
    pinged_at: Option<Duration>,
    ping_at: Duration,
    wake_at: Option<Duration>,
    sleep: Sleep,
    sleeps_until: Duration,
    window_began: Duration,
    frames_in_window: u32,
}

impl Talk {
    fn new(
        stream: Arc<TcpStream>,
        early: Bytes,
        queue: Arc<SendQueue>,
        class: Arc<SocketClass>,
        clock: Arc<dyn Clock>,
        shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
    ) -> Self {
        let now = clock.elapsed();
        Self {
            stream,
            queue,
            reader: Some(FrameReader::new(class.longest_message, early)),
            deadline: None,
            shutdown,
            pong: None,
            heard_at: now,
            looked_at: now,
            pinged_at: None,
            ping_at: now + class.ping_every,
            wake_at: None,
            sleep: clock.sleep(class.ping_every),
            sleeps_until: now + class.ping_every,
            window_began: now,
            frames_in_window: 0,
            class,
            clock,
        }
    }

    /// Lets `handler` answer, message after message, until the connection ends.
    async fn converse(&mut self, handler: &mut dyn SocketHandler, socket: &Socket) -> Parting {
        let end = loop {
            self.wake_by(handler.wake_at());
            let next = match poll_fn(|cx| self.poll_heard(cx, handler.wants_room())).await {
                Heard::Text(text) => self.answer(handler.text(&text, socket)).await,
                Heard::Wake => self.answer(handler.woken(socket)).await,
                Heard::Room => self.answer(handler.room(socket)).await,
                Heard::End(end) => Err(end),
            };
            match next {
                Ok(Next::GoOn) => {}
                Ok(Next::Close(close)) => return Parting::closing(close, BytesMut::new()),
                Err(end) => break end,
            }
        };
        match end {
            End::Gone => Parting::Gone,
            End::Left(code) => Parting::Left(code),
            End::Hub(why) => {
                let mut last = BytesMut::new();
                let close = handler.closing(why, &mut last);
                Parting::closing(close, last)
            }
        }
    }

    /// Waits for the handler. When the connection ends meanwhile, it is given a moment.
    async fn answer(&mut self, answering: BoxFuture<'_, Next>) -> Result<Next, End> {
        self.wake_at = None;
        let mut answering = AssertUnwindSafe(answering).catch_unwind();
        let answer = poll_fn(|cx| match answering.poll_unpin(cx) {
            Poll::Ready(answer) => Poll::Ready(Ok(answer)),
            Poll::Pending => self.poll_around(cx).map(Err),
        });
        match answer.await {
            Ok(Ok(next)) => Ok(next),
            Ok(Err(panic)) => {
                tracing::error!(panic = crate::edge::panic_message(&*panic), "a socket's handler panicked");
                Err(End::Hub(Closing::Failed))
            }
            Err(end) => {
                if matches!(end, End::Gone) {
                    self.queue.shut_down();
                }
                self.let_finish(&mut answering).await;
                Err(end)
            }
        }
    }

    async fn let_finish(&mut self, answering: &mut (impl Future + Unpin)) {
        let mut patience = self.patience();
        poll_fn(|cx| {
            if answering.poll_unpin(cx).is_ready() {
                return Poll::Ready(());
            }
            // What comes of it is looked at when the last words are said.
            let _ = self.queue.poll_drain(cx);
            patience.as_mut().poll(cx)
        })
        .await;
    }

    /// What is left of the time in which an ending connection may finish.
    pub(super) fn patience(&mut self) -> Sleep {
        let now = self.clock.elapsed();
        let deadline = *self.deadline.get_or_insert(now + FAREWELL_WITHIN);
        self.clock.sleep(deadline.saturating_sub(now))
    }

    fn poll_heard(&mut self, cx: &mut Context<'_>, wants_room: bool) -> Poll<Heard> {
        if let Poll::Ready(end) = self.poll_hub(cx) {
            return Poll::Ready(Heard::End(end));
        }
        // Before the time: what has come in is not silence.
        if let Poll::Ready(heard) = self.poll_read(cx) {
            return Poll::Ready(heard);
        }
        if wants_room && matches!(self.queue.poll_room(cx), Poll::Ready(Ok(()))) {
            return Poll::Ready(Heard::Room);
        }
        self.poll_time(cx)
    }

    /// All but reading, while the handler is at work.
    fn poll_around(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if let Poll::Ready(end) = self.poll_hub(cx) {
            return Poll::Ready(end);
        }
        loop {
            // The handler is asked for its time when it is done.
            if let Heard::End(end) = ready!(self.poll_time(cx)) {
                return Poll::Ready(end);
            }
        }
    }

    /// Lets leave what waits. Ready when the hub ends the connection, or the client has.
    fn poll_hub(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        match self.queue.poll_drain(cx) {
            Poll::Ready(Drained::Over) => return Poll::Ready(End::Gone),
            Poll::Ready(Drained::Closing(Some(Cause::Ended(why)))) => {
                return Poll::Ready(End::Hub(Closing::Ended(why)));
            }
            Poll::Ready(Drained::Closing(Some(Cause::TooSlow) | None)) => {
                return Poll::Ready(End::Hub(Closing::TooSlow));
            }
            Poll::Pending => {}
        }
        if self.queue.waiting_bytes() == 0
            && let Some(pong) = self.pong.take()
        {
            let _ = self.queue.send(&pong);
        }
        self.shutdown.as_mut().poll(cx).map(|()| End::Hub(Closing::Restart))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Heard> {
        loop {
            let Some(reader) = &mut self.reader else { return Poll::Pending };
            match reader.next() {
                Ok(Some(received)) => {
                    if let Some(heard) = self.hear(received) {
                        return Poll::Ready(heard);
                    }
                }
                Ok(None) => {
                    if ready!(self.poll_fill(cx)) == 0 {
                        return Poll::Ready(Heard::End(End::Gone));
                    }
                }
                Err(fault) => {
                    self.reader = None;
                    return Poll::Ready(Heard::End(End::Hub(fault.into())));
                }
            }
        }
    }

    /// Reads what has come in, and answers how much; nothing when the client has closed its side, or failed.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        let mut bytes = [0; READ_BYTES];
        loop {
            if ready!(self.stream.poll_read_ready(cx)).is_err() {
                return Poll::Ready(0);
            }
            match self.stream.try_read(&mut bytes) {
                Ok(read) => {
                    if let Some(reader) = &mut self.reader {
                        reader.feed(&bytes[..read]);
                    }
                    return Poll::Ready(read);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(0),
            }
        }
    }

    /// Takes note of a whole frame, and answers it if that is edge's business.
    fn hear(&mut self, received: Received) -> Option<Heard> {
        self.heard_at = self.clock.elapsed();
        self.pinged_at = None;
        if self.is_flooded() {
            return Some(Heard::End(End::Hub(Closing::TooManyFrames)));
        }
        match received {
            Received::Text(text) => Some(Heard::Text(text)),
            Received::Binary(bytes) => self.hear_binary(&bytes),
            Received::Ping(payload) => {
                self.answer_ping(&payload);
                None
            }
            Received::Part | Received::Pong => None,
            Received::Close(code) => Some(Heard::End(End::Left(code))),
        }
    }

    fn hear_binary(&self, bytes: &[u8]) -> Option<Heard> {
        match self.class.binary {
            BinaryMessages::Ignore => None,
            BinaryMessages::Refuse => Some(Heard::End(End::Hub(Closing::NotText))),
            BinaryMessages::TakeAsText => Some(Heard::Text(String::from_utf8_lossy(bytes).into_owned())),
        }
    }

    /// One pong waits at most: only the last ping needs an answer.
    fn answer_ping(&mut self, payload: &[u8]) {
        let pong = ws::pong(payload);
        if self.queue.waiting_bytes() == 0 {
            let _ = self.queue.send(&pong);
        } else {
            self.pong = Some(pong);
        }
    }

    /// Counts a frame.
    fn is_flooded(&mut self) -> bool {
        let rate = self.class.frames;
        if self.frames_in_window == 0 || self.heard_at.saturating_sub(self.window_began) >= rate.per {
            self.window_began = self.heard_at;
            self.frames_in_window = 0;
        }
        self.frames_in_window += 1;
        self.frames_in_window > rate.most
    }

    /// Pings, and is ready when the handler's time has come or the client has been silent for too long.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<Heard> {
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            let now = self.clock.elapsed();
            // A reader that takes what waits lives, though its pongs come late.
            if self.queue.take_progress() {
                self.heard_at = self.heard_at.max(self.looked_at);
                self.pinged_at = None;
            }
            self.looked_at = now;
            if self.silent_at().is_some_and(|at| now >= at) {
                return Poll::Ready(Heard::End(End::Hub(Closing::Silent)));
            }
            if now >= self.ping_at {
                let _ = self.queue.send(&ws::PING);
                self.ping_at = now + self.class.ping_every;
                self.pinged_at.get_or_insert(now);
            }
            let is_woken = self.wake_at.take_if(|at| now >= *at).is_some();
            self.set_timer(now);
            if is_woken {
                return Poll::Ready(Heard::Wake);
            }
        }
    }

    /// When the client has been silent for too long, if nothing comes until then. A ping must have had its time: what
    /// stood still may have been this machine.
    fn silent_at(&self) -> Option<Duration> {
        let SocketClass { ping_every, silent_after, .. } = *self.class;
        let answered_by = self.pinged_at? + silent_after.saturating_sub(ping_every);
        Some(answered_by.max(self.heard_at + silent_after))
    }

    fn wake_by(&mut self, at: Option<Duration>) {
        self.wake_at = at;
        if at.is_some_and(|at| at < self.sleeps_until) {
            self.set_timer(self.clock.elapsed());
        }
    }

    /// There is one timer, set anew when it runs out, or when the handler's time comes first.
    fn set_timer(&mut self, now: Duration) {
        let due = self.silent_at().into_iter().chain(self.wake_at).fold(self.ping_at, Duration::min);
        self.sleeps_until = due;
        self.sleep = self.clock.sleep(due.saturating_sub(now));
    }
}

impl From<Fault> for Closing {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Protocol(mistake) => Self::Protocol(mistake),
            Fault::TooLarge => Self::FrameTooLarge,
            Fault::NotUtf8 => Self::NotUtf8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<A, B, C, D, F: Future>(_: impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_connection_costs_little_memory() {
        let (task, queue) = (size_of_future(serve), size_of::<SendQueue>());
        assert!(task <= 1_280 && queue <= 256, "task {task}, queue {queue}");
    }
}
