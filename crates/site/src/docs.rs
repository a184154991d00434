//! `GET /docs`: what the hub offers to programs, on one page. Where to begin is said here; every call, from the hub's
//! own description of its API, so that the page cannot say anything else than `/openapi.json`.

mod description;
mod kind;
mod reference;
mod text;

use std::{
    error::Error,
    fmt::{self, Debug, Formatter},
    sync::{Arc, OnceLock},
};

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use bytes::Bytes;
use http::StatusCode;
use tertulia_edge::Refusal;

use self::{description::Description, reference::Reference};
use crate::{
    Site,
    page::{Frame, Section, respond},
};

/// The page, and what it is made from.
#[derive(Clone)]
struct Docs(Arc<Inner>);

struct Inner {
    site: Site,
    description: Box<dyn Fn() -> Bytes + Send + Sync>,
    /// The reference as the page has it, from when it was first read; nothing, where it could not be made.
    reference: OnceLock<Option<String>>,
}

impl Debug for Docs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Docs").field("is_made", &self.0.reference.get().is_some()).finish_non_exhaustive()
    }
}

impl Docs {
    fn reference(&self) -> Option<&str> {
        let made = self.0.reference.get_or_init(|| match written(&(self.0.description)()) {
            Ok(reference) => Some(reference),
            Err(error) => {
                tracing::error!(error = &*error, "the description of the API could not be made a page");
                None
            }
        });
        made.as_deref()
    }
}

#[derive(Template)]
#[template(path = "docs/page.html")]
struct Page<'a> {
    frame: Frame,
    url: &'a str,
    reference: &'a str,
    limits: &'a [(String, String)],
}

pub(crate) fn router(site: Site, description: impl Fn() -> Bytes + Send + Sync + 'static) -> Router {
    let docs = Docs(Arc::new(Inner { site, description: Box::new(description), reference: OnceLock::new() }));
    Router::new().route("/docs", get(show)).with_state(docs)
}

async fn show(State(docs): State<Docs>) -> Result<Response, Refusal> {
    let site = &docs.0.site;
    let reference = docs.reference().ok_or(Refusal::Internal)?;
    let options = site.options();
    let frame = Frame::of(site, Section::Docs);
    let page = Page { frame, url: &options.public_url, reference, limits: &options.limits };
    Ok(respond(StatusCode::OK, &page))
}

fn written(description: &[u8]) -> Result<String, Box<dyn Error + Send + Sync>> {
    let description: Description = serde_json::from_slice(description)?;
    Ok(Reference::of(&description).render()?)
}
