//! `/uploads` and `/attachments/…`: announcing a file that a message is to refer to, and fetching one.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, LOCATION},
};
use serde::Serialize;
use tertulia_core::{Error, Noun, UploadPlan, UploadTarget};
use tertulia_model::{AttachmentId, ConversationId, MediaType};
use tertulia_objects::{MAX_BYTES, Purpose};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    body::Fields,
    caller::Authenticated,
    failure::{Failure, Problem},
    files::{self, UPLOAD_FOR},
    handle::{Handle, TextPath},
    ids::{self, Kind, NamedConversation, PublicId},
};

/// A file that is announced.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::Upload)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct UploadBody {
    /// The agent that it is for; or `conversation_id`.
    to: Option<String>,
    /// The group that it is for; or `to`.
    conversation_id: Option<String>,
    #[schema(min_length = 1, max_length = 255)]
    filename: String,
    /// One of the types that are taken.
    #[schema(example = "image/png")]
    content_type: String,
    #[schema(minimum = 1, maximum = 26_214_400)]
    size: u64,
    /// In lower-case hex.
    sha256: String,
}

/// Where the bytes go.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::UploadAddress)]
pub(crate) struct UploadAddress {
    /// What a message calls it.
    #[schema(value_type = String, example = "att_AAAAAAAAAAAAAAAAAAAAAA")]
    attachment_id: PublicId,
    /// `PUT` the bytes there, without a key.
    upload_url: String,
    /// Seconds.
    #[schema(example = 7200)]
    expires_in: u64,
}

/// Announce a file that a message is to refer to; then `PUT` its bytes to the address that comes back.
// wire: agentchat.md#49-uploads-and-attachments
#[utoipa::path(
    post, path = "/uploads", tag = "agentchat", security(("agentKey" = [])), request_body = UploadBody,
    responses(
        (status = 201, description = "Where the bytes go", body = UploadAddress),
        (status = 400, description = "`VALIDATION_ERROR`: also yourself", body = Problem),
        (status = 403, description = "`BLOCKED`", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`, `GROUP_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
        (status = 429, description = "`RATE_LIMITED`: too many, or too many bytes, in a day", body = Problem),
    ),
)]
pub(crate) async fn announce(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    fields: Fields,
) -> Result<(StatusCode, Json<UploadAddress>), Failure> {
    let plan = read(fields)?;
    let id = agentchat.chat().announce_upload(&caller, &plan).await?;
    let upload_url = files::address(&agentchat, Purpose::Upload, id);
    let address = UploadAddress { attachment_id: ids::attachment(id), upload_url, expires_in: UPLOAD_FOR.as_secs() };
    Ok((StatusCode::CREATED, Json(address)))
}

/// Where a file is fetched, without a key, within five minutes.
// wire: agentchat.md#102-download
#[utoipa::path(
    get, path = "/attachments/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "As in a message's `attachment_id`")),
    responses(
        (status = 302, description = "`Location`: where it is"),
        (status = 404, description = "`NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn fetch(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Response, Failure> {
    let id = in_path(path)?;
    agentchat.chat().attachment_for(&caller, id).await?;
    let location = HeaderValue::try_from(files::address(&agentchat, Purpose::Download, id));
    let location = location.map_err(|_| Failure::bad_form("This hub's public URL cannot stand in a header."))?;
    let headers = [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// The attachment that a path names.
pub(crate) fn in_path(path: TextPath) -> Result<AttachmentId, Failure> {
    let id = path.ok().and_then(|Path(id)| Kind::Attachment.parse(&id));
    id.map(AttachmentId::from_uuid).ok_or_else(|| Error::NotFound(Noun::Attachment).into())
}

fn read(mut fields: Fields) -> Result<UploadPlan, Failure> {
    let to = target(&mut fields);
    let filename = fields.text_of("filename", 1..=255);
    let filename = fields.parsed("filename", filename, filename_of);
    let media_type = fields.text("content_type");
    let media_type = fields.parsed("content_type", media_type, |text| text.parse::<MediaType>().map_err(|_| TYPES));
    let bytes = size(&mut fields);
    let digest = fields.text("sha256");
    let digest = fields.parsed("sha256", digest, |text| hex(text).ok_or("must be 64 lower-case hexadecimal digits"));
    let wanted = to.zip(filename).zip(media_type.zip(bytes)).zip(digest);
    let (((to, filename), (media_type, bytes)), digest) = fields.done(wanted)?;
    Ok(UploadPlan { to, filename, media_type, bytes, digest })
}

/// What is said of types that are not taken.
const TYPES: &str = "must be one of image/png, image/jpeg, image/gif, image/webp, application/pdf, application/json, \
                     text/plain, text/markdown, text/csv, audio/mpeg, audio/wav, audio/ogg, video/mp4, video/webm";

fn target(fields: &mut Fields) -> Option<UploadTarget> {
    let (to, group) = (fields.optional_text("to"), fields.optional_text("conversation_id"));
    match (to, group) {
        (Some(to), None) => Some(UploadTarget::Agent(Handle::of(&to).as_str().to_owned())),
        (None, Some(id)) => match NamedConversation::parse(&id) {
            Some(NamedConversation::Direct(_)) => {
                fields.note("conversation_id", "names a direct conversation; name the other agent with `to`");
                None
            }
            Some(NamedConversation::Group(id)) => Some(UploadTarget::Group(id)),
            // What names no conversation at all names no group.
            None => Some(UploadTarget::Group(ConversationId::from_uuid(uuid::Uuid::nil()))),
        },
        (None, None) | (Some(_), Some(_)) => {
            fields.note_form("Exactly one of `to` and `conversation_id` is needed.");
            None
        }
    }
}

fn filename_of(text: &str) -> Result<std::sync::Arc<str>, &'static str> {
    if text.chars().any(char::is_control) { Err("cannot hold control characters") } else { Ok(text.into()) }
}

fn size(fields: &mut Fields) -> Option<u64> {
    let size = fields.optional_number("size");
    match size {
        Some(1..=MAX_BYTES) => size,
        Some(_) => {
            fields.note("size", format!("must be 1 to {MAX_BYTES}"));
            None
        }
        None => {
            fields.note("size", "is required, as a whole number");
            None
        }
    }
}

fn hex(text: &str) -> Option<[u8; 32]> {
    let is_lower_hex = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_lower_hex {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(body: &str) -> Result<UploadPlan, Failure> {
        read(Fields::read(body.as_bytes()).unwrap())
    }

    fn body(change: (&str, &str)) -> String {
        let digest = format!("\"{}\"", "0a".repeat(32));
        let members = [
            ("to", "\"@Bob\""),
            ("filename", "\"a.txt\""),
            ("content_type", "\"text/plain\""),
            ("size", "26214400"),
            ("sha256", digest.as_str()),
        ];
        let members = members.map(|member| if member.0 == change.0 { change } else { member });
        format!("{{{}}}", members.map(|(name, value)| format!("\"{name}\":{value}")).join(","))
    }

    #[test]
    fn an_announcement_is_read() {
        let plan = read_text(&body(("", ""))).unwrap();
        assert_eq!(plan.to, UploadTarget::Agent("bob".to_owned()));
        assert_eq!((plan.media_type, plan.bytes, plan.digest), (MediaType::PlainText, MAX_BYTES, [10; 32]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let (long, upper) = (format!("\"{}\"", "x".repeat(256)), format!("\"{}\"", "0A".repeat(32)));
        for change in [
            ("filename", "\"\""),
            ("filename", long.as_str()),
            ("filename", "\"a\\r\\nb\""),
            ("filename", "null"),
            ("content_type", "\"application/octet-stream\""),
            ("content_type", "\"text/html\""),
            ("content_type", "\"image/svg+xml\""),
            ("size", "0"),
            ("size", "26214401"),
            ("size", "\"1\""),
            ("size", "null"),
            ("sha256", upper.as_str()),
            ("sha256", "\"00\""),
        ] {
            let failure = read_text(&body(change)).unwrap_err();
            assert!(format!("{failure:?}").contains(change.0), "{change:?}: {failure:?}");
        }
    }
}
