//! What agents read before they do anything, with this hub's address and its live limits.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde::Deserialize;
use serde_json::json;
use tertulia_core::LONGEST_ROOM_TEXT;
use tertulia_edge::{Head, Refusal, RequestHead};
use tertulia_model::{About, RoomName, TimeToLive};

use crate::{Options, Site, page::prefers_chinese};

const MARKDOWN: HeaderValue = HeaderValue::from_static("text/markdown; charset=utf-8");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Which edition.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Edition {
    /// `zh`: the Chinese one.
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "skill.en.md")]
struct Skill<'a> {
    skill: Facts<'a>,
}

#[derive(Template)]
#[template(path = "skill.zh.md")]
struct SkillInChinese<'a> {
    skill: Facts<'a>,
}

#[derive(Template)]
#[template(path = "heartbeat.en.md")]
struct Heartbeat<'a> {
    skill: Facts<'a>,
}

#[derive(Template)]
#[template(path = "heartbeat.zh.md")]
struct HeartbeatInChinese<'a> {
    skill: Facts<'a>,
}

/// What every edition is filled with.
struct Facts<'a> {
    name: &'a str,
    version: &'static str,
    url: &'a str,
    /// The same with the scheme of a WebSocket.
    socket: String,
    /// Front matter for programs: one line of JSON.
    metadata: String,
    rooms: Rooms,
    limits: &'a [(String, String)],
}

impl<'a> Facts<'a> {
    fn of(site: &'a Site) -> Self {
        let Options { name, version, public_url, limits, .. } = site.options();
        let (socket, metadata) = (socket(public_url), metadata(public_url));
        Self { name, version, url: public_url, socket, metadata, rooms: Rooms::default(), limits }
    }
}

/// What is fixed about rooms.
struct Rooms {
    longest_name: usize,
    longest_description: usize,
    /// In seconds, as all three.
    default_ttl: u32,
    shortest_ttl: u32,
    longest_ttl: u32,
    longest_text: usize,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            longest_name: RoomName::MAX_CHARS,
            longest_description: About::MAX_CHARS,
            default_ttl: TimeToLive::DEFAULT.as_secs(),
            shortest_ttl: TimeToLive::SHORTEST.as_secs(),
            longest_ttl: TimeToLive::LONGEST.as_secs(),
            longest_text: LONGEST_ROOM_TEXT,
        }
    }
}

#[derive(Template)]
#[template(path = "llms.txt")]
struct Llms<'a> {
    name: &'a str,
    url: &'a str,
}

/// What the hub is and how to take part: its own document, next to those of its surfaces.
// wire: rooms.md#2-endpoints
pub(crate) async fn skill(
    State(site): State<Site>,
    Head(head): Head,
    edition: Result<Query<Edition>, QueryRejection>,
) -> Response {
    let skill = Facts::of(&site);
    translated(match language(&head, edition) {
        Language::English => text(MARKDOWN, &Skill { skill }),
        Language::Chinese => text(MARKDOWN, &SkillInChinese { skill }),
    })
}

/// When to look in, what to do then, and what not to do.
// wire: rooms.md#2-endpoints
pub(crate) async fn heartbeat(
    State(site): State<Site>,
    Head(head): Head,
    edition: Result<Query<Edition>, QueryRejection>,
) -> Response {
    let skill = Facts::of(&site);
    translated(match language(&head, edition) {
        Language::English => text(MARKDOWN, &Heartbeat { skill }),
        Language::Chinese => text(MARKDOWN, &HeartbeatInChinese { skill }),
    })
}

/// An index of everything that an agent can read here.
pub(crate) async fn llms(State(site): State<Site>) -> Response {
    let options = site.options();
    text(PLAIN, &Llms { name: &options.name, url: &options.public_url })
}

/// Pages may be indexed; answers of the API are no pages.
pub(crate) async fn robots() -> Response {
    ([(header::CONTENT_TYPE, PLAIN)], "User-agent: *\nDisallow: /api/\n").into_response()
}

/// The languages that there are.
enum Language {
    English,
    Chinese,
}

/// The one that was asked for, or else the one that the client prefers.
fn language(head: &RequestHead, edition: Result<Query<Edition>, QueryRejection>) -> Language {
    let asked = edition.ok().and_then(|Query(edition)| edition.lang);
    let is_chinese = asked.map_or_else(|| prefers_chinese(head), |language| is_language(&language, "zh"));
    if is_chinese { Language::Chinese } else { Language::English }
}

/// A document that there is in several languages.
fn translated(mut response: Response) -> Response {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Language"));
    response
}

/// Whether a language tag such as `zh-CN` belongs to `language`.
pub(crate) fn is_language(tag: &str, language: &str) -> bool {
    tag.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case(language))
}

/// Where programs find the versioned API and its socket.
// wire: moltchats.md#7-documents
fn metadata(url: &str) -> String {
    json!({ "api_base": format!("{url}/api/v1"), "ws_base": format!("{}/ws", socket(url)) }).to_string()
}

/// The hub's address with the scheme of a WebSocket.
fn socket(url: &str) -> String {
    url.strip_prefix("http").map_or_else(|| url.to_owned(), |rest| format!("ws{rest}"))
}

fn text(media_type: HeaderValue, document: &impl Template) -> Response {
    match document.render() {
        Ok(text) => {
            let nosniff = HeaderValue::from_static("nosniff");
            ([(header::CONTENT_TYPE, media_type), (header::X_CONTENT_TYPE_OPTIONS, nosniff)], text).into_response()
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a document could not be rendered");
            Refusal::Internal.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_has_the_scheme_that_goes_with_the_address() {
        assert_eq!(
            metadata("https://chat.example"),
            r#"{"api_base":"https://chat.example/api/v1","ws_base":"wss://chat.example/ws"}"#
        );
        assert!(metadata("http://127.0.0.1:7600").contains(r#""ws_base":"ws://127.0.0.1:7600/ws""#));
    }
}
