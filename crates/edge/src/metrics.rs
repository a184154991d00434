//! What edge counts.

use std::{
    fmt,
    hash::{Hash, Hasher},
    time::Duration,
};

use axum::extract::MatchedPath;
use http::Method;
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::report::NO_ROUTE;

/// Requests, connections, streams and queues, as plain atomics. The host registers them.
#[derive(Debug)]
pub struct EdgeMetrics {
    /// Connections that are open, streams among them.
    pub open_connections: Gauge,
    /// Connections closed at once because too many were open.
    pub refused_connections: Counter,
    /// Streams that are open, over any protocol.
    pub live_streams: Gauge,
    /// WebSockets that are open.
    pub open_sockets: Gauge,
    /// Readers cut off because their send queue, or all together, were full.
    pub cut_off_connections: Counter,
    /// Bytes waiting in all send queues.
    pub queued_bytes: Gauge,
    requests: Family<Answer, Histogram>,
    closed_sockets: Family<Closed, Counter>,
}

impl Default for EdgeMetrics {
    fn default() -> Self {
        Self {
            open_connections: Gauge::default(),
            refused_connections: Counter::default(),
            live_streams: Gauge::default(),
            open_sockets: Gauge::default(),
            cut_off_connections: Counter::default(),
            queued_bytes: Gauge::default(),
            // 0.25 ms to 4 s.
            closed_sockets: Family::default(),
            requests: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.000_25, 2.0, 15))),
        }
    }
}

impl EdgeMetrics {
    /// Puts everything into `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "http_request_duration",
            "From a request's head to the head of its answer; its count is the number of requests answered",
            Unit::Seconds,
            self.requests.clone(),
        );
        registry.register("http_open_connections", "Open connections", self.open_connections.clone());
        registry.register(
            "http_refused_connections",
            "Connections closed because too many were open",
            self.refused_connections.clone(),
        );
        registry.register("live_streams", "Open streams", self.live_streams.clone());
        registry.register("live_sockets", "Open WebSockets", self.open_sockets.clone());
        registry.register(
            "live_sockets_closed",
            "WebSockets that were closed, by whom, and with which code; 1006 is none",
            self.closed_sockets.clone(),
        );
        registry.register("live_cut_off", "Readers cut off for being slow", self.cut_off_connections.clone());
        registry.register("live_queued_bytes", "Bytes in all send queues", self.queued_bytes.clone());
    }

    /// Counts a WebSocket that the hub closed.
    pub(crate) fn socket_closed(&self, code: u16) {
        self.closed_sockets.get_or_create(&Closed { by: "hub", code }).inc();
    }

    /// Counts a WebSocket whose client left, with `code` if it said one. Codes of its own count as one, so that their
    /// number is bounded.
    pub(crate) fn socket_left(&self, code: u16) {
        let code = if code < 3000 { code } else { 3000 };
        self.closed_sockets.get_or_create(&Closed { by: "client", code }).inc();
    }

    /// Counts an answered request. `route` is the route's pattern, never a path, so that their number is bounded.
    pub(crate) fn answered(&self, method: &Method, route: Option<&MatchedPath>, status: u16, elapsed: Duration) {
        let answer = Answer { method: known_method(method), route: Route(route.cloned()), status };
        self.requests.get_or_create(&answer).observe(elapsed.as_secs_f64());
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Closed {
    by: &'static str,
    code: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: Route,
    status: u16,
}

/// A route's pattern; shared, not copied.
#[derive(Clone, Debug)]
struct Route(Option<MatchedPath>);

impl Route {
    fn as_str(&self) -> &str {
        self.0.as_ref().map_or(NO_ROUTE, MatchedPath::as_str)
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        self.as_str().encode(encoder)
    }
}

/// A client can invent methods; the counter's labels stay few.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
