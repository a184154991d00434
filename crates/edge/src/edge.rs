//! What every request passes through, in this order:
//!
//! 1. request id, client address, path normalisation: the [`RequestHead`]
//! 2. host (421), origin (403), a browser's preflight (204)
//! 3. shutting down (503), the surface's admission (429)
//! 4. the router; a panic becomes 500; its 404, 405 and every [`Refusal`] are worded by the path's surface
//! 5. `Allow`, `Retry-After`, CORS headers, `X-Request-Id`
//! 6. the count and the log line

use std::{
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{
    Request,
    header::{ACCEPT, ACCEPT_LANGUAGE, ALLOW, ORIGIN},
    request::Parts,
};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tertulia_core::{Clock, Ids, Quota};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

use crate::{
    address::{ClientAddress, TrustedProxies},
    cors::{self, CorsPolicy},
    head::{Head, RequestHead, RequestId, X_REQUEST_ID, copied},
    hosts::AllowedHosts,
    link::{InFlight, Link, Offer},
    live::Streams,
    metrics::EdgeMetrics,
    paths::{normalised, with_path},
    queue_budget::QueueBudget,
    refusal::{Refusal, Refused, add_retry_after, add_upgrade},
    report::{RouteMark, report},
    socket::Takeover,
    surfaces::{Surface, Surfaces},
    ws::handshake,
};

/// What edge is given by the host.
#[derive(Clone, Debug)]
pub struct EdgeContext {
    /// The time and every timer.
    pub clock: Arc<dyn Clock>,
    /// Source of request ids.
    pub ids: Arc<dyn Ids>,
    /// Every connection's task is on it.
    pub tracker: TaskTracker,
    /// Cancelled when the hub goes down.
    pub shutdown: CancellationToken,
    /// Where edge counts.
    pub metrics: Arc<EdgeMetrics>,
}

/// Rules of all surfaces.
#[derive(Debug)]
pub struct EdgeOptions {
    /// Whose forwarding headers are believed. Default: nobody's.
    pub trusted_proxies: TrustedProxies,
    /// The names the hub answers to. Default: loopback names and the listening address.
    pub allowed_hosts: AllowedHosts,
    /// Which pages may call. Default: those of loopback origins.
    pub cors: CorsPolicy,
    /// How long a request's body may take to arrive. Default 30 s.
    pub body_timeout: Duration,
    /// Most bytes in all send queues together. Default 256 MiB.
    pub queue_bytes: usize,
    /// The path that stands for `/` when a WebSocket is asked for there. Default: none does.
    pub root_sockets: Option<&'static str>,
}

impl Default for EdgeOptions {
    fn default() -> Self {
        Self {
            trusted_proxies: TrustedProxies::default(),
            allowed_hosts: AllowedHosts::default(),
            cors: CorsPolicy::LoopbackAnd(Vec::new()),
            body_timeout: Duration::from_secs(30),
            queue_bytes: QueueBudget::DEFAULT_LIMIT_BYTES,
            root_sockets: None,
        }
    }
}

/// The router with everything around it. A cheap clone.
#[derive(Clone, Debug)]
pub struct Edge(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ids: Arc<dyn Ids>,
    tracker: TaskTracker,
    streams: Arc<Streams>,
    options: EdgeOptions,
    surfaces: Surfaces,
    router: Router,
}

impl Edge {
    /// Puts `router` behind edge. `surfaces` own their prefixes, `rest` every other path. The router's fallbacks are
    /// edge's.
    #[must_use]
    pub fn new(
        context: EdgeContext,
        options: EdgeOptions,
        surfaces: Vec<Surface>,
        rest: Surface,
        router: Router,
    ) -> Self {
        let EdgeContext { clock, ids, tracker, shutdown, metrics } = context;
        let budget = QueueBudget::new(options.queue_bytes, Arc::clone(&metrics));
        let router = router
            .fallback(async || Refusal::NotFound)
            .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
            .layer(RouteMark);
        Self(Arc::new(Inner {
            ids,
            tracker,
            streams: Arc::new(Streams { clock, shutdown, budget, metrics }),
            options,
            surfaces: Surfaces::new(surfaces, rest),
            router,
        }))
    }

    /// Whether a forwarding header from an untrusted peer was ever ignored.
    #[must_use]
    pub fn foreign_forwarding_seen(&self) -> bool {
        self.0.options.trusted_proxies.foreign_header_seen()
    }

    /// Bytes waiting in all send queues.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.0.streams.budget.total_bytes()
    }

    pub(crate) fn tracker(&self) -> &TaskTracker {
        &self.0.tracker
    }

    pub(crate) fn trusts(&self, address: ClientAddress) -> bool {
        self.0.options.trusted_proxies.trusts(address)
    }

    pub(crate) fn streams(&self) -> &Arc<Streams> {
        &self.0.streams
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, link: &Arc<Link>, request: Request<Incoming>) -> http::Response<Tail> {
        let in_flight = link.begin();
        let started = self.0.streams.clock.elapsed();
        let (mut parts, body) = request.into_parts();
        let head = self.read_head(&mut parts, link);
        let admitted = self.admit(&parts, &head);
        if let Ok(Admitted::ToRoute(Some(quota))) = admitted {
            head.note_quota(quota);
        }
        let head = Arc::new(head);
        let mut response = match admitted {
            Ok(Admitted::ToRoute(_)) => {
                parts.extensions.insert(Head(Arc::clone(&head)));
                self.route(Request::from_parts(parts, Body::new(body))).await
            }
            Ok(Admitted::Preflight) => cors::preflight(),
            Err(refusal) => refusal.into_response(),
        };
        response = self.worded(response, &head);
        if let Some(tail) = Takeover::of(&mut response) {
            link.offer(Offer::Socket(Box::new(tail)));
        }
        response.headers_mut().insert(X_REQUEST_ID, head.id.header());
        let elapsed = self.0.streams.clock.elapsed().saturating_sub(started);
        report(&head, &response, elapsed, &self.0.streams.metrics);
        response.map(|body| Tail { body, _in_flight: in_flight })
    }

    fn read_head(&self, parts: &mut Parts, link: &Arc<Link>) -> RequestHead {
        if let Some(uri) = normalised(&parts.uri) {
            parts.uri = uri;
        }
        if let Some(path) = self.0.options.root_sockets
            && parts.uri.path() == "/"
            && handshake::is_meant(&parts.headers)
            && let Some(uri) = with_path(&parts.uri, path)
        {
            parts.uri = uri;
        }
        let headers = &parts.headers;
        RequestHead {
            method: parts.method.clone(),
            version: parts.version,
            id: RequestId::of(headers, &*self.0.ids),
            client: self.0.options.trusted_proxies.client(link.peer().ip(), headers),
            accept: copied(headers, ACCEPT),
            accept_language: copied(headers, ACCEPT_LANGUAGE),
            origin: copied(headers, ORIGIN),
            body_limit: self.0.surfaces.of(parts.uri.path()).body_limit,
            body_timeout: self.0.options.body_timeout,
            quota: Mutex::default(),
            caller: OnceLock::new(),
            link: Arc::clone(link),
            uri: parts.uri.clone(),
        }
    }

    /// What is decided before routing.
    fn admit(&self, parts: &Parts, head: &RequestHead) -> Result<Admitted, Refusal> {
        let Inner { options, streams, surfaces, .. } = &*self.0;
        if !options.allowed_hosts.admits(parts.version, &parts.uri, &parts.headers, head.link.local()) {
            return Err(Refusal::Misdirected);
        }
        if !options.cors.admits(&parts.headers) {
            return Err(Refusal::ForeignOrigin);
        }
        if cors::is_preflight(&parts.method, &parts.headers) {
            return Ok(Admitted::Preflight);
        }
        if streams.shutdown.is_cancelled() {
            return Err(Refusal::ShuttingDown);
        }
        match &surfaces.of(parts.uri.path()).admission {
            Some(admission) => admission.admit(head).map(Admitted::ToRoute),
            None => Ok(Admitted::ToRoute(None)),
        }
    }

    async fn route(&self, request: Request<Body>) -> Response {
        let mut router = self.0.router.clone();
        let answer = AssertUnwindSafe(async move { router.call(request).await });
        match answer.catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(panic) => {
                tracing::error!(panic = panic_message(&*panic), "a handler panicked");
                Refusal::Internal.into_response()
            }
        }
    }

    /// A refusal in the words of the path's surface, and what browsers of other origins need.
    fn worded(&self, mut response: Response, head: &RequestHead) -> Response {
        let renderer = &self.0.surfaces.of(head.uri.path()).renderer;
        if let Some(Refused(refusal)) = response.extensions_mut().remove() {
            let allow = response.headers_mut().remove(ALLOW);
            let route = response.extensions_mut().remove::<axum::extract::MatchedPath>();
            response = renderer.render(&refusal, head);
            if let Some(allow) = allow {
                response.headers_mut().insert(ALLOW, allow);
            }
            if let Some(route) = route {
                response.extensions_mut().insert(route);
            }
            add_retry_after(&refusal, &mut response);
            add_upgrade(&refusal, head.version, &mut response);
        }
        renderer.complete(head, &mut response);
        self.0.options.cors.mark(head.origin.as_ref(), response.headers_mut());
        response
    }
}

/// A request that may go on.
enum Admitted {
    /// To the router, with what is left of its address's window.
    ToRoute(Option<Quota>),
    /// No further: a browser asks what it may ask.
    Preflight,
}

pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("not a text")
}

/// A response's body; the request is in flight until it is dropped.
pub(crate) struct Tail {
    body: Body,
    _in_flight: InFlight,
}

impl http_body::Body for Tail {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
