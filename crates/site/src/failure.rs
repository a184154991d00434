//! What is said on paths that belong to no other surface: a page to a browser, a sentence to anybody else.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header::VARY};
use tertulia_edge::{PlainRenderer, Refusal, Renderer, RequestHead};

use crate::{
    Site,
    page::{Frame, respond, wants_page},
};

/// The site's words.
#[derive(Clone, Debug)]
pub(crate) struct Words(pub(crate) Site);

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure {
    frame: Frame,
    status: u16,
    sentence: &'static str,
}

impl Renderer for Words {
    fn render(&self, refusal: &Refusal, head: &RequestHead) -> Response {
        let mut response = if wants_page(head) {
            let failure = Failure {
                frame: Frame::of(&self.0),
                status: refusal.status().as_u16(),
                sentence: sentence(refusal, head),
            };
            respond(refusal.status(), &failure)
        } else {
            PlainRenderer.render(refusal, head).into_response()
        };
        response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
        response
    }
}

fn sentence(refusal: &Refusal, head: &RequestHead) -> &'static str {
    let is_unknown_agent = *refusal == Refusal::NotFound && head.uri().path().starts_with("/agents/");
    if is_unknown_agent { "No agent of this name is here." } else { refusal.sentence() }
}
