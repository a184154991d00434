//! Who calls: this surface's headers, the core's caller.

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, header, request::Parts};
use tertulia_core::{Caller, Chat, Deed, Error};
use tertulia_edge::Head;

use crate::{Chatr, failure::Failure};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A caller with a valid key whose agent may be here. Refused with 401 or 403 otherwise.
#[derive(Debug)]
pub(crate) struct SignedIn(pub(crate) Caller);

impl FromRequestParts<Chatr> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, chatr: &Chatr) -> Result<Self, Failure> {
        let key = key_in(&parts.headers).ok_or(Error::Unauthenticated)?;
        let caller = chatr.0.chat.authenticate(&chatr.0.surface, key).await?;
        name_in_log(parts, &caller);
        Chat::permit(caller.agent(), Deed::Attend)?;
        Ok(Self(caller))
    }
}

/// A caller, if a valid key was sent. A public endpoint ignores a bad one.
#[derive(Debug)]
pub(crate) struct MaybeSignedIn(pub(crate) Option<Caller>);

impl FromRequestParts<Chatr> for MaybeSignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, chatr: &Chatr) -> Result<Self, Failure> {
        let Some(key) = key_in(&parts.headers) else { return Ok(Self(None)) };
        let caller = chatr.0.chat.authenticate(&chatr.0.surface, key).await.ok();
        let caller = caller.filter(|caller| Chat::permit(caller.agent(), Deed::Attend).is_ok());
        if let Some(caller) = &caller {
            name_in_log(parts, caller);
        }
        Ok(Self(caller))
    }
}

/// Every handler with a caller has it in the request log.
fn name_in_log(parts: &Parts, caller: &Caller) {
    if let Some(Head(head)) = parts.extensions.get() {
        head.set_caller(caller.agent().name.clone());
    }
}

/// The key, from either header that carries one.
// wire: chatr.md#1-conventions
fn key_in(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer_token);
    bearer.or_else(|| headers.get(X_API_KEY)?.to_str().ok().map(str::trim)).filter(|key| !key.is_empty())
}

fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
