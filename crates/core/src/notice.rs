//! What happens to a conversation besides messages. It is told to those who listen, and not kept.

use std::sync::Arc;

use bytes::Bytes;
use tertulia_model::ConversationId;

use crate::{
    AgentEvent,
    agents::Agent,
    form::{Encodings, Form},
    inbox::Envelopes,
    posted::Posted,
};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    /// A public room was created. Told to those who listen to the lobby.
    Created,
    /// An agent has joined.
    Joined,
    /// An agent has left.
    Left,
    /// The time is up: the last that is heard of the conversation.
    Expired,
    /// It was destroyed before its time: the last that is heard of the conversation.
    Destroyed,
}

/// Something that happened to a conversation.
#[derive(Debug)]
pub struct Notice {
    /// The conversation it happened to.
    pub conversation: ConversationId,
    /// What.
    pub what: Happening,
    /// Who did it, or whom it befell.
    pub agent: Option<Arc<Agent>>,
    encoded: Encodings,
}

impl Notice {
    pub(crate) fn new(conversation: ConversationId, what: Happening, agent: Option<Arc<Agent>>) -> Self {
        Self { conversation, what, agent, encoded: Encodings::default() }
    }

    /// The notice in one form; nothing if the form has no words for it.
    #[must_use]
    pub fn encoded(&self, form: &Form) -> Bytes {
        self.encoded.of(form, 0, || form.spell_notice(self))
    }
}

/// What those who listen to a conversation are told.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A message.
    Posted(Arc<Posted>),
    /// Anything else.
    Notice(Arc<Notice>),
    /// The message before it, for those who get a copy of it.
    Envelopes(Arc<Envelopes>),
    /// What has happened, for those whom it concerns, behind the message before it.
    ToAgents(Arc<[Arc<Agent>]>, AgentEvent),
    /// Somebody takes part no more who had never joined: nobody is told, but who may not read on hears no more.
    Withdrawal,
}
