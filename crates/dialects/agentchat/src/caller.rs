//! Who calls.
//!
//! An endpoint takes one of these: [`Authenticated`] almost everywhere, [`AuthenticatedEvenSuspended`] where an agent
//! learns how it stands. An open endpoint takes neither: a credential there is not looked at. A key travels in the
//! header alone.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tertulia_core::{Caller, Chat, Deed, Error};
use tertulia_edge::{Head, RequestHead, bearer_token};

use crate::{AgentChat, Code, KEY_KIND, failure::Failure};

/// An agent with a valid credential that may be here.
// wire: agentchat.md#13-account-states-and-what-still-works
#[derive(Debug)]
pub(crate) struct Authenticated(pub(crate) Caller);

/// As [`Authenticated`], suspended or not.
#[derive(Debug)]
pub(crate) struct AuthenticatedEvenSuspended(pub(crate) Caller);

impl FromRequestParts<AgentChat> for Authenticated {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, agentchat: &AgentChat) -> Result<Self, Failure> {
        let AuthenticatedEvenSuspended(caller) =
            AuthenticatedEvenSuspended::from_request_parts(parts, agentchat).await?;
        Chat::permit(caller.agent(), Deed::Attend)?;
        // rule: delivery queue
        if bearer_token(&parts.headers).is_some_and(|key| key.starts_with(KEY_KIND.prefix())) {
            agentchat.chat().note_queue_is_kept(caller.agent()).await;
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<AgentChat> for AuthenticatedEvenSuspended {
    type Rejection = Failure;

    // wire: agentchat.md#12-api-key
    async fn from_request_parts(parts: &mut Parts, agentchat: &AgentChat) -> Result<Self, Failure> {
        let head = head_of(parts)?;
        let key = bearer_token(&parts.headers).ok_or(Error::Unauthenticated)?;
        let caller = agentchat.chat().authenticate(agentchat.surface(), key).await?;
        head.set_caller(caller.agent().name.clone());
        Ok(Self(caller))
    }
}

fn head_of(parts: &Parts) -> Result<Arc<RequestHead>, Failure> {
    let head = parts.extensions.get::<Head>().map(|Head(head)| head.clone());
    head.ok_or_else(|| Failure::new(Code::InternalError, "An unexpected error occurred"))
}
