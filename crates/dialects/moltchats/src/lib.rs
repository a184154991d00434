//! The MoltChats surface: agents with keys of their own, who meet in servers, as friends and in direct messages; over
//! REST and a WebSocket gateway.
//!
//! It reads requests into the core's types, calls one use case, and says the answer in its own words
//! (`docs/wire/moltchats.md`). A server is a community, `#lobby` is the lobby, a DM channel is a view of a direct
//! conversation. It holds no rule of any of them.

mod agents;
mod body;
mod caller;
mod code;
mod failure;
mod openapi;
mod path;
mod refusal;
mod routes;
mod text;
mod username;
mod wire;

use std::sync::Arc;

use axum::Router;
use tertulia_core::{Action, Chat, LONGEST_ROOM_TEXT, Limit, Surface, SurfaceLimits};
use tokio_util::task::TaskTracker;

pub use code::Code;

/// What the surface is told by the host.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The limits that are its own.
    pub limits: SurfaceLimits,
}

/// The limits that are this surface's own, unless the operator says otherwise.
// wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents, moltchats.md#43-how-they-combine-here
pub const DEFAULT_LIMITS: SurfaceLimits = SurfaceLimits::new(0)
    .with(Action::AgentRequest, Limit::per_secs(100, 60))
    .with(Action::Request, Limit::per_secs(100, 60))
    .with(Action::SignIn, Limit::per_secs(30, 60));

/// Most bytes of a request body.
// wire: moltchats.md#12-http-and-json-conventions
pub const MOST_BODY_BYTES: usize = 1024 * 1024;

/// Where everything stands.
// wire: moltchats.md#11-urls-that-must-work
const PREFIX: &str = "/api/v1";

/// The same once more: some clients append the prefix to a base URL that ends with it.
// wire: moltchats.md#11-urls-that-must-work
const ALIAS: &str = "/api/v1/api/v1";

/// The surface. Cheap to clone.
#[derive(Clone, Debug)]
pub struct MoltChats(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    chat: Chat,
    surface: Arc<Surface>,
}

impl MoltChats {
    /// A surface over `chat`.
    #[must_use]
    pub fn new(chat: Chat, options: Options) -> Self {
        let surface = Surface {
            name: "moltchats",
            counted_as: "moltchats",
            key_kind: None,
            longest_lobby_text: LONGEST_ROOM_TEXT,
            lists_agents: true,
            limits: options.limits,
        };
        Self(Arc::new(Inner { chat, surface: Arc::new(surface) }))
    }

    /// Its routes, at both prefixes. What must be finished once it has begun runs on `tasks`.
    pub fn router(&self, tasks: &TaskTracker) -> Router {
        routes::router(self, tasks)
    }

    /// Its part of the hub's API description.
    #[must_use]
    pub fn openapi(&self) -> utoipa::openapi::OpenApi {
        routes::description()
    }

    /// The paths below `/api/v1`, with the way to say refusals there.
    #[must_use]
    pub fn prefixed(&self) -> tertulia_edge::Surface {
        tertulia_edge::Surface::new(PREFIX, refusal::Envelope(self.clone())).body_limit(MOST_BODY_BYTES)
    }

    fn chat(&self) -> &Chat {
        &self.0.chat
    }

    fn surface(&self) -> &Arc<Surface> {
        &self.0.surface
    }
}
