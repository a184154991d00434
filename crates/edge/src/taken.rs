//! What is left of an HTTP/1.1 connection whose socket was taken for a stream.
//!
//! Pushes write to the socket themselves. This task only notices what they cannot: that the peer has gone, that a full
//! socket takes bytes again, that it has been quiet for too long, that the hub goes down. It is kept small: there is
//! one for every listener.

use std::{
    future::poll_fn,
    io::ErrorKind,
    net::Shutdown,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio_util::sync::WaitForCancellationFuture;

use crate::{keep_alive::KeepAlive, link::OpenConnection, live::StreamTail, queue::Drained};

/// What a listener may send on its taken connection, all told. It has nothing to say; more than this is abuse.
const MOST_INPUT_BYTES: usize = 64 * 1024;

/// How long what waits, and a farewell behind it, may take to leave.
pub(crate) const FAREWELL_WITHIN: Duration = Duration::from_secs(2);

/// Serves the taken socket until one side ends it.
pub(crate) async fn serve(socket: Arc<TcpStream>, tail: StreamTail, _open: OpenConnection) {
    let shutdown = tail.streams.shutdown.clone();
    let mut shutdown = pin!(shutdown.cancelled());
    let mut listener = Listener {
        keep_alive: KeepAlive::new(Arc::clone(&tail.streams.clock), tail.class.keep_alive_every),
        socket,
        tail,
        input: 0,
    };
    match poll_fn(|cx| listener.poll_end(cx, shutdown.as_mut())).await {
        End::Over => {}
        End::Closed => listener.end_with(&Bytes::new()).await,
        End::HubCloses => {
            let farewell = listener.tail.class.farewell.clone();
            listener.end_with(&farewell).await;
        }
    }
}

#[derive(PartialEq, Eq)]
enum End {
    /// The peer has gone, or the reader was cut off.
    Over,
    /// The core closed the stream: what waits is all that comes.
    Closed,
    /// The hub goes down.
    HubCloses,
}

struct Listener {
    socket: Arc<TcpStream>,
    tail: StreamTail,
    keep_alive: KeepAlive,
    input: usize,
}

impl Listener {
    /// Does what is to be done, and is ready when the stream must end.
    fn poll_end(&mut self, cx: &mut Context<'_>, shutdown: Pin<&mut WaitForCancellationFuture<'_>>) -> Poll<End> {
        if self.poll_gone(cx).is_ready() {
            return Poll::Ready(End::Over);
        }
        while self.keep_alive.poll_due(cx, &self.tail.queue).is_ready() {
            let _ = self.tail.queue.send(&self.tail.class.keep_alive);
        }
        match self.tail.queue.poll_drain(cx) {
            Poll::Ready(Drained::Over) => return Poll::Ready(End::Over),
            Poll::Ready(Drained::Closing(_)) => return Poll::Ready(End::Closed),
            Poll::Pending => {}
        }
        shutdown.poll(cx).map(|()| End::HubCloses)
    }

    /// Discards what the peer sends. Ready when it has closed, failed, or sent too much.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut discarded = [0; 512];
        loop {
            if std::task::ready!(self.socket.poll_read_ready(cx)).is_err() {
                return Poll::Ready(());
            }
            match self.socket.try_read(&mut discarded) {
                Ok(0) => return Poll::Ready(()),
                Ok(read) => self.input += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(()),
            }
            if self.input > MOST_INPUT_BYTES {
                return Poll::Ready(());
            }
        }
    }

    async fn end_with(&mut self, words: &Bytes) {
        let queue = Arc::clone(&self.tail.queue);
        queue.end(words);
        let mut patience = self.tail.streams.clock.sleep(FAREWELL_WITHIN);
        poll_fn(|cx| {
            if self.poll_gone(cx).is_ready() || queue.poll_drain(cx).is_ready() {
                return Poll::Ready(());
            }
            patience.as_mut().poll(cx)
        })
        .await;
        // A failure means that the peer has closed already.
        let _ = SockRef::from(&*self.socket).shutdown(Shutdown::Write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::SendQueue;

    fn size_of_future<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_listener_costs_little_memory() {
        let (task, queue) = (size_of_future(serve), size_of::<SendQueue>());
        assert!(task <= 640 && queue <= 256, "task {task}, queue {queue}");
    }
}
