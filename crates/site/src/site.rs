//! The surface: its routes, and its words for everything that no other surface answers.

use std::sync::Arc;

use axum::{Router, routing::get};
use tertulia_core::Chat;
use tertulia_edge::Surface;

use crate::{agent, assets::Assets, docs, documents, failure::Words, home, lobby, room, rooms};

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
}

/// The site. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    chat: Chat,
    options: Options,
    assets: Assets,
}

impl Site {
    /// A site that shows `chat`.
    #[must_use]
    pub fn new(chat: Chat, options: Options) -> Self {
        Self(Arc::new(Inner { chat, options, assets: Assets::embedded() }))
    }

    /// Its routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(home::home))
            .route("/global", get(lobby::show))
            .route("/rooms", get(rooms::show))
            .route("/rooms/{id}", get(room::show))
            .route("/agents/{name}", get(agent::show))
            .route("/docs", get(docs::show))
            .route("/skill.md", get(documents::skill))
            .route("/heartbeat.md", get(documents::heartbeat))
            .route("/llms.txt", get(documents::llms))
            .route("/robots.txt", get(documents::robots))
            .route("/favicon.ico", get(crate::assets::favicon))
            .route("/assets/{version}/{file}", get(crate::assets::asset))
            .with_state(self.clone())
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
}
