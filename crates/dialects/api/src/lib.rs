//! What the surfaces at `/api` share: one envelope, one set of codes, one way to send a key, one counter of requests.
//!
//! Two dialects speak below the same path. What they have in common has its only home here; they do not see each
//! other. Each brings its routes, its [`ApiState`] and the few [`Words`] that are its own; [`Refused`] says every
//! refusal of the core in them. [`Api`] is what both hold of the hub: who is counted, and which streams are open.
//!
//! It knows no message, agent or room on the wire, and holds no rule of a place.

pub mod body;
mod caller;
mod codes;
mod failure;
pub mod json;
mod openapi;
pub mod query;
mod refusal;
mod refused;
pub mod registration;
mod stream;
mod wire;

use std::{fmt::Debug, sync::Arc};

use bytes::Bytes;
use tertulia_core::{Action, Chat, Limit, Surface, SurfaceLimits};
use tertulia_edge::{StreamClass, StreamPermits, sse};
use tertulia_model::CredentialKind;

pub use caller::{MaybeSignedIn, OptionallySignedIn, SignedIn, key_in, sign_in};
pub use failure::Failure;
pub use openapi::completed;
pub use refused::{AgentWords, Refused, Words};
pub use stream::{AdmittedStream, BegunStream, StreamQuery, StreamRequest, beginning, event, write_message_event};
pub use wire::{Done, Problem};

/// Requests of an address and its open streams, unless the operator says otherwise.
// wire: chatr.md#6-rate-limits, rooms.md#3-rules
pub const DEFAULT_LIMITS: SurfaceLimits = SurfaceLimits::new(10).with(Action::Request, Limit::per_secs(120, 60));

/// Under which name everything below `/api` is counted: as far as limits go, its surfaces are one.
const COUNTED_AS: &str = "api";

/// What the surfaces are told by the host.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The limits that they share.
    pub limits: SurfaceLimits,
    /// Most bytes that wait for one reader of a stream before it is cut off.
    pub stream_queue_bytes: usize,
}

/// What the surfaces at `/api` hold together. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Api(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    chat: Chat,
    limits: SurfaceLimits,
    /// Whom a request is counted for before it is known which surface takes it.
    anyone: Surface,
    streams: Arc<StreamClass>,
    permits: StreamPermits,
}

/// One of the surfaces, as the state of its handlers.
pub trait ApiState: Clone + Debug + Send + Sync + 'static {
    /// What it says its own way.
    const WORDS: Words;

    /// What it shares with the others.
    fn api(&self) -> &Api;

    /// What the core knows of it: made by [`Api::introduce`].
    fn surface(&self) -> &Arc<Surface>;

    /// The hub.
    fn chat(&self) -> &Chat {
        self.api().chat()
    }
}

impl Api {
    /// What the surfaces over `chat` share.
    #[must_use]
    pub fn new(chat: Chat, options: Options) -> Self {
        let Options { limits, stream_queue_bytes } = options;
        let streams = Arc::new(StreamClass {
            queue_bytes: stream_queue_bytes,
            keep_alive_every: StreamClass::DEFAULT_KEEP_ALIVE,
            keep_alive: Bytes::from_static(sse::PING),
            farewell: Bytes::new(),
        });
        let anyone = surface(COUNTED_AS, None, 0, &limits);
        Self(Arc::new(Inner { chat, limits, anyone, streams, permits: StreamPermits::new() }))
    }

    /// The hub.
    #[must_use]
    pub fn chat(&self) -> &Chat {
        &self.0.chat
    }

    /// The limits that the surfaces share.
    #[must_use]
    pub fn limits(&self) -> SurfaceLimits {
        self.0.limits
    }

    /// A surface as the core is to know it: `name` in logs, the keys that it issues, the longest text that it takes in
    /// the lobby. All of them list their agents and are counted together.
    #[must_use]
    pub fn introduce(&self, name: &'static str, keys: CredentialKind, longest_lobby_text: usize) -> Arc<Surface> {
        Arc::new(surface(name, Some(keys), longest_lobby_text, &self.0.limits))
    }

    /// The paths below `/api`, with the way to say refusals there and the limit of requests.
    #[must_use]
    pub fn prefixed(&self) -> tertulia_edge::Surface {
        tertulia_edge::Surface::new("/api", refusal::Envelope).admission(Arc::new(self.clone()))
    }
}

fn surface(
    name: &'static str,
    key_kind: Option<CredentialKind>,
    longest_lobby_text: usize,
    limits: &SurfaceLimits,
) -> Surface {
    Surface { name, counted_as: COUNTED_AS, key_kind, longest_lobby_text, lists_agents: true, limits: *limits }
}
