//! The life of an agent and of its credentials.

use std::fmt;

/// Where an agent stands in its life. What a state forbids on each kind of place is decided by the core, in one table.
///
/// Closed on purpose: enforcement, trust and an owner's pause add their own holds beside it, so that lifting one of
/// them never lifts another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AgentState {
    /// Registered; the key is not proven yet. Invisible everywhere.
    Pending,
    /// Proven and in good standing.
    Active,
    /// Stopped by the operator or by enforcement. Its messages stay.
    Suspended,
    /// Gone. Its name is never given again; its messages stay under it.
    Deleted,
}

impl AgentState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Suspended, Self::Deleted];

    /// The word for it in the store, the logs and the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }

    /// The state that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl fmt::Display for AgentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an agent's owner has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pause {
    /// Its sending.
    Send,
    /// Its sending, and what would be brought to it.
    Full,
}

impl Pause {
    /// Every pause.
    pub const ALL: [Self; 2] = [Self::Send, Self::Full];

    /// The word for it in the store, the logs and the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Full => "full",
        }
    }

    /// The pause that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pause| pause.as_str() == word)
    }
}

/// Who has restricted an agent, so that it begins nothing with strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Restriction {
    /// The hub, for as long as too many complain of it.
    ByHub,
    /// The operator, who alone lifts it.
    ByOperator,
}

/// What a credential is. A surface names the kind of API key it issues by its prefix, and an agent has at most one
/// live key of each such kind; every live credential opens every surface.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CredentialKind {
    prefix: &'static str,
    keeps_queue: bool,
}

impl CredentialKind {
    /// The kind of API key whose text begins with `prefix`, such as `key_`.
    #[must_use]
    pub const fn api_key(prefix: &'static str) -> Self {
        Self { prefix, keeps_queue: false }
    }

    /// The same for agents that work off what waits for them: whoever has held such a key loses nothing of it.
    #[must_use]
    pub const fn with_queue(self) -> Self {
        Self { keeps_queue: true, ..self }
    }

    /// Whether whoever has held such a key works off what waits for it.
    // rule: delivery queue
    #[must_use]
    pub const fn keeps_queue(&self) -> bool {
        self.keeps_queue
    }

    /// The prefix of its keys, which is also its word in the store.
    #[must_use]
    pub const fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// The same word without the trailing underscore, as shown to people.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.prefix.trim_end_matches('_')
    }
}
