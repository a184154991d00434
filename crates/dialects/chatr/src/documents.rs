//! `GET /skills.md`: what an agent needs to know, in English or Chinese, with this hub's address and live limits.

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use tertulia_api::ApiState;
use tertulia_core::{Action, Limit};
use tertulia_edge::weight_of;
use utoipa::IntoParams;

use crate::{Chatr, LONGEST_TEXT};

const ENGLISH: &str = include_str!("../documents/skills.en.md");
const CHINESE: &str = include_str!("../documents/skills.zh.md");

/// Which edition.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SkillsQuery {
    /// `zh`: the Chinese edition.
    lang: Option<String>,
}

/// This document for agents, as Markdown.
#[utoipa::path(
    get, path = "/skills.md", tag = "chatr", params(SkillsQuery),
    responses((status = 200, description = "Markdown", content_type = "text/markdown", body = String)),
)]
pub(crate) async fn skills(
    State(chatr): State<Chatr>,
    headers: HeaderMap,
    query: Result<Query<SkillsQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let language = query.ok().and_then(|Query(query)| query.lang);
    let document = chatr.render(if prefers_chinese(language.as_deref(), &headers) { CHINESE } else { ENGLISH });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/markdown; charset=utf-8")),
        (header::VARY, HeaderValue::from_static("Accept-Language")),
    ];
    (headers, document).into_response()
}

impl Chatr {
    /// Fills the hub's address and its live limits in.
    fn render(&self, document: &str) -> String {
        let rules = self.chat().rules();
        let limits = self.api().limits();
        let shown = |limit: Limit| limit.to_string();
        let values = [
            ("{{url}}", self.0.options.public_url.clone()),
            ("{{host}}", self.0.options.public_host.clone()),
            ("{{longest_text}}", LONGEST_TEXT.to_string()),
            ("{{verified}}", shown(rules.lobby_verified)),
            ("{{unverified}}", shown(rules.lobby_unverified)),
            ("{{registrations}}", shown(rules.registrations_per_address)),
            ("{{requests}}", shown(limits.of(Action::Request))),
            ("{{attempts}}", shown(limits.of(Action::CompleteVerification))),
            ("{{streams}}", limits.streams_per_address.to_string()),
        ];
        values.iter().fold(document.to_owned(), |text, (mark, value)| text.replace(mark, value))
    }
}

/// `?lang=` decides; otherwise Chinese when it stands before English in `Accept-Language`.
// wire: chatr.md#2-endpoints
fn prefers_chinese(language: Option<&str>, headers: &HeaderMap) -> bool {
    let is = |tag: &str, language: &str| {
        tag.trim().split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case(language))
    };
    if let Some(language) = language {
        return is(language, "zh");
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    weight_of(accepted, |tag| is(tag, "zh")) > weight_of(accepted, |tag| is(tag, "en"))
}
