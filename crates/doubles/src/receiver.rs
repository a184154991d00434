//! A server that somebody's webhooks go to: it keeps what arrives and answers as it was told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::sync::watch;

use crate::server::Server;

/// How a request is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With this status and some text.
    Status(u16),
    /// With a redirect.
    To(String),
    /// Not at all, until the double ends.
    Never,
}

/// What has arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// A running double. It answers 200 unless it was told otherwise.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
    server: Server,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<Kept>,
    /// How many requests have come.
    came: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: VecDeque<Answer>,
    arrivals: Vec<Arrival>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().expect("no test panics while it holds the double's state")
    }
}

impl Receiver {
    /// Starts listening.
    ///
    /// # Panics
    ///
    /// When 127.0.0.1 has no free port.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared { state: Mutex::default(), came: watch::Sender::new(0) });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&shared));
        let server = Server::start(router).await.expect("127.0.0.1 has a free port");
        Self { shared, server }
    }

    /// Where webhooks go to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook?key=value", self.server.address)
    }

    /// Tells how the next requests are answered, one after the other.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.shared.state().answers.extend(answers);
    }

    /// How many requests have come.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.state().arrivals.len()
    }

    /// Waits until this many requests have come in all; all of them.
    ///
    /// # Panics
    ///
    /// Never: the double tells as long as it is there.
    pub async fn arrivals(&self, count: usize) -> Vec<Arrival> {
        let mut came = self.shared.came.subscribe();
        let _ = came.wait_for(|came| *came >= count).await.expect("the double is there");
        self.shared.state().arrivals.clone()
    }

    /// Ends the double and waits until its port is free, so that connections are refused.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = {
        let mut state = shared.state();
        state.arrivals.push(Arrival { method, target: uri.to_string(), headers, body });
        state.answers.pop_front().unwrap_or(Answer::Status(200))
    };
    shared.came.send_modify(|came| *came += 1);
    match answer {
        Answer::Status(status) => {
            let status = StatusCode::from_u16(status).expect("a test answers with statuses");
            (status, "the receiver's own words").into_response()
        }
        Answer::To(url) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url)]).into_response(),
        Answer::Never => std::future::pending().await,
    }
}
