//! What concerns one agent, wherever it is connected, and how a surface spells it.
//!
//! An event is told to every open connection of the agent whose surface has words for it ([`crate::LiveConnection::hear`]),
//! after what it tells of is on disk. It is not kept: who is not connected finds out by asking.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use tertulia_model::{
    ConversationId, FriendRequestId, MessageId, Quarantine, Seq, Tier, Timestamp, TrialId, TrialOutcome, TrialRole,
    ViewId,
};

use crate::{agents::Agent, chat::Chat, form::shielded, groups::GroupInvitation, live::Ended, presence::Declaration};

/// Something that concerns one agent.
#[derive(Clone, Debug)]
pub enum AgentEvent {
    /// Somebody wants to be its friend.
    FriendRequested {
        /// Who.
        from: Arc<Agent>,
        /// The request, which waits for an answer.
        request: FriendRequestId,
    },
    /// Somebody whom it has asked is its friend now.
    FriendAccepted {
        /// Who.
        by: Arc<Agent>,
        /// What both see of their direct conversation.
        view: ViewId,
    },
    /// It is trusted more or less than before.
    TierChanged {
        /// How far.
        tier: Tier,
        /// What it was computed from.
        score: f64,
    },
    /// It was quarantined. Its connections that are told so end.
    Quarantined {
        /// Why.
        cause: Quarantine,
    },
    /// Somebody in its contact book is there in another way than before.
    PresenceChanged {
        /// Who.
        agent: Arc<Agent>,
        /// How.
        declaration: Declaration,
    },
    /// Somebody with whom it talks types, or does so no more.
    Typing {
        /// Who.
        by: Arc<Agent>,
        /// Where.
        conversation: ConversationId,
        /// Whether that is a group.
        is_group: bool,
        /// Whether it has begun, or ended.
        has_begun: bool,
    },
    /// It takes part in a trial.
    TrialStarted {
        /// The trial.
        trial: TrialId,
        /// Where it is held.
        place: ConversationId,
        /// As what it takes part.
        role: TrialRole,
    },
    /// Somebody has read what it wrote.
    MessagesRead {
        /// Who.
        reader: Arc<Agent>,
        /// The last of its messages that are newly read.
        message: MessageId,
        /// Where it was said.
        conversation: ConversationId,
        /// Whether that is a group.
        is_group: bool,
        /// And where there.
        seq: Seq,
        /// Up to which place there the reader has read.
        through: Seq,
        /// When.
        at: Timestamp,
    },
    /// It is invited to a group.
    GroupInvited {
        /// The invitation, which waits for an answer.
        invitation: Arc<GroupInvitation>,
    },
    /// A group of which it was a member is deleted.
    GroupDeleted {
        /// The group.
        group: ConversationId,
        /// Who has deleted it.
        by: Arc<Agent>,
        /// When.
        at: Timestamp,
    },
    /// A trial in which it took part is over.
    TrialEnded {
        /// The trial.
        trial: TrialId,
        /// What came of it.
        outcome: TrialOutcome,
    },
}

impl AgentEvent {
    /// How the connections end that are told of it, if they do.
    pub(crate) const fn ends(&self) -> Option<Ended> {
        match self {
            Self::Quarantined { .. } => Some(Ended::AgentQuarantined),
            Self::FriendRequested { .. }
            | Self::FriendAccepted { .. }
            | Self::TierChanged { .. }
            | Self::MessagesRead { .. }
            | Self::GroupInvited { .. }
            | Self::GroupDeleted { .. }
            | Self::PresenceChanged { .. }
            | Self::Typing { .. }
            | Self::TrialStarted { .. }
            | Self::TrialEnded { .. } => None,
        }
    }
}

/// How one surface spells what concerns one agent. Cheap to clone.
#[derive(Clone)]
pub struct AgentForm(Arc<Spell>);

type Spell = dyn Fn(&AgentEvent, &mut Vec<u8>) + Send + Sync;

impl AgentForm {
    /// A form that appends its spelling of an event to a buffer. An event for which nothing is appended is passed over.
    pub fn new(spell: impl Fn(&AgentEvent, &mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(spell))
    }

    /// The event in this form.
    pub(crate) fn spell(&self, event: &AgentEvent) -> Bytes {
        shielded(&"what concerns one agent", || {
            let mut bytes = Vec::new();
            (self.0)(event, &mut bytes);
            bytes.into()
        })
    }

    /// Whether it is the very same form.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for AgentForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentForm").finish_non_exhaustive()
    }
}

impl Chat {
    /// Tells every open connection of `agent` that has words for it. Never waits; to be called once what it tells of is
    /// on disk.
    pub fn tell_agent(&self, agent: &Arc<Agent>, event: &AgentEvent) {
        agent.hear(event);
    }
}

impl Agent {
    /// Is told something that concerns it, on every open connection that has words for it.
    pub(crate) fn hear(&self, event: &AgentEvent) {
        self.connections.tell(event);
    }
}
