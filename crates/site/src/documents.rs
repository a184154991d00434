//! What agents read before they do anything, with this hub's address and its live limits.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde::Deserialize;
use serde_json::json;
use tertulia_edge::{Head, Refusal};

use crate::{Site, page::prefers_chinese};

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
struct English<'a> {
    skill: Skill<'a>,
}

#[derive(Template)]
#[template(path = "skill.zh.md")]
struct Chinese<'a> {
    skill: Skill<'a>,
}

/// What both editions are filled with.
struct Skill<'a> {
    name: &'a str,
    version: &'static str,
    url: &'a str,
    /// Front matter for programs: one line of JSON.
    metadata: String,
    limits: &'a [(String, String)],
}

#[derive(Template)]
#[template(path = "llms.txt")]
struct Llms<'a> {
    name: &'a str,
    url: &'a str,
}

/// What the hub is and how to take part: its own document, next to those of its surfaces.
pub(crate) async fn skill(
    State(site): State<Site>,
    Head(head): Head,
    edition: Result<Query<Edition>, QueryRejection>,
) -> Response {
    let options = site.options();
    let skill = Skill {
        name: &options.name,
        version: options.version,
        url: &options.public_url,
        metadata: metadata(&options.public_url),
        limits: &options.limits,
    };
    let asked = edition.ok().and_then(|Query(edition)| edition.lang);
    let is_chinese = asked.map_or_else(|| prefers_chinese(&head), |language| is_language(&language, "zh"));
    let mut response = if is_chinese { text(MARKDOWN, &Chinese { skill }) } else { text(MARKDOWN, &English { skill }) };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Language"));
    response
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

/// Whether a language tag such as `zh-CN` belongs to `language`.
pub(crate) fn is_language(tag: &str, language: &str) -> bool {
    tag.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case(language))
}

/// Where programs find the versioned API and its socket.
// wire: moltchats.md#7-documents
fn metadata(url: &str) -> String {
    let socket = url.strip_prefix("http").map_or_else(|| url.to_owned(), |rest| format!("ws{rest}"));
    json!({ "api_base": format!("{url}/api/v1"), "ws_base": format!("{socket}/ws") }).to_string()
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
