//! One log line and one count for every request, when its answer's head is ready.
//!
//! Target `request`, level info: method, route (the pattern, never the path or query), status, caller, `elapsed_ms`,
//! request id. Never an address, a body, a header.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};
use futures_util::{
    FutureExt,
    future::{Join, Map, Ready, join, ready},
};
use tower::{Layer, Service};

use crate::{head::RequestHead, metrics::EdgeMetrics};

/// What stands for the route of a request that matched none.
pub(crate) const NO_ROUTE: &str = "-";

pub(crate) fn report(head: &Arc<RequestHead>, response: &Response, elapsed: Duration, metrics: &EdgeMetrics) {
    let route = response.extensions().get::<MatchedPath>();
    let status = response.status().as_u16();
    metrics.answered(&head.method, route, status, elapsed);
    let route = route.map_or(NO_ROUTE, MatchedPath::as_str);
    tracing::info!(
        target: "request",
        method = head.method.as_str(),
        route,
        status,
        caller = head.caller(),
        elapsed_ms = to_millis(elapsed),
        request.id = head.id.as_str(),
        "answered",
    );
}

/// Milliseconds to three places.
#[expect(clippy::cast_precision_loss, reason = "no request takes 2^52 microseconds")]
fn to_millis(elapsed: Duration) -> f64 {
    elapsed.as_micros() as f64 / 1000.0
}

/// Copies the matched route from the request to the response, where the report finds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouteMark;

impl<S> Layer<S> for RouteMark {
    type Service = MarkRoute<S>;

    fn layer(&self, inner: S) -> MarkRoute<S> {
        MarkRoute(inner)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct MarkRoute<S>(S);

type Answered<E> = (Result<Response, E>, Option<MatchedPath>);

impl<S> Service<Request> for MarkRoute<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future =
        Map<Join<S::Future, Ready<Option<MatchedPath>>>, fn(Answered<S::Error>) -> Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let route = request.extensions().get::<MatchedPath>().cloned();
        join(self.0.call(request), ready(route)).map(mark as fn(_) -> _)
    }
}

fn mark<E>((answer, route): Answered<E>) -> Result<Response, E> {
    answer.map(|mut response| {
        if let Some(route) = route {
            response.extensions_mut().insert(route);
        }
        response
    })
}
