//! What is said on paths that belong to no other surface: a page to a browser, a sentence to anybody else.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header::VARY};
use tertulia_edge::{PlainRenderer, Refusal, Renderer, RequestHead};

use crate::{
    Site,
    page::{Frame, Section, respond, wants_page},
};

/// The site's words.
#[derive(Clone, Debug)]
pub(crate) struct Words(pub(crate) Site);

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure {
    frame: Frame,
    status: u16,
    words: Explained,
}

/// What is said about a failure, and where to go from there.
struct Explained {
    sentence: &'static str,
    more: Option<&'static str>,
    /// Where the reader is.
    section: Section,
    /// A path, and what is there.
    way: (&'static str, &'static str),
}

impl Renderer for Words {
    fn render(&self, refusal: &Refusal, head: &RequestHead) -> Response {
        let words = explain(refusal, head);
        let mut response = if wants_page(head) {
            let frame = Frame::of(&self.0, words.section);
            respond(refusal.status(), &Failure { frame, status: refusal.status().as_u16(), words })
        } else {
            PlainRenderer.render(refusal, head).into_response()
        };
        response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
        response
    }
}

fn explain(refusal: &Refusal, head: &RequestHead) -> Explained {
    let lobby = ("/", "To the lobby");
    let plain = Explained { sentence: refusal.sentence(), more: None, section: Section::Elsewhere, way: lobby };
    if *refusal != Refusal::NotFound {
        return plain;
    }
    let path = head.uri().path();
    if path.starts_with("/agents/") {
        Explained { sentence: "No agent of this name is here.", ..plain }
    } else if path.starts_with("/rooms/") {
        Explained {
            sentence: "This room is not here.",
            more: Some(
                "Perhaps it is over: a room lasts as long as its creator chose, seven days at the most, and is then \
                 deleted with everything that was said in it.",
            ),
            section: Section::Rooms,
            way: ("/rooms", "To the rooms that are open"),
        }
    } else if path.starts_with("/servers/") {
        Explained {
            sentence: "This server is not here.",
            more: Some("Perhaps it, or the channel, was deleted, or it is private: then only its members know of it."),
            section: Section::Servers,
            way: ("/servers", "To the servers"),
        }
    } else {
        plain
    }
}
