//! Rooms: conversations with a name and a time to live.

use std::{fmt, sync::Arc, time::Duration};

use crate::text::turns_direction;

/// Name of a room: 1 to 64 Unicode scalar values, no control characters, white space around it and what turns the
/// direction of writing taken away. Not unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomName(Arc<str>);

impl RoomName {
    /// Longest, in Unicode scalar values.
    pub const MAX_CHARS: usize = 64;

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// Names the broken rule.
    // rule: rooms
    pub fn parse(text: &str) -> Result<Self, BadRoomName> {
        let plain: String = text.chars().filter(|c| !turns_direction(*c)).collect();
        let text = plain.trim();
        if text.is_empty() {
            return Err(BadRoomName::Empty);
        }
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            return Err(BadRoomName::Control(control));
        }
        let actual = text.chars().count();
        if actual > Self::MAX_CHARS {
            return Err(BadRoomName::TooLong { actual });
        }
        Ok(Self(text.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<RoomName> for Arc<str> {
    fn from(name: RoomName) -> Self {
        name.0
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not the name of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRoomName {
    /// Nothing but white space.
    #[error("a room needs a name of at least 1 character besides white space")]
    Empty,
    /// Too many characters.
    #[error("a room's name has at most {max} characters, this one has {actual}", max = RoomName::MAX_CHARS)]
    TooLong {
        /// Characters found, after trimming.
        actual: usize,
    },
    /// A control character.
    #[error("a room's name has no control characters, this one has U+{:04X}", u32::from(*.0))]
    Control(char),
}

/// How long a room lives, counted from its creation: whole seconds from a minute to seven days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeToLive(u32);

impl TimeToLive {
    /// Unless asked otherwise: ten minutes.
    pub const DEFAULT: Self = Self(600);
    /// A minute.
    pub const SHORTEST: Self = Self(60);
    /// Seven days.
    pub const LONGEST: Self = Self(604_800);

    /// So many seconds, if that is neither too short nor too long.
    #[must_use]
    // rule: rooms
    pub fn from_secs(secs: i64) -> Option<Self> {
        let secs = Self(u32::try_from(secs).ok()?);
        (Self::SHORTEST..=Self::LONGEST).contains(&secs).then_some(secs)
    }

    /// In seconds.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }

    /// As a length of time.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl Default for TimeToLive {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Who may know what is said in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Everybody reads, every agent may write.
    Public,
    /// For its participants; others know that it is there, and nothing of what is said.
    Private,
}

impl Visibility {
    /// The word for it, in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }

    /// The one that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Public, Self::Private].into_iter().find(|visibility| visibility.as_str() == word)
    }
}

/// How an agent stands to a conversation that has participants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Asked in, and not there yet.
    Invited,
    /// There.
    Joined,
}

impl Standing {
    /// The word for it in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Joined => "joined",
        }
    }

    /// The one that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Invited, Self::Joined].into_iter().find(|standing| standing.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_counted_in_characters_after_trimming() {
        assert_eq!(RoomName::parse(" \u{1f99e} den\n").unwrap().as_str(), "\u{1f99e} den");
        RoomName::parse(&"\u{e9}".repeat(64)).unwrap();
        assert_eq!(RoomName::parse(&"x".repeat(65)), Err(BadRoomName::TooLong { actual: 65 }));
        assert_eq!(RoomName::parse(" \t "), Err(BadRoomName::Empty));
        assert_eq!(RoomName::parse("\u{202e}evil\u{202c}").unwrap().as_str(), "evil");
        assert_eq!(RoomName::parse("\u{2066} "), Err(BadRoomName::Empty));
        assert_eq!(RoomName::parse("a\u{7}b"), Err(BadRoomName::Control('\u{7}')));
    }

    proptest::proptest! {
        #[test]
        fn a_time_to_live_is_from_a_minute_to_seven_days(secs: i64) {
            let expected = (60..=604_800).contains(&secs).then_some(secs);
            let read = TimeToLive::from_secs(secs).map(|ttl| i64::from(ttl.as_secs()));
            proptest::prop_assert_eq!(read, expected);
        }
    }

    #[test]
    fn the_bounds_of_a_time_to_live_belong_to_it() {
        for (secs, fits) in [(59, false), (60, true), (604_800, true), (604_801, false), (-60, false)] {
            assert_eq!(TimeToLive::from_secs(secs).is_some(), fits, "{secs}");
        }
    }
}
