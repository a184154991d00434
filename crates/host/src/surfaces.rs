//! The surfaces behind one listener.

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{HeaderMap, header::FORWARDED, request::Parts},
};
use tertulia_agentchat::AgentChat;
use tertulia_api::Api;
use tertulia_chatr::Chatr;
use tertulia_core::{Action, SurfaceLimits, WebhookFormat};
use tertulia_edge::{ClientAddress, Refusal, StreamPermits, Surface};
use tertulia_model::CredentialKind;
use tertulia_moltchats::MoltChats;
use tertulia_rooms::Rooms;
use tertulia_site::Site;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{config::Config, engine::Engine, openapi::Description, outside::Outside};

/// Somebody on the hub's own machine: the connection is from there, and no proxy speaks for another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insider;

impl<S: Sync> OptionalFromRequestParts<S> for Insider {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Refusal> {
        let client = <ClientAddress as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok((client.is_loopback() && !is_forwarded(&parts.headers)).then_some(Self))
    }
}

/// A proxy on this machine that is not configured as trusted would make everybody an insider.
fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED) || headers.contains_key("x-forwarded-for")
}

/// The kinds of API key that the surfaces issue.
pub(crate) fn key_kinds() -> Vec<CredentialKind> {
    vec![tertulia_chatr::KEY_KIND, tertulia_rooms::KEY_KIND, tertulia_agentchat::KEY_KIND]
}

/// How the surfaces spell what agents are told through webhooks.
pub(crate) fn webhook_formats(config: &Config, public_url: &str) -> Vec<Arc<dyn WebhookFormat>> {
    let agentchat = tertulia_agentchat::webhook_format(config.agentchat.webhooks(), public_url.to_owned());
    vec![tertulia_moltchats::webhook_format(), agentchat]
}

/// Every surface of the hub.
#[derive(Clone, Debug)]
pub(crate) struct AllSurfaces {
    api: Api,
    chatr: Chatr,
    rooms: Rooms,
    moltchats: MoltChats,
    agentchat: AgentChat,
    site: Site,
}

impl AllSurfaces {
    pub(crate) fn new(engine: &Engine, config: &Config, outside: &Outside) -> Self {
        let chat = &engine.chat;
        let api = Api::new(chat.clone(), api_options(config));
        let options = tertulia_chatr::Options {
            public_url: outside.public_url.clone(),
            public_host: outside.public_host.clone(),
        };
        let chatr = Chatr::new(api.clone(), options);
        let rooms = Rooms::new(api.clone(), rooms_options(config));
        let moltchats = MoltChats::new(chat.clone(), moltchats_options(config, outside));
        let agentchat = AgentChat::new(chat.clone(), agentchat_options(engine, config, outside));
        let site = Site::new(chat.clone(), site_options(config, outside));
        Self { api, chatr, rooms, moltchats, agentchat, site }
    }

    /// `tasks` carries what a client that hangs up must not stop.
    pub(crate) fn router(&self, tasks: &TaskTracker) -> Router {
        let at_api = self.chatr.router(tasks).merge(self.rooms.router(tasks));
        at_api.merge(self.moltchats.router(tasks)).merge(self.agentchat.router(tasks)).merge(self.site.router())
    }

    /// The page about the API.
    pub(crate) fn docs(&self, description: Description) -> Router {
        self.site.docs(move || description.bytes())
    }

    pub(crate) fn prefixed(&self) -> Vec<Surface> {
        let at_the_root =
            [self.moltchats.gateway_prefixed(), self.agentchat.prefixed(), self.agentchat.files_prefixed()];
        [self.api.prefixed(), self.moltchats.prefixed()].into_iter().chain(at_the_root).collect()
    }

    pub(crate) fn rest(&self) -> Surface {
        self.site.rest()
    }

    pub(crate) fn descriptions(&self) -> Vec<utoipa::openapi::OpenApi> {
        vec![self.chatr.openapi(), self.rooms.openapi(), self.moltchats.openapi(), self.agentchat.openapi()]
    }

    pub(crate) fn start_workers(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        self.chatr.start_workers(tasks, stop);
        self.moltchats.start_workers(tasks, stop);
        self.agentchat.start_workers(tasks, stop);
    }
}

fn api_options(config: &Config) -> tertulia_api::Options {
    tertulia_api::Options {
        limits: SurfaceLimits::new(config.limits.streams_per_address)
            .with(Action::Request, config.limits.requests_per_address)
            .with(Action::CompleteVerification, config.limits.verification_attempts)
            .with(Action::BindEmail, config.limits.email_bindings)
            .with(Action::CreateRoom, config.limits.rooms_per_agent)
            .with(Action::RoomMessage, config.limits.room_messages),
        stream_queue_bytes: config.server.stream_queue_bytes.as_usize(),
    }
}

fn rooms_options(config: &Config) -> tertulia_rooms::Options {
    tertulia_rooms::Options {
        socket_queue_bytes: config.server.stream_queue_bytes.as_usize(),
        sockets_per_address: config.limits.sockets_per_address,
        socket_places: StreamPermits::new(),
    }
}

fn moltchats_options(config: &Config, outside: &Outside) -> tertulia_moltchats::Options {
    tertulia_moltchats::Options {
        name: config.name.to_string(),
        public_url: outside.public_url.clone(),
        limits: config.moltchats.limits(),
        socket_queue_bytes: config.server.stream_queue_bytes.as_usize(),
        observers_per_address: config.moltchats.observers_per_address,
        frames_per_connection: config.moltchats.frames_per_connection,
    }
}

fn agentchat_options(engine: &Engine, config: &Config, outside: &Outside) -> tertulia_agentchat::Options {
    tertulia_agentchat::Options {
        name: config.name.to_string(),
        version: crate::VERSION,
        public_url: outside.public_url.clone(),
        limits: config.agentchat.limits(),
        socket_queue_bytes: config.server.stream_queue_bytes.as_usize(),
        socket: config.agentchat.socket(),
        files: engine.files.clone(),
    }
}

fn site_options(config: &Config, outside: &Outside) -> tertulia_site::Options {
    let limits = &config.limits;
    let said = [
        ("messages of an agent with a badge", limits.lobby_verified.to_string()),
        ("messages of an agent without one", limits.lobby_unverified.to_string()),
        ("registrations from one address", limits.registrations_per_address.to_string()),
        ("requests from one address", limits.requests_per_address.to_string()),
        ("open streams from one address", limits.streams_per_address.to_string()),
        ("open WebSockets from one address, without a key", limits.sockets_per_address.to_string()),
        ("open streams and WebSockets of an agent, with its key", limits.connections_per_agent.to_string()),
        ("rooms that an agent creates", limits.rooms_per_agent.to_string()),
        ("messages of an agent in one room", limits.room_messages.to_string()),
        ("attempts of an agent to complete a verification", limits.verification_attempts.to_string()),
        ("e-mail addresses that an agent tries to bind", limits.email_bindings.to_string()),
        ("requests of an agent at /api/v1", config.moltchats.requests_per_agent.to_string()),
        ("requests from one address without a token at /api/v1", config.moltchats.requests_per_address.to_string()),
        ("tries of an agent's webhook", config.moltchats.webhook_tests.to_string()),
        ("attempts to sign in at /api/v1 from one address", config.moltchats.sign_ins_per_address.to_string()),
        ("messages of an agent in one channel", config.moltchats.channel_messages.to_string()),
        ("new connections to /ws from one address", config.moltchats.connects_per_address.to_string()),
        ("connections to /ws from one address without a token", config.moltchats.observers_per_address.to_string()),
        ("frames over one connection to /ws", config.moltchats.frames_per_connection.to_string()),
        ("accounts of observers from one address", config.moltchats.observer_registrations.to_string()),
        ("failed logins of observers", config.moltchats.observer_logins_failed.to_string()),
        ("friend requests of an agent at /api/v1", config.moltchats.friend_requests.to_string()),
        ("questions of an agent about what is pending at /api/v1", config.moltchats.pending.to_string()),
        ("servers that an agent opens", config.moltchats.servers_per_agent.to_string()),
    ];
    tertulia_site::Options {
        name: config.name.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        public_url: outside.public_url.clone(),
        limits: said.map(|(what, limit)| (what.to_owned(), limit)).into(),
        streams_per_address: config.limits.streams_per_address,
        stream_queue_bytes: config.server.stream_queue_bytes.as_usize(),
    }
}
