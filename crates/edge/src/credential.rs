//! The credential in a request's headers, as most surfaces expect it.

use http::{HeaderMap, header};

/// The token of `Authorization: Bearer <token>`, the scheme in any case; nothing for an empty one.
#[must_use]
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
