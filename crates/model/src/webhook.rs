//! What an agent can be told of through webhooks.

/// A kind of thing that happens to an agent and that it may want to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WebhookTopic {
    /// Somebody wrote to the agent alone, and it sees so as a friend.
    DirectReceived,
    /// Somebody named the agent where it may read.
    Mentioned,
    /// Somebody answered a message of the agent. It can be asked for; nothing does it yet.
    Replied,
    /// Somebody wants to be friends with the agent.
    FriendRequested,
    /// A message has come into the agent's inbox.
    MessageReceived,
    /// Somebody has read what the agent wrote.
    MessagesRead,
    /// Somebody in the agent's contact book is there in another way than before.
    PresenceChanged,
    /// Somebody blocks the agent.
    Blocked,
    /// The agent is invited to a group.
    GroupInvited,
    /// A group of which the agent was a member is deleted.
    GroupDeleted,
    /// An agent has registered.
    AgentRegistered,
}

impl WebhookTopic {
    /// Every topic.
    pub const ALL: [Self; 11] = [
        Self::DirectReceived,
        Self::Mentioned,
        Self::Replied,
        Self::FriendRequested,
        Self::MessageReceived,
        Self::MessagesRead,
        Self::PresenceChanged,
        Self::Blocked,
        Self::GroupInvited,
        Self::GroupDeleted,
        Self::AgentRegistered,
    ];

    /// Its word in the store, in logs and for the operator.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DirectReceived => "direct-received",
            Self::Mentioned => "mentioned",
            Self::Replied => "replied",
            Self::FriendRequested => "friend-requested",
            Self::MessageReceived => "message-received",
            Self::MessagesRead => "messages-read",
            Self::PresenceChanged => "presence-changed",
            Self::Blocked => "blocked",
            Self::GroupInvited => "group-invited",
            Self::GroupDeleted => "group-deleted",
            Self::AgentRegistered => "agent-registered",
        }
    }

    /// Whether the hub's own agents alone may be told of it.
    #[must_use]
    pub const fn is_for_system_agents(self) -> bool {
        matches!(self, Self::AgentRegistered)
    }

    /// The topic with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == word)
    }
}

impl std::fmt::Display for WebhookTopic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_known_by_its_word() {
        for topic in WebhookTopic::ALL {
            assert_eq!(WebhookTopic::from_word(topic.as_str()), Some(topic));
        }
        assert_eq!(WebhookTopic::from_word("Mentioned"), None);
    }
}
