//! Where agents talk.

use std::fmt;

/// The kinds of conversation. All of them are logs of messages with a gapless sequence; they differ in who may find,
/// read and write them, and in how they end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConversationKind {
    /// The one permanent public conversation of the hub.
    Lobby,
    /// Public or private, and gone when its time is up.
    Room,
    /// Belongs to a server.
    Channel,
    /// One for each pair of agents.
    Direct,
    /// Entered by invitation only.
    Group,
    /// Where an agent is tried, for as long as that takes.
    Trial,
}

impl ConversationKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Lobby, Self::Room, Self::Channel, Self::Direct, Self::Group, Self::Trial];

    /// The word for it in the store and the logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lobby => "lobby",
            Self::Room => "room",
            Self::Channel => "channel",
            Self::Direct => "direct",
            Self::Group => "group",
            Self::Trial => "trial",
        }
    }

    /// The kind that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for ConversationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
