//! What edge counts.

use std::{fmt, sync::Arc, time::Duration};

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

/// Requests, connections, streams and queues, as plain atomics. The host registers them.
#[derive(Debug)]
pub struct EdgeMetrics {
    /// Connections that are open, streams among them.
    pub open_connections: Gauge,
    /// Connections closed at once because too many were open.
    pub refused_connections: Counter,
    /// Streams that are open, over any protocol.
    pub live_streams: Gauge,
    /// Readers cut off because their send queue, or all together, were full.
    pub cut_off_connections: Counter,
    /// Bytes waiting in all send queues.
    pub queued_bytes: Gauge,
    requests: Family<Outcome, Counter>,
    latency: Family<Endpoint, Histogram>,
}

impl Default for EdgeMetrics {
    fn default() -> Self {
        Self {
            open_connections: Gauge::default(),
            refused_connections: Counter::default(),
            live_streams: Gauge::default(),
            cut_off_connections: Counter::default(),
            queued_bytes: Gauge::default(),
            requests: Family::default(),
            // 0.25 ms to 4 s.
            latency: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.000_25, 2.0, 15))),
        }
    }
}

impl EdgeMetrics {
    /// Puts everything into `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "From a request's head to the head of its answer",
            Unit::Seconds,
            self.latency.clone(),
        );
        registry.register("http_open_connections", "Open connections", self.open_connections.clone());
        registry.register(
            "http_refused_connections",
            "Connections closed because too many were open",
            self.refused_connections.clone(),
        );
        registry.register("live_streams", "Open streams", self.live_streams.clone());
        registry.register("live_cut_off", "Readers cut off for being slow", self.cut_off_connections.clone());
        registry.register("live_queued_bytes", "Bytes in all send queues", self.queued_bytes.clone());
    }

    /// Counts an answered request. `route` is the route's pattern, never a path, so that their number is bounded.
    pub(crate) fn answered(&self, method: &Method, route: &str, status: u16, elapsed: Duration) {
        let endpoint = Endpoint { method: known_method(method), route: Route(route.into()) };
        self.latency.get_or_create(&endpoint).observe(elapsed.as_secs_f64());
        let Endpoint { method, route } = endpoint;
        self.requests.get_or_create(&Outcome { method, route, status }).inc();
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Endpoint {
    method: &'static str,
    route: Route,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    method: &'static str,
    route: Route,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Route(Arc<str>);

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        (&*self.0).encode(encoder)
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
