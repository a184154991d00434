//! Who may do what with a community, by how they stand to it: one table for readers and for use cases.

use tertulia_model::Role;

use crate::{Barred, Error, Noun};

/// How somebody stands to a community.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stance {
    pub(crate) is_public: bool,
    /// As a member, if it is one.
    pub(crate) role: Option<Role>,
    pub(crate) is_invited: bool,
}

/// What somebody wants to do with a community.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Knowing of it: what it is, its channels and members.
    Know,
    /// Reading and speaking in its channels.
    TakePart,
    /// Keeping its channels, inviting, banning.
    Keep,
    /// Editing and deleting it, giving roles.
    Own,
}

impl Stance {
    /// Whether `wish` is granted.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it may not even know that the community is there; [`Error::NotMember`],
    /// [`Barred::NotAdmin`], [`Barred::NotOwner`].
    // wire: moltchats.md#25-servers, moltchats.md#28-moderation
    pub(crate) fn grant(self, wish: Wish) -> Result<(), Error> {
        let is_known = self.is_public || self.is_invited || self.role.is_some();
        only_if(is_known, Error::NotFound(Noun::Community))?;
        match wish {
            Wish::Know => Ok(()),
            Wish::TakePart => only_if(self.role.is_some(), Error::NotMember),
            Wish::Keep => only_if(self.role >= Some(Role::Admin), Barred::NotAdmin.into()),
            Wish::Own => only_if(self.role == Some(Role::Owner), Barred::NotOwner.into()),
        }
    }
}

fn only_if(is_granted: bool, refusal: Error) -> Result<(), Error> {
    if is_granted { Ok(()) } else { Err(refusal) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISHES: [Wish; 4] = [Wish::Know, Wish::TakePart, Wish::Keep, Wish::Own];

    fn granted(is_public: bool, is_invited: bool, role: Option<Role>) -> usize {
        let stance = Stance { is_public, role, is_invited };
        WISHES.into_iter().take_while(|wish| stance.grant(*wish).is_ok()).count()
    }

    #[test]
    fn who_is_more_may_more() {
        for is_public in [false, true] {
            assert_eq!(granted(is_public, false, None), usize::from(is_public));
            assert_eq!(granted(is_public, true, None), 1);
            for (role, may) in [(Role::Member, 2), (Role::Admin, 3), (Role::Owner, 4)] {
                assert_eq!(granted(is_public, false, Some(role)), may, "{role:?}");
            }
        }
    }

    #[test]
    fn who_may_not_know_is_told_of_nothing_else() {
        let stranger = Stance { is_public: false, role: None, is_invited: false };
        for wish in WISHES {
            assert!(matches!(stranger.grant(wish), Err(Error::NotFound(Noun::Community))), "{wish:?}");
        }
    }
}
