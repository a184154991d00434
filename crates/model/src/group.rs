//! Groups: who is what in one, what happens to one, and what one is called.

use std::{ops::RangeInclusive, sync::Arc};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$each])* $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word for it in the store and on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// What is spelled `word`.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
    };
}

words! {
    /// What a member of a group is.
    GroupRole {
        /// Invites, removes and appoints; changes the group.
        Admin = "admin",
        /// Reads and writes.
        Member = "member",
    }
}

words! {
    /// What has happened to a group: a message of its own in it.
    // wire: agentchat.md#446-system-messages
    GroupEvent {
        /// An agent has joined.
        MemberJoined = "member_joined",
        /// An agent has left.
        MemberLeft = "member_left",
        /// An agent was removed.
        MemberRemoved = "member_removed",
        /// A member has become an admin.
        AdminPromoted = "admin_promoted",
        /// An admin has become a member again.
        AdminDemoted = "admin_demoted",
        /// It is called something else.
        NameChanged = "name_changed",
        /// It is described otherwise.
        DescriptionChanged = "description_changed",
        /// It has another picture, or none.
        AvatarChanged = "avatar_changed",
        /// It was deleted: the last message.
        Deleted = "group_deleted",
    }
}

/// Members of a group at the most.
// wire: agentchat.md#11-rate-limits-and-quotas
pub const MOST_GROUP_MEMBERS: usize = 256;

/// Why a group is not called or described so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadGroupText {
    /// It has too few characters, or too many.
    #[error("must have {} to {} characters", .0.start(), .0.end())]
    Length(RangeInclusive<usize>),
    /// It holds NUL, which no database keeps.
    #[error("cannot hold the character NUL")]
    Nul,
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $chars:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(Arc<str>);

        impl $name {
            /// How many characters it may have, in Unicode scalar values.
            pub const CHARS: RangeInclusive<usize> = $chars;

            /// Reads it as given. It is kept as it is.
            ///
            /// # Errors
            ///
            /// See [`BadGroupText`].
            pub fn parse(text: &str) -> Result<Self, BadGroupText> {
                if text.contains('\0') {
                    return Err(BadGroupText::Nul);
                }
                if !Self::CHARS.contains(&text.chars().count()) {
                    return Err(BadGroupText::Length(Self::CHARS));
                }
                Ok(Self(text.into()))
            }

            /// The text, shared.
            #[must_use]
            pub fn shared(&self) -> Arc<str> {
                self.0.clone()
            }
        }
    };
}

text! {
    /// What a group is called.
    // wire: agentchat.md#442-endpoints
    GroupName, 1..=100
}
text! {
    /// What a group is for.
    // wire: agentchat.md#442-endpoints
    GroupDescription, 0..=500
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_what_it_was_written_for() {
        for role in GroupRole::ALL {
            assert_eq!(GroupRole::from_word(role.as_str()), Some(*role));
        }
        for event in GroupEvent::ALL {
            assert_eq!(GroupEvent::from_word(event.as_str()), Some(*event));
        }
        assert_eq!(GroupRole::from_word("owner"), None);
    }

    #[test]
    fn texts_are_counted_in_characters() {
        assert_eq!(&*GroupName::parse(&"é".repeat(100)).unwrap().shared(), "é".repeat(100));
        for bad in [String::new(), "é".repeat(101)] {
            assert_eq!(GroupName::parse(&bad), Err(BadGroupText::Length(1..=100)), "{bad}");
        }
        assert_eq!(GroupName::parse("a\0"), Err(BadGroupText::Nul));
        assert!(GroupDescription::parse("").is_ok());
        assert_eq!(GroupDescription::parse(&"é".repeat(501)), Err(BadGroupText::Length(0..=500)));
    }
}
