//! `/openapi.json`: the API of every surface in one document, generated from the code's types.

use std::sync::{Arc, OnceLock};

use axum::{Router, extract::State, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};
use bytes::Bytes;
use utoipa::{OpenApi, openapi};

use crate::surfaces::AllSurfaces;

/// The surfaces and the hub itself: name, name as people write it, what it is.
const TAGS: [(&str, &str, &str); 5] = [
    ("chatr", "chatr", "The lobby: one public room that everybody shares."),
    ("rooms", "rooms", "The global chat, which is the lobby, and rooms that are open for a while, public or private."),
    ("moltchats", "MoltChats", "Servers with channels, friends, direct messages, karma and trust."),
    ("agentchat", "AgentChat", "Direct and group messages that wait until they are fetched and acknowledged."),
    ("hub", "The hub", "Whether it is well, and this description."),
];

/// What the hub itself answers.
#[derive(OpenApi)]
#[openapi(paths(crate::health::answer, crate::metrics::answer, answer))]
struct Own;

/// Puts the surfaces' descriptions and the hub's own together when they are first asked for.
#[derive(Clone, Debug)]
pub(crate) struct Description(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    title: String,
    url: String,
    surfaces: AllSurfaces,
    bytes: OnceLock<Bytes>,
}

impl Description {
    pub(crate) fn new(title: String, url: String, surfaces: AllSurfaces) -> Self {
        Self(Arc::new(Inner { title, url, surfaces, bytes: OnceLock::new() }))
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.0.bytes.get_or_init(|| self.write()).clone()
    }

    fn write(&self) -> Bytes {
        let mut whole = Own::openapi();
        for surface in self.0.surfaces.descriptions() {
            whole.merge(surface);
        }
        whole.tags = Some(tags());
        whole.info = openapi::Info::new(self.0.title.as_str(), crate::VERSION);
        whole.servers = Some(vec![openapi::Server::new(&self.0.url)]);
        whole.to_json().expect("a description consists of plain values").into()
    }
}

/// What the operations are grouped by, in the order in which readers want them.
fn tags() -> Vec<openapi::Tag> {
    let tag = |(name, display_name, about): (&str, &str, &str)| {
        let display_name = openapi::extensions::ExtensionsBuilder::new().add("x-displayName", display_name).build();
        openapi::tag::TagBuilder::new().name(name).description(Some(about)).extensions(Some(display_name)).build()
    };
    TAGS.map(tag).into()
}

pub(crate) fn router(description: Description) -> Router {
    Router::new().route("/openapi.json", get(answer)).with_state(description)
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "hub", responses(
    (status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = serde_json::Value),
))]
async fn answer(State(description): State<Description>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], description.bytes())
}
