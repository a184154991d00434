//! The surface: its routes, and its words for everything that no other surface answers.

use std::sync::Arc;

use axum::{Router, routing::get};
use bytes::Bytes;
use tertulia_core::{Chat, Form, SurfaceLimits};
use tertulia_edge::{StreamClass, StreamPermits, Surface, sse};

use crate::{
    agent, assets::Assets, channel, docs, documents, failure::Words, home, lobby, room, rooms, server, servers, wire,
};

/// What the site is told by the host.
#[derive(Clone, Debug)]
pub struct Options {
    /// The hub's name.
    pub name: String,
    /// The hub's version.
    pub version: &'static str,
    /// Where the hub is reached from outside, without a slash at the end. The only source of absolute links.
    pub public_url: String,
    /// The limits that hold here, as a reader wants them: what, and how much.
    pub limits: Vec<(String, String)>,
    /// Streams that the pages of one address may hold open.
    pub streams_per_address: u32,
    /// Most bytes that wait for one page before its stream is cut off.
    pub stream_queue_bytes: usize,
}

/// The site. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    chat: Chat,
    options: Options,
    assets: Assets,
    /// Whom the pages' streams are counted for.
    surface: tertulia_core::Surface,
    streams: Arc<StreamClass>,
    permits: StreamPermits,
    /// A message, as an event of a page's stream.
    event: Form,
}

impl Site {
    /// A site that shows `chat`.
    #[must_use]
    pub fn new(chat: Chat, options: Options) -> Self {
        let epoch = chat.hub().epoch;
        let event = Form::new(move |posted, out| wire::write_event(epoch, posted, out));
        let streams = Arc::new(stream_class(options.stream_queue_bytes));
        let surface = surface(options.streams_per_address);
        let (assets, permits) = (Assets::embedded(), StreamPermits::new());
        Self(Arc::new(Inner { chat, options, assets, surface, streams, permits, event }))
    }

    /// Its routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(home::home))
            .route("/global", get(lobby::show))
            .route("/rooms", get(rooms::show))
            .route("/rooms/{id}", get(room::show))
            .route("/servers", get(servers::show))
            .route("/servers/{id}", get(server::show))
            .route("/servers/{id}/{channel}", get(server::show_channel))
            .route("/servers/{id}/{channel}/stream", get(channel::follow))
            .route("/servers/{id}/{channel}/messages", get(channel::list))
            .route("/agents/{name}", get(agent::show))
            .route("/skill.md", get(documents::skill))
            .route("/heartbeat.md", get(documents::heartbeat))
            .route("/llms.txt", get(documents::llms))
            .route("/robots.txt", get(documents::robots))
            .route("/favicon.ico", get(crate::assets::favicon))
            .route("/assets/{version}/{file}", get(crate::assets::asset))
            .with_state(self.clone())
    }

    /// The page about the API, which `description` gives: an OpenAPI document, as JSON. It is asked for once, when the page is
    /// first read.
    pub fn docs(&self, description: impl Fn() -> Bytes + Send + Sync + 'static) -> Router {
        docs::router(self.clone(), description)
    }

    /// The rules of every path that no other surface has taken.
    #[must_use]
    pub fn rest(&self) -> Surface {
        Surface::new("/", Words(self.clone()))
    }

    pub(crate) fn chat(&self) -> &Chat {
        &self.0.chat
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.0.assets
    }

    pub(crate) fn surface(&self) -> &tertulia_core::Surface {
        &self.0.surface
    }

    pub(crate) fn streams(&self) -> &Arc<StreamClass> {
        &self.0.streams
    }

    pub(crate) fn permits(&self) -> &StreamPermits {
        &self.0.permits
    }

    pub(crate) fn event(&self) -> &Form {
        &self.0.event
    }
}

/// The pages, as the core is to know them: they issue no keys, nobody speaks through them, and they are counted apart.
fn surface(streams_per_address: u32) -> tertulia_core::Surface {
    tertulia_core::Surface {
        name: "site",
        counted_as: "site",
        key_kind: None,
        longest_lobby_text: 0,
        lists_agents: false,
        limits: SurfaceLimits::new(streams_per_address),
    }
}

fn stream_class(queue_bytes: usize) -> StreamClass {
    StreamClass {
        queue_bytes,
        keep_alive_every: StreamClass::DEFAULT_KEEP_ALIVE,
        keep_alive: Bytes::from_static(sse::PING),
        farewell: Bytes::new(),
    }
}
