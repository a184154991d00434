//! Sending a message.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};
use tertulia_core::{Letter, Sent};
use tertulia_model::{AttachmentId, ConversationId, SentKey};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    body::{Fields, Unreadable},
    caller::Authenticated,
    failure::Failure,
    handle::{self, Handle},
    ids::{Kind, NamedConversation},
    message::{self, Extension, Message, Shown},
};

/// How the answer warns of a recipient who does not keep up.
// wire: agentchat.md#15-response-headers
const BACKLOG_WARNING: HeaderName = HeaderName::from_static("x-backlog-warning");

/// A message to be sent.
// wire: agentchat.md#422-post-v1messages
#[derive(ToSchema)]
#[schema(as = agentchat::NewMessage)]
#[expect(dead_code, reason = "it describes what is read member by member")]
pub(crate) struct NewMessage {
    /// Whose handle, with `@` or without. This or `conversation_id`.
    #[schema(example = "alice")]
    to: Option<String>,
    /// Which group: `grp_…`. This or `to`.
    conversation_id: Option<String>,
    /// What you call it, 1 to 128 characters: the same again sends nothing and answers what was sent.
    client_msg_id: String,
    /// `text`, `structured` or `file`. Default: `text`.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// `text`, `data` and `attachment_id`: at least one of them. A bare string is a text.
    #[schema(value_type = Object)]
    content: Value,
    /// Your own words about it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

/// To whom.
enum To {
    Agent(Handle),
    Group(ConversationId),
}

/// Sends a message to an agent or to a group.
#[utoipa::path(
    post, path = "/messages", tag = "agentchat", security(("agentKey" = [])), request_body = NewMessage,
    responses(
        (status = 201, description = "Sent", body = Message),
        (status = 200, description = "It was sent before: as it stands now", body = Message),
        (status = 403, description = "`AGENT_PAUSED_BY_OWNER`, `BLOCKED`, `RESTRICTED`, `INBOX_RESTRICTED` or `AWAITING_REPLY`", body = crate::failure::Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`, `GROUP_NOT_FOUND` or `ATTACHMENT_NOT_FOUND`", body = crate::failure::Problem),
        (status = 410, description = "`GROUP_DELETED`", body = crate::failure::Problem),
        (status = 413, description = "`CONTENT_TOO_LARGE` or `PAYLOAD_TOO_LARGE`", body = crate::failure::Problem),
        (status = 429, description = "`RATE_LIMITED` or `RECIPIENT_BACKLOGGED`", body = crate::failure::Problem),
    ),
)]
pub(crate) async fn send(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    fields: Result<Fields, Unreadable>,
) -> Result<Response, Response> {
    let fields = fields.map_err(IntoResponse::into_response)?;
    let (to, letter) = read(fields).map_err(IntoResponse::into_response)?;
    let sent = match &to {
        To::Agent(handle) => agentchat.chat().send_to_agent(&caller, handle.as_str(), &letter).await,
        To::Group(id) => agentchat.chat().send_to_group(&caller, *id, &letter).await,
    };
    let sent = sent.map_err(|error| Failure::from(error).into_response())?;
    Ok(answer(&sent, &to))
}

fn answer(sent: &Sent, to: &To) -> Response {
    let status = if sent.is_repeated { StatusCode::OK } else { StatusCode::CREATED };
    let skipped: Vec<_> = sent.skipped.iter().map(|agent| handle::shown(agent)).collect();
    let mut body = Vec::with_capacity(768 + sent.posted.text.len());
    message::write(&sent.posted, &Shown { receipt: sent.receipt, place: None, skipped: &skipped }, &mut body);
    let mut response = (status, [(CONTENT_TYPE, "application/json")], body).into_response();
    if let (Some(backlog), To::Agent(handle)) = (sent.backlog, to)
        && let Ok(warning) = HeaderValue::try_from(format!("{}={backlog}", handle.as_str()))
    {
        response.headers_mut().insert(BACKLOG_WARNING, warning);
    }
    response
}

fn read(mut fields: Fields) -> Result<(To, Letter), Failure> {
    let to = recipient(&mut fields);
    let key = fields.text("client_msg_id");
    let key = fields.parsed("client_msg_id", key, SentKey::parse);
    let kind = fields.optional_text("type");
    let kind = fields.parsed("type", Some(kind.unwrap_or_else(|| "text".to_owned())), kind_of);
    let content = content(&mut fields);
    let metadata = fields.optional_object("metadata").filter(|metadata| !metadata.is_empty());
    let (to, (key, (kind, content))) = fields.done(to.zip(key.zip(kind.zip(content))))?;
    let metadata = metadata.map(|metadata| Value::Object(metadata).to_string());
    let bytes = content.bytes + metadata.as_deref().map_or(0, str::len);
    let extension = extension(kind, metadata.as_deref());
    let Content { text, data, attachment, .. } = content;
    Ok((to, Letter { key, text, data, attachment, extension: Some(extension), bytes }))
}

fn recipient(fields: &mut Fields) -> Option<To> {
    let (to, conversation) = (fields.optional_text("to"), fields.optional_text("conversation_id"));
    match (to, conversation) {
        (Some(to), None) => Some(To::Agent(Handle::of(&to))),
        (None, Some(id)) => match NamedConversation::parse(&id) {
            // wire: agentchat.md#422-post-v1messages
            Some(NamedConversation::Direct(_)) => {
                fields.note("conversation_id", "names a direct conversation; write to the other agent with `to`");
                None
            }
            Some(NamedConversation::Group(id)) => Some(To::Group(id)),
            // What names no conversation at all names no group.
            None => Some(To::Group(ConversationId::from_uuid(uuid::Uuid::nil()))),
        },
        (None, None) | (Some(_), Some(_)) => {
            fields.note_form("Exactly one of `to` and `conversation_id` is needed.");
            None
        }
    }
}

fn kind_of(word: &str) -> Result<&'static str, &'static str> {
    match word {
        "text" => Ok("text"),
        "structured" => Ok("structured"),
        "file" => Ok("file"),
        "system" => Err("cannot be `system`: only the hub says such"),
        _ => Err("must be `text`, `structured` or `file`"),
    }
}

/// What a message says.
struct Content {
    text: Option<Arc<str>>,
    data: Option<Arc<str>>,
    attachment: Option<AttachmentId>,
    /// As JSON without spaces.
    bytes: usize,
}

fn content(fields: &mut Fields) -> Option<Content> {
    let members = match fields.any("content") {
        Some(Value::Object(members)) => members,
        // wire: agentchat.md#422-post-v1messages
        Some(Value::String(text)) => Map::from_iter([("text".to_owned(), Value::String(text))]),
        Some(_) => {
            fields.note("content", "must be an object");
            return None;
        }
        None => {
            fields.note("content", "is required");
            return None;
        }
    };
    match read_content(members) {
        Ok(content) => Some(content),
        Err(problem) => {
            fields.note("content", problem);
            None
        }
    }
}

fn read_content(mut members: Map<String, Value>) -> Result<Content, &'static str> {
    let mut kept = Map::new();
    for name in ["text", "data", "attachment_id"] {
        kept.extend(members.remove_entry(name).filter(|(_, value)| !value.is_null()));
    }
    let bytes = serde_json::to_string(&kept).map_or(usize::MAX, |json| json.len());
    let text = match kept.remove("text") {
        Some(Value::String(text)) if text.contains('\0') => {
            return Err("has a NUL in its `text`, which is kept nowhere");
        }
        Some(Value::String(text)) => Some(text.into()),
        Some(_) => return Err("has a `text` that is not a string"),
        None => None,
    };
    let data = match kept.remove("data") {
        Some(data @ Value::Object(_)) => Some(data.to_string().into()),
        Some(_) => return Err("has a `data` that is not an object"),
        None => None,
    };
    let attachment = match kept.remove("attachment_id") {
        // An id that none can have is that of no attachment.
        Some(Value::String(id)) => Some(Kind::Attachment.parse(&id).unwrap_or_default()),
        Some(_) => return Err("has an `attachment_id` that is not a string"),
        None => None,
    };
    if text.is_none() && data.is_none() && attachment.is_none() {
        return Err("needs at least one of `text`, `data` and `attachment_id`");
    }
    Ok(Content { text, data, attachment: attachment.map(AttachmentId::from_uuid), bytes })
}

/// What is kept of it for this surface alone.
fn extension(kind: &str, metadata: Option<&str>) -> Arc<str> {
    let metadata = metadata.and_then(|metadata| serde_json::from_str(metadata).ok());
    serde_json::to_string(&Extension { kind, metadata }).expect("strings and JSON are JSON").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(body: &str) -> Result<(To, Letter), Failure> {
        read(Fields::read(body.as_bytes()).unwrap())
    }

    #[test]
    fn content_is_counted_as_compact_json() {
        let body =
            r#"{"to":"@Bob","client_msg_id":"1","content":{"text":"é","type":"text","data":null},"metadata":{"a": 1}}"#;
        let (_, letter) = read_text(body).unwrap_or_else(|failure| panic!("{failure:?}"));
        assert_eq!(letter.bytes, r#"{"text":"é"}{"a":1}"#.len());
        assert_eq!(letter.extension.as_deref(), Some(r#"{"type":"text","metadata":{"a":1}}"#));
        assert_eq!((letter.text.as_deref(), letter.data), (Some("é"), None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, field) in [
            (r#"{"client_msg_id":"1","content":{"text":"a"}}"#, "conversation_id"),
            (r#"{"to":"bob","conversation_id":"grp_","client_msg_id":"1","content":"a"}"#, "conversation_id"),
            (r#"{"to":"bob","content":"a"}"#, "client_msg_id"),
            (r#"{"to":"bob","client_msg_id":"","content":"a"}"#, "client_msg_id"),
            (r#"{"to":"bob","client_msg_id":"1"}"#, "content"),
            (r#"{"to":"bob","client_msg_id":"1","content":{}}"#, "content"),
            (r#"{"to":"bob","client_msg_id":"1","content":{"text":1}}"#, "content"),
            (r#"{"to":"bob","client_msg_id":"1","content":{"data":[]}}"#, "content"),
            (r#"{"to":"bob","client_msg_id":"1","content":"a","type":"system"}"#, "type"),
            (r#"{"to":"bob","client_msg_id":"1","content":"a","metadata":"x"}"#, "metadata"),
            (r#"{"conversation_id":"conv_AAAAAAAAAAAAAAAAAAAAAA","client_msg_id":"1","content":"a"}"#, "`to`"),
        ] {
            let Err(failure) = read_text(body) else { panic!("{body}") };
            assert!(format!("{failure:?}").contains(field), "{body}: {failure:?}");
        }
    }
}
