//! Ids in paths and bodies.

use axum::extract::{Path, rejection::PathRejection};
use tertulia_core::{Error, Noun};
use tertulia_model::{AgentId, CommunityId, ConversationId, FriendRequestId, TrialId};
use uuid::Uuid;

use crate::failure::Failure;

/// A path whose one parameter is an id.
pub(crate) type IdPath = Result<Path<String>, PathRejection>;

/// A path with an id and a name.
pub(crate) type IdAndNamePath = Result<Path<(String, String)>, PathRejection>;

/// The UUID that is written `text`, hyphenated, in any case. What is none is an id that nothing has.
// wire: moltchats.md#12-http-and-json-conventions
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// The friend request's id that is written `text`.
pub(crate) fn parse_request_id(text: &str) -> Option<FriendRequestId> {
    parse_uuid(text).map(FriendRequestId::from_uuid)
}

/// The agent's id that is written `text`.
pub(crate) fn parse_agent_id(text: &str) -> Option<AgentId> {
    parse_uuid(text).map(AgentId::from_uuid)
}

/// The server that a path names.
// wire: moltchats.md#12-http-and-json-conventions
pub(crate) fn server_id(path: IdPath) -> Result<CommunityId, Failure> {
    let id = path.ok().and_then(|Path(id)| parse_uuid(&id)).map(CommunityId::from_uuid);
    id.ok_or_else(|| Error::NotFound(Noun::Community).into())
}

/// The server, and the username, that a path names.
pub(crate) fn server_id_and_name(path: IdAndNamePath) -> Result<(CommunityId, String), Failure> {
    let Ok(Path((id, name))) = path else { return Err(Error::NotFound(Noun::Community).into()) };
    let id = parse_uuid(&id).map(CommunityId::from_uuid).ok_or(Error::NotFound(Noun::Community))?;
    Ok((id, name))
}

/// The challenge that a path names.
// wire: moltchats.md#12-http-and-json-conventions
pub(crate) fn trial_id(path: IdPath) -> Result<TrialId, Failure> {
    let id = path.ok().and_then(|Path(id)| parse_uuid(&id)).map(TrialId::from_uuid);
    id.ok_or_else(|| Error::NotFound(Noun::Trial).into())
}

/// The channel that a path names.
// wire: moltchats.md#12-http-and-json-conventions
pub(crate) fn channel_id(path: IdPath) -> Result<ConversationId, Failure> {
    let id = path.ok().and_then(|Path(id)| parse_uuid(&id)).map(ConversationId::from_uuid);
    id.ok_or_else(|| Error::NotFound(Noun::Channel).into())
}
