//! Who calls: a key from the headers of a request, the core's caller.

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, header, request::Parts};
use tertulia_core::{Caller, Chat, Deed, Error};
use tertulia_edge::{Head, bearer_token};

use crate::{ApiState, Refused};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A caller with a valid key whose agent may be here. Refused with 401 or 403 otherwise.
#[derive(Debug)]
pub struct SignedIn(pub Caller);

impl<S: ApiState> FromRequestParts<S> for SignedIn {
    type Rejection = Refused<S>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused<S>> {
        let key = key_in(&parts.headers).ok_or(Error::Unauthenticated)?;
        let caller = state.chat().authenticate(state.surface(), key).await?;
        // The log names also those who may not be here.
        name_in_log(parts, &caller);
        Chat::permit(caller.agent(), Deed::Attend)?;
        Ok(Self(caller))
    }
}

/// A caller, if a valid key was sent. A public endpoint ignores a bad one.
#[derive(Debug)]
pub struct MaybeSignedIn(pub Option<Caller>);

impl<S: ApiState> FromRequestParts<S> for MaybeSignedIn {
    type Rejection = Refused<S>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused<S>> {
        let Some(key) = key_in(&parts.headers) else { return Ok(Self(None)) };
        let caller = sign_in(state, key).await.ok();
        if let Some(caller) = &caller {
            name_in_log(parts, caller);
        }
        Ok(Self(caller))
    }
}

/// A caller, or nobody when no key was sent. One that is sent must be valid: 401 or 403 otherwise, also for a header
/// that holds no key where one is expected.
// wire: rooms.md#3-rules
#[derive(Debug)]
pub struct OptionallySignedIn(pub Option<Caller>);

impl<S: ApiState> FromRequestParts<S> for OptionallySignedIn {
    type Rejection = Refused<S>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused<S>> {
        let has_sent = [header::AUTHORIZATION, X_API_KEY].iter().any(|name| parts.headers.contains_key(name));
        if !has_sent {
            return Ok(Self(None));
        }
        let SignedIn(caller) = SignedIn::from_request_parts(parts, state).await?;
        Ok(Self(Some(caller)))
    }
}

/// The caller that `key` belongs to, if its agent may be here. For a key that came another way than in a header.
///
/// # Errors
///
/// [`Error::Unauthenticated`], [`Error::Suspended`]; [`Error::Store`].
pub async fn sign_in(state: &impl ApiState, key: &str) -> Result<Caller, Error> {
    let caller = state.chat().authenticate(state.surface(), key).await?;
    Chat::permit(caller.agent(), Deed::Attend)?;
    Ok(caller)
}

/// The key, from either header that carries one.
// wire: chatr.md#1-conventions
#[must_use]
pub fn key_in(headers: &HeaderMap) -> Option<&str> {
    let in_own_header = || headers.get(X_API_KEY)?.to_str().ok().map(str::trim).filter(|key| !key.is_empty());
    bearer_token(headers).or_else(in_own_header)
}

/// Every handler with a caller has it in the request log.
fn name_in_log(parts: &Parts, caller: &Caller) {
    if let Some(Head(head)) = parts.extensions.get() {
        head.set_caller(caller.agent().name.clone());
    }
}
