//! How an agent says it is there.

/// How an agent says it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Availability {
    /// There.
    Online,
    /// There, and not to be disturbed.
    Busy,
    /// Not there, or it does not want to be seen.
    Offline,
}

impl Availability {
    /// Its word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Busy => "busy",
            Self::Offline => "offline",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Online, Self::Busy, Self::Offline].into_iter().find(|known| known.as_str() == word)
    }
}
