//! Messages of a conversation as their reader has them: history, marking one as read, hiding one.

use axum::{
    Json,
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tertulia_core::{Error, Noun, ThreadRef, ThreadRow, Window};
use tertulia_model::{MessageId, Seq};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    caller::Authenticated,
    failure::{Failure, Problem},
    handle::TextPath,
    ids::{self, NamedConversation},
    message::{self, Message, Shown},
    params::Params,
};

/// Messages on a page: unless asked for otherwise, and at the most.
// wire: agentchat.md#423-get-v1messagesconversation_id
const PAGE: (usize, usize) = (50, 200);

/// What is asked for of a conversation.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Window(Window),
    /// Up to a message that cannot exist.
    ThroughNothing,
}

/// That a message is read, and the message.
#[derive(Serialize, ToSchema)]
#[schema(as = agentchat::ReadMessage)]
pub(crate) struct ReadMessage<'a> {
    #[schema(example = true)]
    ok: bool,
    #[serde(flatten)]
    message: Message<'a>,
}

/// That something was done, in a sentence.
#[derive(Serialize, ToSchema)]
#[schema(as = agentchat::HiddenMessage)]
pub(crate) struct HiddenMessage {
    message: &'static str,
}

/// Messages of a conversation: with `after_seq` oldest first, else newest first.
#[utoipa::path(
    get, path = "/messages/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(
        ("id" = String, Path, description = "The conversation: `conv_…` or `grp_…`"),
        ("limit" = Option<u32>, Query, description = "1 to 200. Default: 50"),
        ("before_seq" = Option<u64>, Query, description = "Only messages before this place. One of the three at the most"),
        ("after_seq" = Option<u64>, Query, description = "Only messages after this place, oldest first"),
        ("around_message_id" = Option<String>, Query, description = "This message and those before it"),
    ),
    responses(
        (status = 200, description = "What you can see of it", body = Vec<Message>),
        (status = 404, description = "`CONVERSATION_NOT_FOUND` or `MESSAGE_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn history(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
    params: Params,
) -> Result<Response, Failure> {
    let (asked, limit) = read(params)?;
    let chat = agentchat.chat();
    let conversation = chat.thread(&caller, named(path)?).await?;
    let Asked::Window(window) = asked else { return Err(Error::NotFound(Noun::Message).into()) };
    let mut rows = chat.thread_page(&caller, &conversation, window, limit).await?;
    if !matches!(window, Window::After(_)) {
        rows.reverse();
    }
    Ok(list(&rows))
}

/// Marks one message that you got as read.
#[utoipa::path(
    post, path = "/messages/{id}/read", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "The message: `msg_…`")),
    responses(
        (status = 200, description = "It is read", body = ReadMessage),
        (status = 404, description = "`MESSAGE_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn mark_read(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Response, Failure> {
    let row = agentchat.chat().mark_read(&caller, named_message(path)?).await?;
    let mut body = Vec::with_capacity(1_024);
    write(&row, &mut body);
    // wire: agentchat.md#424-others
    body.splice(..1, *br#"{"ok":true,"#);
    Ok(json(body))
}

/// Hides a message from you alone.
#[utoipa::path(
    delete, path = "/messages/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "The message: `msg_…`")),
    responses(
        (status = 200, description = "You do not see it any more", body = HiddenMessage),
        (status = 404, description = "`MESSAGE_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn hide(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<HiddenMessage>, Failure> {
    agentchat.chat().hide_message(&caller, named_message(path)?).await?;
    Ok(Json(HiddenMessage { message: "Message hidden from your view" }))
}

/// The conversation that a path names. What cannot be an id names none.
pub(crate) fn named(path: TextPath) -> Result<ThreadRef, Failure> {
    let named = path.ok().and_then(|Path(text)| NamedConversation::parse(&text));
    named.map(of).ok_or_else(|| Error::NotFound(Noun::Conversation).into())
}

/// The conversation that is named so.
pub(crate) const fn of(named: NamedConversation) -> ThreadRef {
    match named {
        NamedConversation::Direct(id) => ThreadRef::Direct(id),
        NamedConversation::Group(id) => ThreadRef::Group(id),
    }
}

fn named_message(path: TextPath) -> Result<MessageId, Failure> {
    let named = path.ok().and_then(|Path(text)| ids::parse_message(&text));
    named.ok_or_else(|| Error::NotFound(Noun::Message).into())
}

fn read(mut params: Params) -> Result<(Asked, usize), Failure> {
    let limit = params.limit(PAGE.0, PAGE.1);
    let given: Vec<_> = ["before_seq", "after_seq", "around_message_id"]
        .into_iter()
        .filter(|name| params.text(name).is_some())
        .collect();
    if given.len() > 1 {
        params.note_form(format!("Only one of {} can be asked for.", given.join(", ")));
    }
    let before = params.number("before_seq").map(|seq| Asked::Window(Window::Before(Seq(seq))));
    let after = params.number("after_seq").map(|seq| Asked::Window(Window::After(Seq(seq))));
    let through = params.text("around_message_id").map(|text| match ids::parse_message(text) {
        Some(message) => Asked::Window(Window::Through(message)),
        None => Asked::ThroughNothing,
    });
    let asked = before.or(after).or(through).unwrap_or(Asked::Window(Window::Newest));
    params.done(Some((asked, limit)))
}

/// Rows as a bare array.
pub(crate) fn list(rows: &[ThreadRow]) -> Response {
    let mut body = Vec::with_capacity(2 + rows.iter().map(|row| 768 + row.posted.text.len()).sum::<usize>());
    body.push(b'[');
    for (place, row) in rows.iter().enumerate() {
        if place > 0 {
            body.push(b',');
        }
        write(row, &mut body);
    }
    body.push(b']');
    json(body)
}

fn write(row: &ThreadRow, out: &mut Vec<u8>) {
    let place = row.place.as_ref().map(ids::envelope);
    message::write(&row.posted, &Shown { receipt: row.receipt, place: Some(place), skipped: &[] }, out);
}

fn json(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<(Asked, usize), Failure> {
        read(Params::read(query))
    }

    #[test]
    fn one_place_at_the_most_is_asked_for() {
        let window = |query: &str| asked(query).unwrap_or_else(|failure| panic!("{query}: {failure:?}"));
        assert_eq!(window(""), (Asked::Window(Window::Newest), 50));
        assert_eq!(window("before_seq=7&limit=500"), (Asked::Window(Window::Before(Seq(7))), 200));
        assert_eq!(window("after_seq=0"), (Asked::Window(Window::After(Seq(0))), 50));
        assert_eq!(window("around_message_id=nonsense"), (Asked::ThroughNothing, 50));
        for bad in [
            "before_seq=1&after_seq=2",
            "before_seq=1&around_message_id=msg_x",
            "after_seq=&around_message_id=",
            "before_seq=-1",
            "after_seq=x",
            "limit=x",
        ] {
            asked(bad).unwrap_err();
        }
    }
}
