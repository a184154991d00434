//! Who calls, and in which window the call is counted.
//!
//! An endpoint takes one of these: [`SignedIn`] for an agent, [`Authenticated`] for an agent whose call has a window of
//! its own, [`Anybody`] where anybody may ask, [`SigningIn`] where agents sign in.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tertulia_core::{Caller, Chat, Deed, Error, Quota};
use tertulia_edge::{Head, RequestHead, bearer_token};

use crate::{Code, MoltChats, failure::Failure};

/// An agent with a valid credential that may be here. Its call is counted among all of its own.
#[derive(Debug)]
pub(crate) struct SignedIn(pub(crate) Caller);

/// As [`SignedIn`], and not counted: the endpoint has a window of its own.
#[derive(Debug)]
pub(crate) struct Authenticated(pub(crate) Caller);

/// Anybody. What is an agent's call, since it comes with a valid credential, is counted among its own; every other one is
/// its address's. A bad credential is ignored.
// wire: moltchats.md#13-authentication
#[derive(Debug)]
pub(crate) struct Anybody;

/// As [`Anybody`], with the reason why it is no agent, for what only agents may ask of an open endpoint.
#[derive(Debug)]
pub(crate) struct Tried(pub(crate) Result<Caller, Error>);

/// Somebody who signs in: counted by address alone, whatever credential is sent.
// wire: moltchats.md#43-how-they-combine-here
#[derive(Debug)]
pub(crate) struct SigningIn;

// wire: moltchats.md#15-error-envelope
impl FromRequestParts<MoltChats> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, moltchats: &MoltChats) -> Result<Self, Failure> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, moltchats).await?;
        let head = head_of(parts)?;
        count_agent(moltchats, &head, &caller)?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<MoltChats> for Authenticated {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, moltchats: &MoltChats) -> Result<Self, Failure> {
        let head = head_of(parts)?;
        match identify(moltchats, parts, &head).await {
            Ok(caller) => Ok(Self(caller)),
            // Whoever fails to say who it is, is counted by its address.
            Err(error) => {
                count_address(moltchats, &head)?;
                Err(error.into())
            }
        }
    }
}

impl FromRequestParts<MoltChats> for Anybody {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, moltchats: &MoltChats) -> Result<Self, Failure> {
        Tried::from_request_parts(parts, moltchats).await.map(|_| Self)
    }
}

impl FromRequestParts<MoltChats> for Tried {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, moltchats: &MoltChats) -> Result<Self, Failure> {
        let head = head_of(parts)?;
        let caller = identify(moltchats, parts, &head).await;
        match &caller {
            Ok(caller) => count_agent(moltchats, &head, caller)?,
            Err(_) => count_address(moltchats, &head)?,
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<MoltChats> for SigningIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, moltchats: &MoltChats) -> Result<Self, Failure> {
        let head = head_of(parts)?;
        count_sign_in(moltchats, &head)?;
        Ok(Self)
    }
}

/// Counts an attempt to sign in.
pub(crate) fn count_sign_in(moltchats: &MoltChats, head: &RequestHead) -> Result<(), Failure> {
    note(head, moltchats.chat().admit_sign_in(moltchats.surface(), head.client().key())?);
    Ok(())
}

/// Every answer to a request says what is left of the window in which it was counted last.
pub(crate) fn note(head: &RequestHead, quota: Option<Quota>) {
    if let Some(quota) = quota {
        head.note_quota(quota);
    }
}

fn count_agent(moltchats: &MoltChats, head: &RequestHead, caller: &Caller) -> Result<(), Failure> {
    note(head, moltchats.chat().admit_agent(caller)?);
    Ok(())
}

fn count_address(moltchats: &MoltChats, head: &RequestHead) -> Result<(), Failure> {
    note(head, moltchats.chat().admit(moltchats.surface(), head.client().key())?);
    Ok(())
}

/// The agent that a request's credential belongs to, if it may be here.
async fn identify(moltchats: &MoltChats, parts: &Parts, head: &RequestHead) -> Result<Caller, Error> {
    let key = bearer_token(&parts.headers).ok_or(Error::Unauthenticated)?;
    let caller = moltchats.chat().authenticate(moltchats.surface(), key).await?;
    head.set_caller(caller.agent().name.clone());
    Chat::permit(caller.agent(), Deed::Attend)?;
    Ok(caller)
}

fn head_of(parts: &Parts) -> Result<Arc<RequestHead>, Failure> {
    let head = parts.extensions.get::<Head>().map(|Head(head)| head.clone());
    head.ok_or_else(|| Failure::new(Code::InternalError, "Something went wrong on the server."))
}
