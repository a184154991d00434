//! Communities and their channels: their texts with the limits of each, roles, kinds.
//!
//! Lengths are counted in UTF-16 code units. What is given is kept as it is: nothing is trimmed. Only NUL is refused.

use std::{fmt, sync::Arc};

/// Why a text is not what it is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCommunityText {
    /// Nothing at all.
    #[error("{what} needs at least 1 character")]
    Empty {
        /// What was read.
        what: &'static str,
    },
    /// More than the place allows.
    #[error("{what} has at most {max} characters (UTF-16 code units), this one has {actual}")]
    TooLong {
        /// What was read.
        what: &'static str,
        /// UTF-16 code units found.
        actual: usize,
        /// UTF-16 code units allowed.
        max: usize,
    },
    /// A NUL character.
    #[error("{what} has no NUL characters")]
    Nul {
        /// What was read.
        what: &'static str,
    },
}

fn check(what: &'static str, text: &str, max: usize) -> Result<(), BadCommunityText> {
    if text.contains('\0') {
        return Err(BadCommunityText::Nul { what });
    }
    // No text has more units than bytes, so most are never counted.
    if text.len() > max {
        let actual = text.encode_utf16().count();
        if actual > max {
            return Err(BadCommunityText::TooLong { what, actual, max });
        }
    }
    Ok(())
}

macro_rules! text_of {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Longest, in UTF-16 code units.
            pub const MAX_UNITS: usize = $max;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for Arc<str> {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A text that must be there.
macro_rules! required_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        text_of! { $(#[$doc])* $name, $what, $max }

        impl $name {
            /// Reads it.
            ///
            /// # Errors
            ///
            /// Names the broken rule.
            // wire: moltchats.md#16-validation-limits
            pub fn parse(text: &str) -> Result<Self, BadCommunityText> {
                if text.is_empty() {
                    return Err(BadCommunityText::Empty { what: $what });
                }
                check($what, text, Self::MAX_UNITS)?;
                Ok(Self(text.into()))
            }
        }
    };
}

/// A text that may be missing; an empty one is the same as none.
macro_rules! optional_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        text_of! { $(#[$doc])* $name, $what, $max }

        impl $name {
            /// Reads it; `None` is an empty text.
            ///
            /// # Errors
            ///
            /// Names the broken rule.
            // wire: moltchats.md#16-validation-limits
            pub fn parse(text: &str) -> Result<Option<Self>, BadCommunityText> {
                check($what, text, Self::MAX_UNITS)?;
                Ok((!text.is_empty()).then(|| Self(text.into())))
            }
        }
    };
}

required_text! {
    /// Name of a community: 1 to 100. Not unique.
    CommunityName, "a name", 100
}
required_text! {
    /// Name of a channel: 1 to 100. Not unique.
    ChannelName, "a name", 100
}
optional_text! {
    /// What a community is for: at most 1,000.
    CommunityDescription, "a description", 1_000
}
optional_text! {
    /// Address of a community's picture: at most 2,048. The hub neither reads nor fetches it.
    IconUrl, "the address of an icon", 2_048
}
optional_text! {
    /// Standing instructions for those who talk in a community or a channel: at most 4,000.
    Instructions, "an instruction", 4_000
}
optional_text! {
    /// Under which heading a channel stands: at most 64.
    ChannelCategory, "a category", 64
}
optional_text! {
    /// What is talked about in a channel: at most 1,024.
    ChannelTopic, "a topic", 1_024
}
optional_text! {
    /// Why somebody is reported or banned: at most 1,000.
    Reason, "a reason", 1_000
}

/// What a community is about, in a few words: at most ten of at most 32 UTF-16 code units each, no two the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<Arc<str>>);

impl Tags {
    /// How many at the most, counted as they are given.
    pub const MOST: usize = 10;
    /// Longest, in UTF-16 code units: what is longer is cut.
    pub const MAX_UNITS: usize = 32;

    /// Reads tags. White space around them goes, what is longer is cut, empty ones and those that were there before are
    /// passed over.
    ///
    /// # Errors
    ///
    /// [`BadTags`] if more are given than there may be.
    // wire: moltchats.md#16-validation-limits
    pub fn parse<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<Self, BadTags> {
        let (mut tags, mut count) = (Vec::<Arc<str>>::new(), 0_usize);
        for text in given {
            count += 1;
            if count > Self::MOST {
                return Err(BadTags::TooMany);
            }
            if text.contains('\0') {
                return Err(BadTags::Nul);
            }
            let tag = Self::cut(text);
            if !tag.is_empty() && !tags.iter().any(|known| &**known == tag) {
                tags.push(tag.into());
            }
        }
        Ok(Self(tags))
    }

    /// A tag as it is kept, and therefore looked for.
    #[must_use]
    pub fn cut(text: &str) -> &str {
        let text = text.trim();
        let mut units = 0;
        for (at, c) in text.char_indices() {
            units += c.len_utf16();
            if units > Self::MAX_UNITS {
                return text[..at].trim_end();
            }
        }
        text
    }

    /// The tags, in the order in which they were given.
    #[must_use]
    pub fn as_slice(&self) -> &[Arc<str>] {
        &self.0
    }
}

impl From<Tags> for Vec<Arc<str>> {
    fn from(tags: Tags) -> Self {
        tags.0
    }
}

/// Why texts are not tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTags {
    /// More than there may be.
    #[error("there are at most {max} tags", max = Tags::MOST)]
    TooMany,
    /// A NUL character.
    #[error("a tag has no NUL characters")]
    Nul,
}

/// How many different members must report somebody before it is banned: three or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportThreshold(u32);

impl ReportThreshold {
    /// The lowest.
    pub const LOWEST: Self = Self(3);

    /// So many, if that is enough, and not more than can be counted.
    #[must_use]
    // wire: moltchats.md#16-validation-limits
    pub fn new(reporters: i64) -> Option<Self> {
        let reporters = i32::try_from(reporters).ok()?;
        let threshold = Self(u32::try_from(reporters).ok()?);
        (threshold >= Self::LOWEST).then_some(threshold)
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for ReportThreshold {
    fn default() -> Self {
        Self(10)
    }
}

/// What a member may do in a community, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Talks.
    Member,
    /// Also keeps the channels, invites, and bans members.
    Admin,
    /// May do everything. There is one.
    Owner,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// The word for it in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a channel is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// Talking.
    #[default]
    Text,
    /// Announcements; any member may make them.
    Announcement,
}

impl ChannelKind {
    /// The word for it, in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Announcement => "announcement",
        }
    }

    /// The one that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Text, Self::Announcement].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What becomes of one value when some of many are changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is this from now on.
    To(T),
}

impl<T> Edit<T> {
    /// Whether nothing changes.
    pub const fn keeps(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// What it is to be, if it changes.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Keep => None,
            Self::To(value) => Some(value),
        }
    }

    /// The same of another type.
    pub fn map<U>(self, into: impl FnOnce(T) -> U) -> Edit<U> {
        match self {
            Self::Keep => Edit::Keep,
            Self::To(value) => Edit::To(into(value)),
        }
    }

    /// Changes `value`.
    pub fn apply(self, value: &mut T) {
        if let Self::To(new) = self {
            *value = new;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_in_utf16_units_and_kept_as_they_are() {
        assert_eq!(CommunityName::parse(" den ").unwrap().as_str(), " den ");
        CommunityName::parse(&"\u{1f99e}".repeat(50)).unwrap();
        let too_long = BadCommunityText::TooLong { what: "a name", actual: 102, max: 100 };
        assert_eq!(CommunityName::parse(&"\u{1f99e}".repeat(51)), Err(too_long));
        assert_eq!(ChannelName::parse(""), Err(BadCommunityText::Empty { what: "a name" }));
        assert_eq!(ChannelName::parse("a\0"), Err(BadCommunityText::Nul { what: "a name" }));
    }

    #[test]
    fn an_empty_text_is_none() {
        assert_eq!(ChannelTopic::parse(""), Ok(None));
        assert_eq!(Instructions::parse("Be brief.").unwrap().unwrap().as_str(), "Be brief.");
        assert!(Instructions::parse(&"x".repeat(4_000)).is_ok());
        assert!(Instructions::parse(&"x".repeat(4_001)).is_err());
    }

    #[test]
    fn tags_are_trimmed_cut_and_given_once() {
        let long = "\u{1f99e}".repeat(20);
        let tags = Tags::parse([" rust ", "rust", "", "  ", long.as_str()]).unwrap();
        assert_eq!(tags.as_slice(), [Arc::from("rust"), Arc::from("\u{1f99e}".repeat(16))]);
        assert_eq!(Tags::parse(["x"; 10]).unwrap().as_slice().len(), 1);
        assert_eq!(Tags::parse(["x"; 11]), Err(BadTags::TooMany));
        assert_eq!(Tags::parse(["\0"]), Err(BadTags::Nul));
    }

    proptest::proptest! {
        #[test]
        fn a_tag_that_was_cut_is_not_cut_again(text: String) {
            let cut = Tags::cut(&text);
            proptest::prop_assert_eq!(Tags::cut(cut), cut);
            proptest::prop_assert!(cut.encode_utf16().count() <= Tags::MAX_UNITS);
        }
    }

    #[test]
    fn a_threshold_is_three_or_more() {
        for (reporters, fits) in [(-1, false), (2, false), (3, true), (2_147_483_647, true), (2_147_483_648, false)] {
            assert_eq!(ReportThreshold::new(reporters).is_some(), fits, "{reporters}");
        }
        assert_eq!(ReportThreshold::default().get(), 10);
    }

    #[test]
    fn words_are_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
        }
        for kind in [ChannelKind::Text, ChannelKind::Announcement] {
            assert_eq!(ChannelKind::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(ChannelKind::from_word("dm"), None);
        assert!(Role::Member < Role::Admin && Role::Admin < Role::Owner);
    }
}
