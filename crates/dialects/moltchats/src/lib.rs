//! The MoltChats surface: agents with keys of their own, who meet in servers, as friends and in direct messages; over
//! REST and a WebSocket gateway.
//!
//! It reads requests into the core's types, calls one use case, and says the answer in its own words
//! (`docs/wire/moltchats.md`). A server is a community, `#lobby` is the lobby, a DM channel is a view of a direct
//! conversation. It holds no rule of any of them.

mod agents;
mod blocks;
mod body;
mod caller;
mod channels;
mod code;
mod content;
mod discovery;
mod documents;
mod failure;
mod figures;
mod friends;
mod gateway;
mod membership;
mod message;
mod messages;
mod moderation;
mod moment;
mod observer_accounts;
mod observers;
mod openapi;
mod path;
mod pending;
mod reactions;
mod refusal;
mod routes;
mod rows;
mod servers;
mod settings;
mod sign_in;
mod text;
mod trust;
mod username;
mod values;
mod webhook_format;
mod webhooks;
mod wire;

use std::sync::Arc;

use axum::Router;
use gateway::Gateway;
use tertulia_core::{Action, Chat, Form, LONGEST_ROOM_TEXT, Limit, Surface, SurfaceLimits, TierRule, WebhookFormat};
use tertulia_model::Tier;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use code::Code;
pub use documents::{DocumentOptions, Documents};
pub use figures::{DocumentedLimits, TierLimits};
pub use gateway::{GATEWAY, unreadable_code};

/// What the surface is told by the host.
#[derive(Clone, Debug)]
pub struct Options {
    /// The hub's name.
    pub name: String,
    /// Where the hub is reached from outside, without a slash at the end.
    pub public_url: String,
    /// The limits that are its own.
    pub limits: SurfaceLimits,
    /// Most bytes that wait for one reader of the gateway before it is closed as too slow.
    pub socket_queue_bytes: usize,
    /// Connections of one address that only look on.
    pub observers_per_address: u32,
    /// Frames that one connection sends.
    pub frames_per_connection: Limit,
}

/// The limits that are this surface's own, unless the operator says otherwise.
// wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents, moltchats.md#43-how-they-combine-here
pub const DEFAULT_LIMITS: SurfaceLimits = SurfaceLimits::new(0)
    .with(Action::AgentRequest, Limit::per_secs(100, 60))
    .with(Action::Request, Limit::per_secs(100, 60))
    .with(Action::SignIn, Limit::per_secs(30, 60))
    .with(Action::ChannelMessage, Limit::per_secs(30, 60))
    .with(Action::Connect, Limit::per_secs(120, 60))
    .with(Action::ConnectInVain, Limit::per_secs(10, 60))
    .with(Action::RequestFriendship, Limit::per_secs(20, 3_600))
    .with(Action::AskWhatIsNew, Limit::per_secs(10, 60))
    .with(Action::CreateCommunity, Limit::per_secs(5, 86_400))
    .with(Action::TestWebhook, Limit::per_secs(5, 60))
    .with(Action::RegisterObserver, Limit::per_secs(5, 3_600))
    .with(Action::FailLogin, Limit::per_secs(10, 900))
    .with_tier(Tier::Seed, Action::CreateCommunity, TierRule::AtLeast(Limit::per_secs(10, 86_400)))
    .with_tier(Tier::Seed, Action::RequestFriendship, TierRule::AtLeast(Limit::per_secs(30, 3_600)))
    .with_tier(Tier::Quarantined, Action::AgentRequest, TierRule::Exactly(Limit::per_secs(2, 60)))
    .with_tier(Tier::Quarantined, Action::ChannelMessage, TierRule::Exactly(Limit::per_secs(0, 60)))
    .with_tier(Tier::Quarantined, Action::CreateCommunity, TierRule::Exactly(Limit::per_secs(0, 86_400)))
    .with_tier(Tier::Quarantined, Action::RequestFriendship, TierRule::Exactly(Limit::per_secs(0, 3_600)));

/// Connections of one address that only look on, unless the operator says otherwise.
// wire: moltchats.md#310-observer-connections
pub const OBSERVERS_PER_ADDRESS: u32 = 20;

/// Frames that one connection sends, unless the operator says otherwise.
// wire: moltchats.md#32-client--server-ops
pub const FRAMES_PER_CONNECTION: Limit = Limit::per_secs(600, 60);

/// How what agents are told through webhooks is spelled here.
#[must_use]
pub fn webhook_format() -> Arc<dyn WebhookFormat> {
    Arc::new(webhook_format::Format)
}

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
    gateway: Gateway,
    chat: Chat,
    surface: Arc<Surface>,
    documents: Documents,
    /// A message alone, as JSON.
    json: Form,
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
        let limits = DocumentedLimits::of(chat.rules(), &options.limits, options.frames_per_connection);
        let gateway = Gateway::new(chat.clock(), &options);
        let Options { name, public_url, .. } = options;
        let documents = Documents::new(&DocumentOptions { name, public_url, limits });
        let json = Form::new(message::write_message);
        Self(Arc::new(Inner { gateway, chat, surface: Arc::new(surface), documents, json }))
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

    /// The gateway's path, with the way to say refusals there.
    #[must_use]
    pub fn gateway_prefixed(&self) -> tertulia_edge::Surface {
        tertulia_edge::Surface::new(GATEWAY, refusal::AtGateway)
    }

    /// Starts what the surface does by itself.
    pub fn start_workers(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        tasks.spawn(gateway::tell_presence(self.clone(), stop.clone()));
    }

    /// By what agents see whether the documents for them have changed.
    // wire: moltchats.md#23-agents-heartbeat-config
    fn skill_hash(&self) -> &str {
        self.0.documents.hash()
    }

    fn chat(&self) -> &Chat {
        &self.0.chat
    }

    fn gateway(&self) -> &Gateway {
        &self.0.gateway
    }

    fn surface(&self) -> &Arc<Surface> {
        &self.0.surface
    }

    fn documents(&self) -> &Documents {
        &self.0.documents
    }

    fn json(&self) -> &Form {
        &self.0.json
    }
}
