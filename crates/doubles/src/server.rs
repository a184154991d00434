//! The listener under a double: connections that can be cut, and an end with its owner.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::Router;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A listening server. Dropping it cuts every connection and gives the port back.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    line: Arc<Line>,
    ended: CancellationToken,
    tasks: TaskTracker,
}

/// Whether connections are served.
#[derive(Debug, Default)]
struct Line {
    down: AtomicBool,
    cut: Notify,
}

impl Server {
    /// Listens on a free port of 127.0.0.1 and serves `router` there.
    pub(crate) async fn start(router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (line, ended, tasks) = (Arc::new(Line::default()), CancellationToken::new(), TaskTracker::new());
        tasks.spawn(accept(listener, router, Arc::clone(&line), ended.clone(), tasks.clone()));
        Ok(Self { address, line, ended, tasks })
    }

    /// Whether new connections are dropped as soon as they are made. Open ones are cut at once.
    pub(crate) fn set_down(&self, down: bool) {
        self.line.down.store(down, Ordering::SeqCst);
        if down {
            self.line.cut.notify_waiters();
        }
    }

    /// Ends, and waits until the port is free.
    pub(crate) async fn stop(self) {
        self.ended.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

async fn accept(listener: TcpListener, router: Router, line: Arc<Line>, ended: CancellationToken, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = ended.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        if let Ok((socket, _)) = accepted
            && !line.down.load(Ordering::SeqCst)
        {
            tasks.spawn(serve(socket, router.clone(), Arc::clone(&line), ended.clone()));
        }
    }
}

/// Serves one connection until it ends, is cut, or the server ends.
async fn serve(socket: TcpStream, router: Router, line: Arc<Line>, ended: CancellationToken) {
    let mut cut = std::pin::pin!(line.cut.notified());
    // Registered before the second look, so that a cut in between is not missed.
    cut.as_mut().enable();
    if line.down.load(Ordering::SeqCst) {
        return;
    }
    let service = TowerToHyperService::new(router);
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    tokio::select! {
        () = ended.cancelled() => {}
        () = cut => {}
        // A client that hangs up in the middle is none of our business.
        _ = connection => {}
    }
}
