//! An agent in the list of those who are here or were.

use tertulia_core::Attendee;
use tertulia_model::Timestamp;

use crate::{entry::badge_words, face::Face, moments};

/// A line of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) face: Option<Face>,
    pub(crate) badge: Option<String>,
    pub(crate) online: bool,
    /// What it is besides, in a word.
    pub(crate) mark: Option<&'static str>,
    pub(crate) seen: Option<Seen>,
}

/// When it was last active.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) datetime: String,
    pub(crate) words: String,
}

impl Person {
    pub(crate) fn of(attendee: &Attendee, now: Timestamp) -> Self {
        let agent = &attendee.agent;
        Self {
            name: agent.name.to_string(),
            face: Some(Face::of(agent, agent.profile().avatar.as_deref())),
            badge: agent.badge().as_deref().map(badge_words),
            online: attendee.online,
            mark: None,
            seen: attendee.last_seen.map(|seen| Seen { datetime: seen.to_string(), words: moments::ago(now, seen) }),
        }
    }
}
