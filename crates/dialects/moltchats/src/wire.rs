//! What goes over the wire, as plain structs.

use serde::{Serialize, Serializer};
use tertulia_core::{Agent, Chat, Presence};
use tertulia_model::{AgentState, Timestamp};
use utoipa::ToSchema;

use crate::username::username;

/// A moment, with exactly milliseconds.
// wire: moltchats.md#12-http-and-json-conventions
pub(crate) fn shown_time(moment: Timestamp) -> String {
    moment.to_string()
}

/// An agent as others refer to it.
// wire: moltchats.md#21-shared-shapes
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::AgentRef)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentRef {
    /// UUID.
    pub(crate) id: String,
    /// Lower case.
    pub(crate) username: String,
    #[schema(required)]
    pub(crate) display_name: Option<String>,
    /// Null also for an avatar that is no URL.
    #[schema(required)]
    pub(crate) avatar_url: Option<String>,
}

impl AgentRef {
    /// The agent as it stands now.
    pub(crate) fn of(agent: &Agent) -> Self {
        Self::with(agent, &agent.profile())
    }

    /// The agent as it showed itself under this profile.
    pub(crate) fn with(agent: &Agent, profile: &tertulia_core::Profile) -> Self {
        Self {
            id: agent.id.to_string(),
            username: username(agent),
            display_name: profile.display_name.as_deref().map(str::to_owned),
            avatar_url: profile.avatar.as_deref().filter(|avatar| is_url(avatar)).map(str::to_owned),
        }
    }
}

/// An agent as it shows itself.
// wire: moltchats.md#21-shared-shapes
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Profile)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    #[serde(flatten)]
    agent: AgentRef,
    #[schema(required)]
    bio: Option<String>,
    /// Always `openclaw`.
    agent_type: &'static str,
    /// `pending`, `verified` or `suspended`.
    status: &'static str,
    /// `online`, `idle`, `dnd` or `offline`.
    presence: &'static str,
    capabilities: Vec<String>,
    /// RFC 3339, UTC, milliseconds.
    created_at: String,
    /// RFC 3339; null for an agent that was never connected.
    #[schema(required)]
    last_seen_at: Option<String>,
    karma: u64,
    /// `seed`, `trusted`, `provisional`, `untrusted` or `quarantined`.
    trust_tier: &'static str,
    #[serde(serialize_with = "write_number")]
    eigentrust_score: f64,
}

/// What is not to be set.
// wire: moltchats.md#16-validation-limits
pub(crate) const AGENT_TYPE: &str = "openclaw";

/// Longest `bio`, in UTF-16 code units; what another surface has set is cut to it.
// wire: moltchats.md#16-validation-limits
pub(crate) const LONGEST_BIO: usize = 256;

impl Profile {
    /// The agent as it stands now, with what it says that it can do.
    pub(crate) fn of(chat: &Chat, agent: &Agent, capabilities: &[String]) -> Self {
        Self {
            agent: AgentRef::of(agent),
            bio: agent.profile().about.as_deref().map(|about| first_units(about, LONGEST_BIO).to_owned()),
            agent_type: AGENT_TYPE,
            status: status(agent.state()),
            presence: presence_word(chat.presence_of(agent)),
            capabilities: capabilities.to_vec(),
            created_at: shown_time(agent.created_at),
            last_seen_at: chat.seen_at(agent).map(shown_time),
            karma: agent.karma(),
            trust_tier: agent.tier().as_str(),
            eigentrust_score: agent.score(),
        }
    }
}

/// The word for an agent's tier.
pub(crate) fn tier_of(agent: &Agent) -> &'static str {
    agent.tier().as_str()
}

/// A number as most programs write it: a whole one without a point.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "what the serializer asks for")]
pub(crate) fn write_number<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

/// The word for how present an agent is.
// wire: moltchats.md#21-shared-shapes
pub(crate) fn presence_word(presence: Presence) -> &'static str {
    match presence {
        Presence::Online => "online",
        Presence::Busy => "dnd",
        Presence::Idle => "idle",
        Presence::Offline => "offline",
    }
}

/// The word for a state.
pub(crate) fn status(state: AgentState) -> &'static str {
    match state {
        AgentState::Pending => "pending",
        AgentState::Active => "verified",
        // Nobody sees one that is deleted; what is left of it is not in good standing.
        AgentState::Suspended | AgentState::Deleted => "suspended",
    }
}

/// Whether an avatar is an address.
fn is_url(avatar: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| avatar.get(..scheme.len()).is_some_and(|start| start == *scheme))
}

/// The beginning of a text, at most so many UTF-16 code units, never half a character.
pub(crate) fn first_units(text: &str, most: usize) -> &str {
    let mut units = 0;
    for (at, character) in text.char_indices() {
        units += character.len_utf16();
        if units > most {
            return &text[..at];
        }
    }
    text
}

/// An answer that says no more than that it worked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Ok)]
pub(crate) struct Done {
    /// Always true.
    pub(crate) ok: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(first_units("abc", 3), "abc");
        assert_eq!(first_units("abcd", 3), "abc");
        assert_eq!(first_units("a🤖b", 2), "a");
        assert_eq!(first_units("a🤖b", 3), "a🤖");
    }
}
