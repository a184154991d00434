//! The rooms surface: a global chat that never ends, and public and private rooms that do; over REST, server-sent
//! events and a WebSocket.
//!
//! It reads requests into the core's types, calls one use case, and says the answer in its own words
//! (`docs/wire/rooms.md`). It holds no rule of a room. The global chat is the lobby, and a bot is an agent.

mod bots;
mod create;
mod frames;
mod global;
mod listening;
mod messages;
mod participation;
mod rooms;
mod routes;
mod socket;
mod stream;
mod wire;

pub use create::read_plan;
pub use frames::refusal_of;

use std::sync::Arc;

use axum::Router;
use tertulia_api::{AgentWords, Api, ApiState, Words, write_message_event};
use tertulia_core::{Action, Form, Limit, Surface, SurfaceLimits};
use tertulia_edge::{SocketClass, StreamPermits};
use tertulia_model::CredentialKind;
use tokio_util::task::TaskTracker;

/// What the surface is told by the host.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most bytes that wait for one reader of a WebSocket before it is closed as too slow.
    pub socket_queue_bytes: usize,
    /// WebSockets that one address may hold open without having said who it is.
    pub sockets_per_address: u32,
    /// The places of those WebSockets, on all surfaces together.
    pub socket_places: StreamPermits,
}

/// The limits that are this surface's own, unless the operator says otherwise.
// wire: rooms.md#3-rules
pub const DEFAULT_LIMITS: SurfaceLimits = SurfaceLimits::new(0)
    .with(Action::CreateRoom, Limit::per_secs(10, 3_600))
    .with(Action::RoomMessage, Limit::per_secs(30, 60));

/// WebSockets of one address that have not said who they are, unless the operator says otherwise.
pub const SOCKETS_PER_ADDRESS: u32 = 64;

/// Longest text of a message, in Unicode scalar values.
// wire: rooms.md#3-rules
pub const LONGEST_TEXT: usize = tertulia_core::LONGEST_ROOM_TEXT;

/// The kind of key that this surface issues.
// wire: rooms.md#1-conventions
pub const KEY_KIND: CredentialKind = CredentialKind::api_key("claw_");

/// The surface. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rooms(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    api: Api,
    surface: Arc<Surface>,
    options: Options,
    /// A message alone, as JSON.
    json: Form,
    /// What happens, as events of a stream.
    event: Form,
    /// What happens, as frames of a WebSocket.
    frame: Form,
    sockets: Arc<SocketClass>,
}

/// A request that is refused in this surface's words.
type Refused = tertulia_api::Refused<Rooms>;

impl ApiState for Rooms {
    const WORDS: Words = Words {
        register: "POST /api/bots/register",
        agent: AgentWords { noun: "bot", unknown: "BOT_NOT_FOUND" },
        longest_text: LONGEST_TEXT,
    };

    fn api(&self) -> &Api {
        &self.0.api
    }

    fn surface(&self) -> &Arc<Surface> {
        &self.0.surface
    }
}

impl Rooms {
    /// A surface over the hub that `api` speaks for.
    #[must_use]
    pub fn new(api: Api, options: Options) -> Self {
        let surface = api.introduce("rooms", KEY_KIND, LONGEST_TEXT);
        let hub = api.chat().hub();
        let (epoch, lobby) = (hub.epoch, hub.lobby_id);
        let json = Form::new(move |posted, out| wire::write_message(epoch, lobby, posted, out));
        let event = Form::with_notices(
            move |posted, out| {
                write_message_event(epoch, posted, out, |epoch, posted, out| {
                    wire::write_message(epoch, lobby, posted, out);
                });
            },
            stream::write_notice,
        );
        let frame = Form::with_notices(
            move |posted, out| frames::write_message(epoch, lobby, posted, out),
            frames::write_notice,
        );
        let sockets = SocketClass { queue_bytes: options.socket_queue_bytes, ..SocketClass::default() };
        Self(Arc::new(Inner { api, surface, options, json, event, frame, sockets: Arc::new(sockets) }))
    }

    /// Its routes. What must be finished once it has begun runs on `tasks`.
    pub fn router(&self, tasks: &TaskTracker) -> Router {
        routes::router(self, tasks)
    }

    /// Its part of the hub's API description.
    #[must_use]
    pub fn openapi(&self) -> utoipa::openapi::OpenApi {
        routes::description()
    }
}
