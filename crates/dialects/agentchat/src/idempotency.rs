//! `Idempotency-Key`: what an agent asks for once more, with the same key, is answered as before and not done again.
//!
//! A layer over the routes that take a key. It works where their handlers do, in a task that goes on though the client
//! hangs up, so that the next attempt finds the answer.

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::{FromRequest, FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_LENGTH, request::Parts};
use sha2::{Digest, Sha256};
use tertulia_core::{Answer, Attempt, Chat, Deed, Fingerprint, FirstAttempt};
use tertulia_edge::{Refusal, StreamedBody};

use crate::{
    AgentChat, Code, MOST_BODY_BYTES,
    body::{MOST_DISCARDED, Unreadable},
    caller::AuthenticatedEvenSuspended,
    failure::Failure,
    files::busy,
    refusal,
};

/// The header that carries the key.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that says of an answer that it was given before.
const REPLAY: HeaderName = HeaderName::from_static("idempotent-replay");

/// Fewest and most characters of a key.
pub(crate) const KEY_CHARS: std::ops::RangeInclusive<usize> = 8..=128;

/// Most bytes that are read here: those of a picture, the largest body of all. Whoever reads it then has a limit of its
/// own.
const MOST_READ_BYTES: u64 = tertulia_images::MAX_BYTES as u64;

/// Most bytes of a body that is kept.
const MOST_KEPT_BYTES: usize = 64 * 1024;

/// Marks an answer that tells a secret which is written down nowhere: it is not kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToldOnce;

/// Does what is asked, unless it was done before under the same key.
// wire: agentchat.md#17-idempotency
pub(crate) async fn once(State(agentchat): State<AgentChat>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    match begin(&agentchat, request).await {
        Ok((Attempt::First(attempt), request)) => {
            let answer = next.run(request).await;
            remembered(agentchat.chat(), attempt, answer).await
        }
        Ok((Attempt::Repeated(answer), _)) => replayed(&answer),
        Err(unreadable) => unreadable.into_response(),
    }
}

/// Looks the key up; the request as it was.
async fn begin(agentchat: &AgentChat, request: Request) -> Result<(Attempt, Request), Unreadable> {
    let failed = |failure: Failure| Unreadable::Failed(failure);
    let (mut parts, body) = request.into_parts();
    let authenticated = AuthenticatedEvenSuspended::from_request_parts(&mut parts, agentchat).await;
    let AuthenticatedEvenSuspended(caller) = authenticated.map_err(failed)?;
    let key = read_key(&parts.headers).map_err(failed)?;
    let body = whole_body(agentchat, &parts, body).await?;
    let attempt = agentchat.chat().answered_before(caller.agent(), key, fingerprint(&parts, &body)).await;
    let attempt = attempt.map_err(|error| failed(error.into()))?;
    if matches!(attempt, Attempt::First(_)) {
        // Only now: what is known is answered however the agent stands. This refusal is not kept.
        Chat::permit(caller.agent(), Deed::Attend).map_err(|error| failed(error.into()))?;
    }
    Ok((attempt, Request::from_parts(parts, Body::from(body))))
}

/// The one key of a request.
fn read_key(headers: &HeaderMap) -> Result<&str, Failure> {
    let mut keys = headers.get_all(KEY).iter();
    let key = keys.next().filter(|_| keys.next().is_none()).and_then(|key| key.to_str().ok());
    key.filter(|key| is_key(key)).ok_or_else(|| {
        let message = "An Idempotency-Key has 8 to 128 characters of `A-Z`, `a-z`, `0-9`, `_` and `-`.";
        Failure::new(Code::IdempotencyKeyInvalid, message)
    })
}

fn is_key(text: &str) -> bool {
    let is_of_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    KEY_CHARS.contains(&text.len()) && text.bytes().all(is_of_key)
}

async fn whole_body(agentchat: &AgentChat, parts: &Parts, body: Body) -> Result<Bytes, Unreadable> {
    // What may be as large as a picture arrives where pictures do: few at a time.
    let may_be_large = body.size_hint().upper().is_none_or(|most| most > MOST_BODY_BYTES as u64);
    let _arrival =
        if may_be_large { Some(agentchat.files().arrivals.admit_picture().map_err(|_| busy())?) } else { None };
    let body = StreamedBody::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let mut body = body.map_err(Unreadable::Refused)?;
    let whole = body.collect(MOST_READ_BYTES).await;
    if whole.is_err() {
        body.discard(MOST_DISCARDED).await;
    }
    whole.map_err(Unreadable::Refused)
}

/// Neither a method nor a path holds a space or ends a line, so that no two requests are written the same.
fn fingerprint(parts: &Parts, body: &[u8]) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), b" ", parts.uri.path().as_bytes(), b"\n", body] {
        hash.update(part);
    }
    Fingerprint(hash.finalize().into())
}

/// An answer, kept if it is one to keep.
async fn remembered(chat: &Chat, attempt: FirstAttempt, response: Response) -> Response {
    let response = refusal::in_words(response);
    if !is_kept(&response) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let body = match to_bytes(body, MOST_KEPT_BYTES).await {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "an answer could not be read back");
            return Refusal::Internal.into_response();
        }
    };
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let headers = parts.headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH).filter_map(text).collect();
    let answer = Answer { status: parts.status.as_u16(), headers, body: body.clone() };
    chat.remember_answer(attempt, &answer).await;
    Response::from_parts(parts, Body::from(body))
}

/// Faults are not kept, nor what clients send again with the same key: what came too slowly, too early, too often.
// wire: agentchat.md#18-what-the-sdk-transport-does-design-constraints
fn is_kept(response: &Response) -> bool {
    let status = response.status();
    let again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    let is_final = !status.is_server_error() && !again.contains(&status);
    let is_small = response.body().size_hint().exact().is_some_and(|size| size <= MOST_KEPT_BYTES as u64);
    is_final && is_small && response.extensions().get::<ToldOnce>().is_none()
}

fn replayed(answer: &Answer) -> Response {
    let mut response = Response::builder().status(answer.status).header(REPLAY, "true");
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body.clone())).unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a kept answer is none");
        Refusal::Internal.into_response()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, bytes: usize) -> Response {
        Response::builder().status(status).body(Body::from(vec![b'x'; bytes])).unwrap()
    }

    fn parts(method: &str, path: &str) -> Parts {
        Request::builder().method(method).uri(path).body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_key_keeps_to_its_grammar() {
        let (shortest, longest) = ("aZ09_-aZ", "k".repeat(128));
        for good in [shortest, &longest] {
            assert!(is_key(good), "{good}");
        }
        let too_long = "k".repeat(129);
        for bad in ["", "1234567", &too_long, "12345678 ", "1234.5678", "1234567é", "\"12345678\"", "12345678\n"] {
            assert!(!is_key(bad), "{bad}");
        }
    }

    #[test]
    fn a_request_has_one_key() {
        let mut headers = HeaderMap::new();
        assert!(read_key(&headers).is_err());
        headers.append(KEY, HeaderValue::from_static("key-0001"));
        assert_eq!(read_key(&headers).unwrap(), "key-0001");
        headers.append(KEY, HeaderValue::from_static("key-0001"));
        assert!(read_key(&headers).is_err());
    }

    #[test]
    fn a_fingerprint_is_of_method_path_and_body() {
        let known = fingerprint(&parts("POST", "/contacts"), b"{}");
        assert_eq!(known, fingerprint(&parts("POST", "/contacts"), b"{}"));
        for (method, path, body) in [
            ("PUT", "/contacts", b"{}".as_slice()),
            ("POST", "/contact", b"{}"),
            ("POST", "/contacts", b"{ }"),
            ("POST", "/contacts", b""),
        ] {
            assert_ne!(known, fingerprint(&parts(method, path), body), "{method} {path}");
        }
    }

    #[test]
    fn what_may_come_out_otherwise_next_time_is_not_kept() {
        for status in [200, 201, 204, 302, 400, 403, 404, 409, 410, 413, 422] {
            assert!(is_kept(&response(status, MOST_KEPT_BYTES)), "{status}");
            assert!(!is_kept(&response(status, MOST_KEPT_BYTES + 1)), "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503] {
            assert!(!is_kept(&response(status, 2)), "{status}");
        }
        let mut secret = response(200, 2);
        secret.extensions_mut().insert(ToldOnce);
        assert!(!is_kept(&secret));
    }
}
