//! Accepting connections.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::{
    address::ClientAddress,
    connection,
    edge::Edge,
    link::{Link, OpenConnection},
    permits::StreamPermits,
};

/// Connections that may wait in the kernel to be accepted.
const BACKLOG: i32 = 4096;

/// Pause after a failed accept: out of files, most often, which passes when a connection closes.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Bounds of connections.
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions {
    /// Connections open at once; one more is closed as soon as it is accepted. To be derived from the limit of open
    /// files. Default 10,000.
    pub max_connections: usize,
    /// Connections of one address open at once, IPv6 by its first 64 bits. Loopback and trusted proxies, which connect
    /// for many, are not counted. Default 1,024.
    pub max_connections_per_address: u32,
    /// How long a request's head may take from its first byte, and a new connection to its first request. Default 15 s.
    pub head_timeout: Duration,
    /// How long a connection may wait for its next request. Default 75 s.
    pub idle_timeout: Duration,
    /// Bytes that the operating system may take from us for one connection before it says that it is full. Default
    /// `None`: it decides.
    pub socket_buffer: Option<usize>,
    /// How long a peer may take no byte of an answer that waits for it. Default 60 s. Streams that have taken their
    /// socket are bounded by their send queues instead.
    pub write_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_connections_per_address: 1_024,
            head_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_mins(1),
            socket_buffer: None,
        }
    }
}

/// Opens a listener with a long backlog. Needs a running runtime.
///
/// # Errors
///
/// What the operating system says, such as an address in use.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Accepts connections and serves each in a task of the tracker: HTTP/1, or HTTP/2 to clients that begin with it.
#[derive(Debug)]
pub struct Server {
    edge: Edge,
    options: ServerOptions,
    open: Arc<AtomicUsize>,
    of_addresses: StreamPermits,
}

impl Server {
    /// Serves `edge` within `options`.
    #[must_use]
    pub fn new(edge: Edge, options: ServerOptions) -> Self {
        Self { edge, options, open: Arc::new(AtomicUsize::new(0)), of_addresses: StreamPermits::new() }
    }

    /// Accepts from `listener` until the hub's shutdown begins. Connections end by themselves afterwards: requests in
    /// flight are answered, streams say farewell. Their tasks are on the tracker; wait there.
    pub async fn serve(&self, listener: TcpListener) {
        let streams = Arc::clone(self.edge.streams());
        loop {
            let accepted = tokio::select! {
                () = streams.shutdown.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, peer)) => self.begin(socket, peer),
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept a connection");
                    streams.clock.sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }

    fn begin(&self, socket: TcpStream, peer: SocketAddr) {
        let streams = self.edge.streams();
        let Some(open) = self.open(peer) else {
            streams.metrics.refused_connections.inc();
            return;
        };
        // Both fail only for a socket that is closed already; its task finds out.
        let _ = socket.set_nodelay(true);
        let _ = self.options.socket_buffer.map(|bytes| SockRef::from(&socket).set_send_buffer_size(bytes));
        let Ok(local) = socket.local_addr() else { return };
        let link = Link::new(peer, local, Arc::clone(streams));
        let task = connection::serve(socket, link, self.edge.clone(), self.options, open);
        self.edge.tracker().spawn(task);
    }
}

impl Server {
    /// A place for one more connection of `peer`.
    fn open(&self, peer: SocketAddr) -> Option<OpenConnection> {
        let address = ClientAddress::new(peer.ip());
        let is_counted = !address.is_loopback() && !self.edge.trusts(address);
        let of_address = if is_counted {
            Some(self.of_addresses.acquire(address.key(), self.options.max_connections_per_address)?)
        } else {
            None
        };
        OpenConnection::open(&self.open, self.options.max_connections, of_address, self.edge.streams())
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::ConnectionRefused]
        .contains(&error.kind())
}
