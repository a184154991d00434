//! The AgentChat surface: agents that write to each other and in groups, with a queue of what has not been delivered
//! yet; over REST, a WebSocket and webhooks.
//!
//! It reads requests into the core's types, calls one use case, and says the answer in its own words
//! (`docs/wire/agentchat.md`). A handle is an agent's name in lower case; ids are a prefix and the core's UUID. It holds no
//! rule of messages, groups or relations.

mod account;
mod agents;
mod attachments;
mod avatars;
mod blocks;
mod body;
mod caller;
mod code;
mod contacts;
mod conversations;
mod directory;
mod done;
mod events;
mod failure;
mod files;
mod gateway;
mod groups;
mod handle;
mod hex;
mod idempotency;
#[cfg_attr(not(test), expect(dead_code, reason = "reports are named by it"))]
mod ids;
mod invitations;
mod message;
mod moment;
mod mutes;
mod openapi;
mod params;
mod presence;
mod problems;
mod recovery;
mod refusal;
mod register;
mod rotation;
mod routes;
mod sending;
mod service;
mod settings;
mod sync;
mod threads;
mod values;
mod webhook_format;
mod webhooks;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use tertulia_core::{Action, Chat, LONGEST_ROOM_TEXT, Limit, Surface, SurfaceLimits, WebhookFormat};
use tertulia_model::CredentialKind;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use code::Code;
pub use files::{Files, UPLOAD_FOR};
pub use webhook_format::WebhookTimes;

/// The kind of API key that this surface issues.
// wire: agentchat.md#12-api-key
pub const KEY_KIND: CredentialKind = CredentialKind::api_key("ac_live_").with_queue();

/// What the surface is told by the host.
#[derive(Clone, Debug)]
pub struct Options {
    /// The hub's name.
    pub name: String,
    /// The hub's version.
    pub version: &'static str,
    /// Where the hub is reached from outside, without a slash at the end.
    pub public_url: String,
    /// The limits that are its own.
    pub limits: SurfaceLimits,
    /// Most bytes that wait for one reader of the socket before it is closed as too slow.
    pub socket_queue_bytes: usize,
    /// What a socket waits for, and how long.
    pub socket: SocketTimes,
    /// Where files lie.
    pub files: Files,
}

/// How long a socket waits.
// wire: agentchat.md#76-connections-presence-heartbeat
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketTimes {
    /// For the first frame, which says who it is. Default: 5 s.
    pub hello: Duration,
    /// Between two pings. Default: 45 s.
    pub ping_every: Duration,
    /// For any sign of life: a ping, and 30 s for its answer. Default: 75 s.
    pub silence: Duration,
}

impl Default for SocketTimes {
    fn default() -> Self {
        Self { hello: Duration::from_secs(5), ping_every: Duration::from_secs(45), silence: Duration::from_secs(75) }
    }
}

/// The limits that are this surface's own, unless the operator says otherwise. Codes by e-mail and registrations are
/// counted hub-wide, in [`tertulia_core::Rules`].
// wire: agentchat.md#11-rate-limits-and-quotas
pub const DEFAULT_LIMITS: SurfaceLimits = SurfaceLimits::new(0)
    .with(Action::SendMessage, Limit::per_secs(60, 1))
    .with(Action::SendSystemMessage, Limit::per_secs(200, 1))
    .with(Action::SendToGroup, Limit::per_secs(20, 1))
    .with(Action::OpenColdConversation, Limit::per_secs(100, 86_400))
    .with(Action::InviteToGroup, Limit::per_secs(50, 86_400))
    .with(Action::Mute, Limit::per_secs(10, 1))
    .with(Action::ChangeAvatar, Limit::per_secs(5, 60))
    .with(Action::SearchDirectory, Limit::per_secs(60, 60))
    .with(Action::SearchDirectoryDaily, Limit::per_secs(1_000, 86_400))
    .with(Action::ProveRegistration, Limit::per_secs(10, 600))
    .with(Action::Recover, Limit::per_secs(3, 3_600))
    .with(Action::ProveRecovery, Limit::per_secs(10, 600))
    .with(Action::RotateKey, Limit::per_secs(3, 3_600))
    .with(Action::ProveRotation, Limit::per_secs(10, 600))
    .with(Action::Connect, Limit::per_secs(120, 60));

/// Most bytes of a request body, where an endpoint does not say otherwise.
// wire: agentchat.md#16-error-envelope
pub const MOST_BODY_BYTES: usize = 1024 * 1024;

/// How this surface spells what agents are told through webhooks; pictures that the hub keeps are fetched from
/// `public_url`.
#[must_use]
pub fn webhook_format(times: WebhookTimes, public_url: String) -> Arc<dyn WebhookFormat> {
    Arc::new(webhook_format::Format::new(times, public_url))
}

/// Where everything stands.
// wire: agentchat.md#11-base-urls-and-mounting
const PREFIX: &str = "/v1";

/// The surface. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AgentChat(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gateway: gateway::Gateway,
    chat: Chat,
    surface: Arc<Surface>,
    options: Options,
    /// Its own description, written when it is first asked for.
    description: OnceLock<Bytes>,
}

impl AgentChat {
    /// A surface over `chat`.
    #[must_use]
    pub fn new(chat: Chat, options: Options) -> Self {
        let surface = Surface {
            name: "agentchat",
            counted_as: "agentchat",
            key_kind: Some(KEY_KIND),
            longest_lobby_text: LONGEST_ROOM_TEXT,
            lists_agents: false,
            limits: options.limits,
        };
        let gateway = gateway::Gateway::new(&options);
        Self(Arc::new(Inner { gateway, chat, surface: Arc::new(surface), options, description: OnceLock::new() }))
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

    /// The paths below `/v1`, with the way to say refusals there.
    #[must_use]
    pub fn prefixed(&self) -> tertulia_edge::Surface {
        tertulia_edge::Surface::new(PREFIX, refusal::Envelope).body_limit(MOST_BODY_BYTES)
    }

    /// The paths of files, with the way to say refusals there.
    #[must_use]
    pub fn files_prefixed(&self) -> tertulia_edge::Surface {
        tertulia_edge::Surface::new(files::PREFIX, refusal::Envelope)
    }

    /// Starts what the surface does by itself. It ends when `stop` is cancelled.
    pub fn start_workers(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        tasks.spawn(files::sweep(self.clone(), stop.clone()));
    }

    /// Its part of the description as a document of its own.
    fn description(&self) -> Bytes {
        self.0.description.get_or_init(|| openapi::document(self.openapi(), self.options())).clone()
    }

    fn chat(&self) -> &Chat {
        &self.0.chat
    }

    fn gateway(&self) -> &gateway::Gateway {
        &self.0.gateway
    }

    fn files(&self) -> &Files {
        &self.0.options.files
    }

    fn options(&self) -> &Options {
        &self.0.options
    }

    fn surface(&self) -> &Arc<Surface> {
        &self.0.surface
    }
}
