//! Handing out the bytes of attachments.

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
        CONTENT_TYPE, ETAG, IF_RANGE, RANGE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    },
};
use tertulia_core::{AttachmentRecord, Error, Noun};
use tertulia_objects::{Found, Key, Part, Purpose};

use super::{check, disposition, range};
use crate::{AgentChat, Code, attachments::in_path, failure::Failure, handle::TextPath, hex::hex, params::Params};

/// Nothing of a file runs, loads or frames anything, should a browser ever show one.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");

/// `GET` and `HEAD` of an attachment, all of it or one range.
// wire: agentchat.md#102-download
pub(super) async fn attachment(
    State(agentchat): State<AgentChat>,
    path: TextPath,
    params: Params,
    asked: HeaderMap,
) -> Result<Response, Failure> {
    let id = in_path(path)?;
    check(&agentchat, Purpose::Download, id, &params)?;
    let record = agentchat.chat().uploaded(id).await?;
    let etag = etag(&record);
    let part = wanted(&asked, &etag);
    let is_part = part != Part::Whole;
    let mut headers = headers(&record, etag);
    match agentchat.files().objects.get(&Key::attachment(id), part).await {
        Ok(found) => Ok(found_response(found, is_part, headers)),
        Err(tertulia_objects::Error::OutOfRange { bytes }) => {
            headers.insert(CONTENT_RANGE, text(format!("bytes */{bytes}")));
            headers.remove(CONTENT_TYPE);
            headers.remove(CONTENT_DISPOSITION);
            let problem = "No byte of this range is there.";
            let failure = Failure::new(Code::ValidationError, problem).with_status(StatusCode::RANGE_NOT_SATISFIABLE);
            let mut response = failure.into_response();
            response.headers_mut().extend(headers);
            Ok(response)
        }
        Err(error) => Err(unreadable(&error)),
    }
}

/// `GET` and `HEAD` of a picture that the hub has made. Under its key there is never another one.
// wire: agentchat.md#104-avatar-pipeline
pub(super) async fn avatar(State(agentchat): State<AgentChat>, path: TextPath) -> Result<Response, Failure> {
    let key = path.ok().and_then(|Path(key)| Key::avatar(&key).ok()).ok_or(Error::NotFound(Noun::Avatar))?;
    let found = agentchat.files().objects.get(&key, Part::Whole).await.map_err(|error| match error {
        tertulia_objects::Error::NotFound => Error::NotFound(Noun::Avatar).into(),
        error @ (tertulia_objects::Error::OutOfRange { .. } | tertulia_objects::Error::Unavailable(_)) => {
            unreadable(&error)
        }
    })?;
    let fixed: [(HeaderName, HeaderValue); 4] = [
        (CONTENT_TYPE, HeaderValue::from_static("image/webp")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, SANDBOX),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok(found_response(found, false, fixed.into_iter().collect()))
}

/// What is said when an object cannot be read.
pub(super) fn unreadable(error: &tertulia_objects::Error) -> Failure {
    match error {
        tertulia_objects::Error::NotFound | tertulia_objects::Error::OutOfRange { .. } => {
            Error::NotFound(Noun::Attachment).into()
        }
        tertulia_objects::Error::Unavailable(_) => {
            tracing::warn!(error = error as &dyn std::error::Error, "a file could not be read");
            Error::ObjectsUnavailable.into()
        }
    }
}

fn found_response(found: Found, is_part: bool, mut headers: HeaderMap) -> Response {
    let Found { bytes, range, body, .. } = found;
    headers.insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    let status = if is_part {
        headers.insert(CONTENT_RANGE, text(format!("bytes {}-{}/{bytes}", range.start, range.end - 1)));
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    (status, headers, Body::from_stream(body)).into_response()
}

/// The part that was asked for, unless it was asked of other bytes than these.
fn wanted(asked: &HeaderMap, etag: &HeaderValue) -> Part {
    if asked.get(IF_RANGE).is_some_and(|known| known != etag) {
        return Part::Whole;
    }
    asked.get(RANGE).and_then(|range| range.to_str().ok()).and_then(range::parse).unwrap_or(Part::Whole)
}

fn headers(record: &AttachmentRecord, etag: HeaderValue) -> HeaderMap {
    let fixed: [(HeaderName, HeaderValue); 8] = [
        (CONTENT_TYPE, HeaderValue::from_static(record.media_type.as_str())),
        (CONTENT_DISPOSITION, disposition::attachment(&record.filename)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, SANDBOX),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (CACHE_CONTROL, HeaderValue::from_static("private, max-age=300")),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (ETAG, etag),
    ];
    fixed.into_iter().collect()
}

/// The beginning of the digest: what has it has the same bytes.
fn etag(record: &AttachmentRecord) -> HeaderValue {
    text(format!("\"{}\"", hex(&record.digest[..16])))
}

/// A header of digits and punctuation.
fn text(value: String) -> HeaderValue {
    HeaderValue::try_from(value).expect("visible ASCII")
}
