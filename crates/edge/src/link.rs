//! What a connection's parts know together: its peer, how busy it is, and who wants its socket.

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;

use crate::{
    live::{StreamTail, Streams},
    permits::StreamPermit,
    socket::SocketTail,
};

/// One connection, as its socket, its requests and its task see it.
pub(crate) struct Link {
    peer: SocketAddr,
    local: SocketAddr,
    streams: Arc<Streams>,
    in_flight: AtomicUsize,
    reading_head: AtomicBool,
    since_ms: AtomicU64,
    /// When a write first found the peer not reading; [`FLOWING`] while it reads.
    stalled_ms: AtomicU64,
    offered: AtomicBool,
    head_flushed: AtomicBool,
    offer: Mutex<Option<Offer>>,
}

/// What wants a connection's socket.
pub(crate) enum Offer {
    /// A stream, as soon as its head is out: its beginning, and the rest of it.
    Stream(Bytes, StreamTail),
    /// A WebSocket, once hyper has done with the handshake.
    Socket(Box<SocketTail>),
}

/// Stands for "the peer reads".
const FLOWING: u64 = u64::MAX;

/// What a connection is waiting for, and since when by the clock's elapsed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// The rest of a request's head, or a new connection's first byte.
    Head(Duration),
    /// The next request.
    Idle(Duration),
    /// A peer that does not read what it asked for.
    Reader(Duration),
    /// A handler, or a peer that reads.
    Busy,
}

impl Link {
    pub(crate) fn new(peer: SocketAddr, local: SocketAddr, streams: Arc<Streams>) -> Arc<Self> {
        let link = Self {
            peer,
            local,
            in_flight: AtomicUsize::new(0),
            reading_head: AtomicBool::new(true),
            since_ms: AtomicU64::new(0),
            stalled_ms: AtomicU64::new(FLOWING),
            offered: AtomicBool::new(false),
            head_flushed: AtomicBool::new(false),
            offer: Mutex::new(None),
            streams,
        };
        link.mark();
        Arc::new(link)
    }

    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    pub(crate) fn streams(&self) -> &Arc<Streams> {
        &self.streams
    }

    /// Somebody wants the socket as soon as what was written so far has left.
    pub(crate) fn offer(&self, offer: Offer) {
        *self.lock_offer() = Some(offer);
        self.offered.store(true, Relaxed);
    }

    /// Everything written so far is with the kernel.
    pub(crate) fn flushed(&self) {
        if self.offered.load(Relaxed) {
            self.head_flushed.store(true, Relaxed);
        }
    }

    /// The stream that wants the socket, once its head is out.
    pub(crate) fn take_stream(&self) -> Option<(Bytes, StreamTail)> {
        match self.take_offer()? {
            Offer::Stream(beginning, tail) => Some((beginning, tail)),
            socket @ Offer::Socket(_) => {
                *self.lock_offer() = Some(socket);
                None
            }
        }
    }

    /// Whatever wants the socket, once its head is out.
    pub(crate) fn take_offer(&self) -> Option<Offer> {
        if !self.head_flushed.load(Relaxed) {
            return None;
        }
        self.lock_offer().take()
    }

    fn lock_offer(&self) -> MutexGuard<'_, Option<Offer>> {
        self.offer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes came in.
    pub(crate) fn heard(&self) {
        if self.in_flight.load(Relaxed) == 0 && !self.reading_head.swap(true, Relaxed) {
            self.mark();
        }
    }

    /// A request has begun; it ends when the answer is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Relaxed);
        self.reading_head.store(false, Relaxed);
        InFlight(Arc::clone(self))
    }

    pub(crate) fn pace(&self) -> Pace {
        let stalled = self.stalled_ms.load(Relaxed);
        if stalled != FLOWING {
            return Pace::Reader(Duration::from_millis(stalled));
        }
        let since = Duration::from_millis(self.since_ms.load(Relaxed));
        if self.in_flight.load(Relaxed) > 0 {
            Pace::Busy
        } else if self.reading_head.load(Relaxed) {
            Pace::Head(since)
        } else {
            Pace::Idle(since)
        }
    }

    /// The peer took bytes.
    pub(crate) fn flows(&self) {
        if self.stalled_ms.load(Relaxed) != FLOWING {
            self.stalled_ms.store(FLOWING, Relaxed);
        }
    }

    /// The peer does not take what is to be written.
    pub(crate) fn stalls(&self) {
        if self.stalled_ms.load(Relaxed) == FLOWING {
            self.stalled_ms.store(self.elapsed_ms(), Relaxed);
        }
    }

    fn mark(&self) {
        self.since_ms.store(self.elapsed_ms(), Relaxed);
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.streams.clock.elapsed().as_millis()).unwrap_or(FLOWING - 1)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("local", &self.local).finish_non_exhaustive()
    }
}

/// A request that has begun and whose answer has not ended.
pub(crate) struct InFlight(Arc<Link>);

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Relaxed) == 1 {
            self.0.mark();
        }
    }
}

/// A connection that counts as open until this is dropped.
pub(crate) struct OpenConnection {
    open: Arc<AtomicUsize>,
    streams: Arc<Streams>,
    _of_address: Option<StreamPermit>,
}

impl OpenConnection {
    /// Counts one more connection, unless there are `most` already. `of_address` is its place among those of its
    /// address, where these are counted.
    pub(crate) fn open(
        open: &Arc<AtomicUsize>,
        most: usize,
        of_address: Option<StreamPermit>,
        streams: &Arc<Streams>,
    ) -> Option<Self> {
        if open.fetch_add(1, Relaxed) >= most {
            open.fetch_sub(1, Relaxed);
            return None;
        }
        streams.metrics.open_connections.inc();
        Some(Self { open: Arc::clone(open), streams: Arc::clone(streams), _of_address: of_address })
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Relaxed);
        self.streams.metrics.open_connections.dec();
    }
}
