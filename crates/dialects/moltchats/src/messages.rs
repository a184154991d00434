//! `/channels/{id}/messages`: saying something, and reading what was said.

use axum::{
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::Response,
};
use bytes::BytesMut;
use http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use tertulia_core::{Before, Caller, Conversation, Error, Noun, Utterance};
use tertulia_edge::{insert_quota, json_bytes, put_array};
use tertulia_model::{ConversationId, MessageId, TextKind};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Code, MoltChats,
    body::Body,
    caller::SignedIn,
    failure::{Failure, Problem},
    message::{Message, text_kind},
    moment,
    path::parse_uuid,
};

/// Messages on a page, unless asked otherwise, and at the most.
// wire: moltchats.md#16-validation-limits
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 100;

/// Longest text, in UTF-16 code units, wherever it is said.
// wire: moltchats.md#16-validation-limits
pub(crate) const LONGEST_CONTENT: usize = tertulia_core::MOST_TEXT_UNITS;

/// What is to be said.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::PostingBody)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
#[schema(rename_all = "camelCase")]
pub(crate) struct PostingBody {
    /// 1 to 4,000 UTF-16 code units.
    #[schema(min_length = 1, max_length = 4000, example = "Hello!")]
    content: String,
    /// `text` (default) or `code`.
    content_type: Option<String>,
}

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many messages at the most; 50 unless it is a number from 1 on, and 100 if it is more.
    #[param(minimum = 1, maximum = 100, default = 50, value_type = Option<u32>)]
    limit: Option<String>,
    /// A moment (ISO 8601), or a message's id: only what was said before.
    before: Option<String>,
}

impl PageQuery {
    /// How many messages are wanted.
    // wire: moltchats.md#16-validation-limits
    pub(crate) fn limit(&self) -> usize {
        let wanted = self.limit.as_deref().and_then(whole_part).filter(|limit| *limit >= 1);
        wanted.map_or(PAGE, |limit| usize::try_from(limit).unwrap_or(LONGEST_PAGE).min(LONGEST_PAGE))
    }

    /// Before what they were said.
    // wire: moltchats.md#27-messages-and-reactions
    pub(crate) fn before(&self) -> Result<Before, Failure> {
        let Some(text) = self.before.as_deref().filter(|text| !text.is_empty()) else { return Ok(Before::Nothing) };
        if let Some(uuid) = parse_uuid(text) {
            return Ok(Before::Message(MessageId::from_uuid(uuid)));
        }
        moment::parse(text).map(Before::Moment).ok_or_else(bad_before)
    }
}

/// Says something.
#[utoipa::path(
    post, path = "/channels/{id}/messages", tag = "moltchats", security(("token" = [])), request_body = PostingBody,
    params(("id" = String, Path, description = "A channel, or the `dmChannelId` of a friend")),
    responses(
        (status = 201, description = "It was said", body = Message<'static>),
        (status = 400, description = "`VALIDATION_ERROR`, `MESSAGE_TOO_LONG`", body = Problem),
        (status = 403, description = "`NOT_DM_PARTICIPANT`, `NOT_SERVER_MEMBER`, `AGENT_QUARANTINED`", body = Problem),
        (status = 404, description = "`CHANNEL_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn post(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: Result<Path<String>, PathRejection>,
    mut body: Body,
) -> Result<Response, Failure> {
    let (content, kind) = said(&mut body)?;
    let conversation = find(&moltchats, id).await?;
    let utterance = Utterance { text: &content, kind, spares_author: false };
    let (posted, quota) = moltchats.chat().utter(&caller, &conversation, utterance).await?;
    let mut response = json_bytes(StatusCode::CREATED, posted.encoded(moltchats.json()));
    if let Some(quota) = quota {
        insert_quota(response.headers_mut(), &quota);
    }
    Ok(response)
}

/// What was said, newest first.
#[utoipa::path(
    get, path = "/channels/{id}/messages", tag = "moltchats", security(("token" = [])),
    params(PageQuery, ("id" = String, Path, description = "A channel, or the `dmChannelId` of a friend")),
    responses(
        (status = 200, description = "Newest first", body = Vec<Message<'static>>),
        (status = 400, description = "`VALIDATION_ERROR`: `before` is neither a moment nor a message", body = Problem),
        (status = 403, description = "`NOT_DM_PARTICIPANT`, `NOT_SERVER_MEMBER`", body = Problem),
        (status = 404, description = "`CHANNEL_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn list(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    page(&moltchats, Some(&caller), id, query).await
}

/// A page of what was said in the channel that a path names, as `reader` sees it.
pub(crate) async fn page(
    moltchats: &MoltChats,
    reader: Option<&Caller>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(query) = query.map_err(|_| Failure::new(Code::ValidationError, "The query cannot be read."))?;
    let before = query.before()?;
    let conversation = find(moltchats, id).await?;
    let page = moltchats.chat().page_back(&conversation, reader, before, query.limit()).await;
    let page = page.map_err(|error| {
        let is_unknown = matches!(error, Error::NotFound(Noun::Message));
        if is_unknown { bad_before() } else { error.into() }
    })?;
    let mut answer = BytesMut::with_capacity(512 * page.len());
    put_array(&mut answer, page.iter().map(|posted| posted.encoded(moltchats.json())));
    Ok(json_bytes(StatusCode::OK, answer.freeze()))
}

/// The channel that a path names.
pub(crate) async fn find(
    moltchats: &MoltChats,
    id: Result<Path<String>, PathRejection>,
) -> Result<Arc<Conversation>, Failure> {
    let missing = Error::NotFound(Noun::Channel);
    let Ok(Path(id)) = id else { return Err(missing.into()) };
    let Some(id) = parse_uuid(&id) else { return Err(missing.into()) };
    Ok(moltchats.chat().channel(ConversationId::from_uuid(id)).await?)
}

/// What a body wants to say.
fn said(body: &mut Body) -> Result<(String, TextKind), Failure> {
    let content = body.text("content")?;
    let kind = match body.optional_text("contentType")? {
        None => TextKind::Plain,
        Some(word) => text_kind(&word).ok_or_else(|| Failure::bad_field("contentType", "must be `text` or `code`"))?,
    };
    check_content(&content)?;
    Ok((content, kind))
}

/// Refuses a text that is longer than this surface takes, also where the place would take it.
// wire: moltchats.md#16-validation-limits
pub(crate) fn check_content(content: &str) -> Result<(), Failure> {
    // A text has at most as many units as bytes.
    if content.len() <= LONGEST_CONTENT {
        return Ok(());
    }
    let actual = crate::text::units(content);
    if actual > LONGEST_CONTENT {
        let message = format!("`content` has at most {LONGEST_CONTENT} UTF-16 code units, this one has {actual}.");
        return Err(Failure::new(Code::MessageTooLong, message));
    }
    Ok(())
}

fn bad_before() -> Failure {
    Failure::bad_field("before", "must be a moment such as 2026-02-12T03:24:24.123Z, or the id of a message here")
}

/// The whole number that a text begins with, as clients write it.
fn whole_part(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.char_indices().find(|(at, c)| !(c.is_ascii_digit() || *at == 0 && *c == '-')).map(|(at, _)| at);
    let digits = &text[..end.unwrap_or(text.len())];
    digits.parse().ok().or_else(|| (digits.len() > 18).then_some(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> usize {
        PageQuery { limit: Some(text.to_owned()), before: None }.limit()
    }

    #[test]
    fn a_limit_is_never_an_error() {
        for (text, wanted) in
            [("10", 10), ("100", 100), ("1000", 100), ("99999999999999999999", 100), ("7.5", 7), ("1", 1)]
        {
            assert_eq!(limit(text), wanted, "{text}");
        }
        for text in ["", "0", "-3", "many", "NaN"] {
            assert_eq!(limit(text), PAGE, "{text}");
        }
        assert_eq!(PageQuery::default().limit(), PAGE);
    }

    #[test]
    fn what_comes_before_is_named_by_a_moment_or_a_message() {
        let before = |text: &str| PageQuery { limit: None, before: Some(text.to_owned()) }.before();
        assert_eq!(before("").unwrap(), Before::Nothing);
        assert!(matches!(before("2026-02-12T03:24:24.123Z").unwrap(), Before::Moment(_)));
        assert!(matches!(before("018f3f5e-0000-7000-8000-000000000000").unwrap(), Before::Message(_)));
        before("before lunch").unwrap_err();
    }
}
