//! Time and randomness, passed in: the hub builds the real ones, tests bring their own.

use std::{fmt::Debug, future::Future, pin::Pin, time::Duration};

use tertulia_model::Timestamp;

/// A timer that has been set. Dropping it cancels it.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The time, and every timer. Nothing in the hub reads the system's clock or sets a timer any other way.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The calendar time. It may jump in either direction.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary start; never goes back. Windows and time-outs are measured with it.
    fn elapsed(&self) -> Duration;

    /// Completes once `duration` of [`Clock::elapsed`] has passed.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// Source of unguessable bytes.
pub trait Ids: Debug + Send + Sync + 'static {
    /// Fills `bytes` from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}
