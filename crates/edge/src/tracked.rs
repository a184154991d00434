//! Handlers that a hang-up cannot stop half-way.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tower::{Layer, Service};

use crate::refusal::Refusal;

/// A layer that runs its route's handler as a task of `tracker` and awaits it: a client that hangs up between commit
/// and announce stops nothing. For routes that change something.
#[must_use]
pub fn tracked(tracker: &TaskTracker) -> Tracked<()> {
    Tracked { inner: (), tracker: tracker.clone() }
}

/// See [`tracked`].
#[derive(Clone, Debug)]
pub struct Tracked<S> {
    inner: S,
    tracker: TaskTracker,
}

impl<S> Layer<S> for Tracked<()> {
    type Service = Tracked<S>;

    fn layer(&self, inner: S) -> Tracked<S> {
        Tracked { inner, tracker: self.tracker.clone() }
    }
}

impl<S> Service<Request> for Tracked<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = TrackedAnswer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> TrackedAnswer {
        TrackedAnswer(self.tracker.spawn(self.inner.call(request)))
    }
}

/// The answer of a handler that runs as a task of its own.
#[derive(Debug)]
pub struct TrackedAnswer(JoinHandle<Result<Response, Infallible>>);

impl Future for TrackedAnswer {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(answer) => Poll::Ready(answer),
            Err(error) => match error.try_into_panic() {
                // Goes on where it would have gone without the task: to the place that answers 500.
                Ok(panic) => std::panic::resume_unwind(panic),
                // Only a runtime that ends aborts tasks.
                Err(_aborted) => Poll::Ready(Ok(Refusal::ShuttingDown.into_response())),
            },
        }
    }
}
