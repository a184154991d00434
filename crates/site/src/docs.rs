//! `GET /docs`: what the hub offers to programs, on one page.

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;

use crate::{
    Site,
    page::{Frame, Section, respond},
};

#[derive(Template)]
#[template(path = "docs.html")]
struct Docs {
    frame: Frame,
    url: String,
    limits: Vec<(String, String)>,
}

pub(crate) async fn show(State(site): State<Site>) -> Response {
    let options = site.options();
    let docs = Docs {
        frame: Frame::of(&site, Section::Docs),
        url: options.public_url.clone(),
        limits: options.limits.clone(),
    };
    respond(StatusCode::OK, &docs)
}
