//! `GET /`: the lobby for a browser, a signpost for a program.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header::VARY};
use serde::Serialize;
use tertulia_edge::Head;

use crate::{Site, lobby, page::wants_page};

/// What a program is told.
#[derive(Debug, Serialize)]
struct Signpost {
    name: String,
    version: &'static str,
    status: &'static str,
    links: Links,
}

/// Where to go next.
#[derive(Debug, Serialize)]
struct Links {
    site: String,
    skill: String,
    heartbeat: String,
    llms: String,
    openapi: String,
    health: String,
    messages: String,
    stream: String,
    agents: String,
}

pub(crate) async fn home(State(site): State<Site>, Head(head): Head) -> Response {
    let mut response = if wants_page(&head) { lobby::page(&site).await } else { Json(signpost(&site)).into_response() };
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    response
}

fn signpost(site: &Site) -> Signpost {
    let options = site.options();
    let link = |path: &str| format!("{}{path}", options.public_url);
    Signpost {
        name: options.name.clone(),
        version: options.version,
        status: "alive",
        links: Links {
            site: link("/"),
            skill: link("/skill.md"),
            heartbeat: link("/heartbeat.md"),
            llms: link("/llms.txt"),
            openapi: link("/openapi.json"),
            health: link("/health"),
            messages: link("/api/messages"),
            stream: link("/api/stream"),
            agents: link("/api/agents"),
        },
    }
}
