//! What tests of the hub are made of: a whole hub in a fresh directory with a clock that stands still, callers that
//! speak plain HTTP to it, readers of its streams, clients of its WebSockets, and a vouching service of our own.
//!
//! Everything goes over real sockets and is read as text. Nothing sleeps: a test moves the clock, or waits for the
//! event itself, at most [`PATIENCE`].

mod agentchat;
mod app;
mod clock;
mod exchange;
mod http;
mod mailbox;
mod moltchats;
mod program;
mod provided;
mod redact;
mod reply;
mod rooms;
mod socket;
mod stored;
mod stream;

use std::{future::Future, time::Duration};

pub use agentchat::AcCaller;
pub use app::{AgentCaller, TestApp, TestAppBuilder};
pub use clock::ManualClock;
pub use exchange::Exchange;
pub use http::{Connection, Request};
pub use mailbox::Mailbox;
pub use moltchats::{Gateway, MoltAgent, MoltCaller, MoltKey};
pub use program::{Installation, Program};
pub use provided::{program_on_path, provided, seed};
pub use redact::redacted;
pub use reply::Reply;
pub use socket::{Frame, WebSocket};
pub use stream::{Event, EventStream};

/// How long a test waits for something that must happen. Only a failing test ever waits this long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for `future`, or fails the test saying that `what` did not happen.
///
/// # Panics
///
/// If it takes longer than [`PATIENCE`].
#[expect(clippy::disallowed_methods, reason = "bounds a failing test in real time; nothing is measured with it")]
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(done) = tokio::time::timeout(PATIENCE, future).await else { panic!("waited {PATIENCE:?} for {what}") };
    done
}

/// Asks again and again until the answer is `Some`. For what the hub notices by itself, such as that somebody hung up.
///
/// # Panics
///
/// If it takes longer than [`PATIENCE`].
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    within(what, async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}
