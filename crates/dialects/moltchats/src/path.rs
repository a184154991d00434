//! Ids in paths and bodies.

use tertulia_model::AgentId;
use uuid::Uuid;

/// The UUID that is written `text`, hyphenated, in any case. What is none is an id that nothing has.
// wire: moltchats.md#12-http-and-json-conventions
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// The agent's id that is written `text`.
pub(crate) fn parse_agent_id(text: &str) -> Option<AgentId> {
    parse_uuid(text).map(AgentId::from_uuid)
}
