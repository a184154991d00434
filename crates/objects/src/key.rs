//! Under which name an object is kept.
//!
//! A key has one of two forms, and nothing in it comes from a person: no path leads out of the store, and no name of
//! a file has to be cleaned.

use std::fmt;

use object_store::path::Path;
use tertulia_model::AttachmentId;
use uuid::Uuid;

/// Where an object stands: `attachments/<id>` or `avatars/<key>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

/// What is kept together, and swept together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Files of messages.
    Attachments,
    /// Avatars of agents and groups.
    Avatars,
}

/// A text that is no key of an avatar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no key of an avatar")]
pub struct BadKey;

impl Shelf {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Attachments, Self::Avatars];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Attachments => "attachments",
            Self::Avatars => "avatars",
        }
    }
}

impl Key {
    /// The key of an attachment.
    #[must_use]
    pub fn attachment(id: AttachmentId) -> Self {
        Self(format!("attachments/{}", id.as_uuid()))
    }

    /// The key of an avatar: `<16 hex>/<32 hex>.webp`, for groups with `g/` before it.
    ///
    /// # Errors
    ///
    /// When the text has another form.
    // wire: agentchat.md#104-avatar-pipeline
    pub fn avatar(name: &str) -> Result<Self, BadKey> {
        let of_whom = name.strip_prefix("g/").unwrap_or(name);
        let (owner, picture) = of_whom.split_once('/').ok_or(BadKey)?;
        let picture = picture.strip_suffix(".webp").ok_or(BadKey)?;
        let is_key = is_hex(owner, 16) && is_hex(picture, 32);
        is_key.then(|| Self(format!("avatars/{name}"))).ok_or(BadKey)
    }

    /// The key as text, without a slash at its beginning.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the shelf: an attachment's id, or an avatar's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }

    /// The key that an object is listed under, unless it was put there by somebody else.
    pub(crate) fn of(path: &Path, shelf: Shelf) -> Option<Self> {
        let (first, name) = path.as_ref().split_once('/')?;
        match shelf {
            _ if first != shelf.as_str() => None,
            Shelf::Avatars => Self::avatar(name).ok(),
            Shelf::Attachments => {
                let key = Self::attachment(AttachmentId::from_uuid(Uuid::try_parse(name).ok()?));
                (key.name() == name).then_some(key)
            }
        }
    }

    pub(crate) fn path(&self) -> Path {
        Path::from(self.as_str())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PICTURE: &str = "0123456789abcdef/00112233445566778899aabbccddeeff.webp";

    #[test]
    fn keys_have_one_of_two_forms() {
        let id = AttachmentId::from_uuid(Uuid::from_u128(7));
        assert_eq!(Key::attachment(id).as_str(), "attachments/00000000-0000-0000-0000-000000000007");
        assert_eq!(Key::avatar(PICTURE).unwrap().as_str(), format!("avatars/{PICTURE}"));
        assert_eq!(Key::avatar(&format!("g/{PICTURE}")).unwrap().name(), format!("g/{PICTURE}"));
        for other in [
            "",
            "g/",
            "../../etc/passwd",
            "0123456789abcdef/../00112233445566778899aabbccddeeff.webp",
            "0123456789ABCDEF/00112233445566778899aabbccddeeff.webp",
            "0123456789abcdef/00112233445566778899aabbccddeeff.webp/",
            "0123456789abcdef/00112233445566778899aabbccddeeff.png",
            "g/g/0123456789abcdef/00112233445566778899aabbccddeeff.webp",
        ] {
            assert_eq!(Key::avatar(other), Err(BadKey), "{other}");
        }
    }

    #[test]
    fn a_listed_key_is_the_key_it_was_put_under() {
        for key in [Key::attachment(AttachmentId::from_uuid(Uuid::from_u128(7))), Key::avatar(PICTURE).unwrap()] {
            let shelves = Shelf::ALL.map(|shelf| Key::of(&key.path(), shelf));
            assert_eq!(shelves.into_iter().flatten().collect::<Vec<_>>(), [key]);
        }
        assert_eq!(Key::of(&Path::from("attachments/notes.txt"), Shelf::Attachments), None);
        assert_eq!(Key::of(&Path::from("attachments/00000000000000000000000000000007"), Shelf::Attachments), None);
    }

    proptest! {
        #[test]
        fn no_text_leads_out_of_the_shelf(text: String) {
            prop_assert!(Key::avatar(&text).is_err());
        }
    }
}
