//! What was answered.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use crate::{Error, failure};

/// A whole answer, its body no longer than the request allowed.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status, a redirect's included when redirects are not followed.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as it came: nothing is decompressed.
    pub body: Bytes,
}

impl Response {
    /// Reads the body up to `limit` bytes; beyond them the connection is dropped. Without a limit it is not read at all.
    pub(crate) async fn read(mut answer: reqwest::Response, limit: Option<usize>) -> Result<Self, Error> {
        let body = match limit {
            Some(limit) => read_body(&mut answer, limit).await?,
            None => Bytes::new(),
        };
        let headers = std::mem::take(answer.headers_mut());
        Ok(Self { status: answer.status(), headers, body })
    }
}

async fn read_body(answer: &mut reqwest::Response, limit: usize) -> Result<Bytes, Error> {
    let announced = usize::try_from(answer.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Error::TooLarge { limit });
    }
    let mut body = BytesMut::with_capacity(announced);
    while let Some(chunk) = answer.chunk().await.map_err(|error| failure::of(&error))? {
        if chunk.len() > limit - body.len() {
            return Err(Error::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
