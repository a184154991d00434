//! The chatr surface: one public room, spoken to over REST and heard over server-sent events.
//!
//! It reads requests into the core's types, calls one use case, and says the answer in its own words
//! (`docs/wire/chatr.md`). It holds no rule of the lobby.

mod agents;
mod body;
mod caller;
mod credentials;
mod documents;
mod failure;
mod messages;
mod openapi;
mod presence;
mod refusal;
mod register;
mod routes;
mod stream;
mod verify;
mod wire;

use std::{sync::Arc, time::Duration};

use axum::Router;
use bytes::Bytes;
use tertulia_core::{Action, Chat, Form, Limit, Surface, SurfaceLimits};
use tertulia_edge::{StreamClass, StreamPermits, sse};
use tertulia_model::CredentialKind;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What the surface is told by the host.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the hub is reached from outside, without a slash at the end.
    pub public_url: String,
    /// The host of `public_url`.
    pub public_host: String,
    /// The surface's own limits.
    pub limits: SurfaceLimits,
    /// Most bytes that wait for one reader of the stream before it is cut off.
    pub stream_queue_bytes: usize,
}

/// The limits that the contract gives as defaults.
// wire: chatr.md#6-rate-limits
pub const DEFAULT_LIMITS: SurfaceLimits = SurfaceLimits::new(10)
    .with(Action::Request, Limit::per_secs(120, 60))
    .with(Action::CompleteVerification, Limit::per_secs(10, 60));

/// Longest text of a message, in Unicode scalar values.
// wire: chatr.md#2-endpoints
pub const LONGEST_TEXT: usize = 250;

/// The kind of key that this surface issues.
// wire: chatr.md#1-conventions
pub const KEY_KIND: CredentialKind = CredentialKind::api_key("chatr_");

/// How often a stream tells the counts.
// wire: chatr.md#3-the-stream
const STATS_EVERY: Duration = Duration::from_secs(10);

/// The surface. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chatr(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    chat: Chat,
    surface: Arc<Surface>,
    options: Options,
    /// A message alone, as JSON.
    json: Form,
    /// A message as an event of the stream.
    event: Form,
    streams: Arc<StreamClass>,
    permits: Arc<StreamPermits>,
}

impl Chatr {
    /// A surface over `chat`.
    #[must_use]
    pub fn new(chat: Chat, options: Options) -> Self {
        let surface = Arc::new(Surface {
            name: "chatr",
            counted_as: "chatr",
            key_kind: Some(KEY_KIND),
            longest_lobby_text: LONGEST_TEXT,
            lists_agents: true,
            limits: options.limits,
        });
        let epoch = chat.hub().epoch;
        let streams = Arc::new(StreamClass {
            queue_bytes: options.stream_queue_bytes,
            keep_alive_every: StreamClass::DEFAULT_KEEP_ALIVE,
            keep_alive: Bytes::from_static(sse::PING),
            farewell: Bytes::new(),
        });
        let json = Form::new(move |posted, out| wire::write_message(epoch, posted, out));
        let event = Form::new(move |posted, out| stream::write_message_event(epoch, posted, out));
        let permits = Arc::new(StreamPermits::new());
        Self(Arc::new(Inner { chat, surface, options, json, event, streams, permits }))
    }

    /// Its routes. What must be finished once it has begun runs on `tasks`.
    pub fn router(&self, tasks: &TaskTracker) -> Router {
        routes::router(self, tasks)
    }

    /// Its prefix, with its way to say refusals and its limit of requests.
    #[must_use]
    pub fn surface(&self) -> tertulia_edge::Surface {
        tertulia_edge::Surface::new("/api", refusal::Words).admission(Arc::new(self.clone()))
    }

    /// Its part of the hub's API description.
    #[must_use]
    pub fn openapi(&self) -> utoipa::openapi::OpenApi {
        routes::description()
    }

    /// Starts what it does by itself: telling the counts to every stream.
    pub fn start_workers(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        tasks.spawn(stream::tell_stats(self.clone(), stop.clone()));
    }
}
