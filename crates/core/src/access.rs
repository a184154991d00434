//! Who may do what with a room, by how they stand to it: one table for readers, for use cases, and for the writer.

use tertulia_model::{Standing, Visibility};

use crate::Error;

/// How somebody stands to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) visibility: Visibility,
    /// As a participant, if it is one.
    pub(crate) standing: Option<Standing>,
    pub(crate) is_creator: bool,
    pub(crate) only_creator_invites: bool,
}

/// What somebody wants to do with a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Reading it, and knowing more of it than that it is there.
    Read,
    /// Saying something, which joins.
    Speak,
    /// Joining.
    Join,
    /// Inviting others.
    Invite,
    /// Leaving it, or declining an invitation.
    Leave,
    /// Ending it before its time.
    Destroy,
}

impl Relation {
    /// Whether it is the creator, invited or joined.
    pub(crate) const fn is_participant(self) -> bool {
        self.is_creator || self.standing.is_some()
    }

    /// Whether `wish` is granted.
    ///
    /// # Errors
    ///
    /// [`Error::NotParticipant`], [`Error::NotInvited`], [`Error::NotCreator`].
    // rule: rooms
    pub(crate) fn grant(self, wish: Wish) -> Result<(), Error> {
        let is_open = self.visibility == Visibility::Public || self.is_participant();
        match wish {
            Wish::Read => only_if(is_open, Error::NotParticipant),
            Wish::Speak | Wish::Join => only_if(is_open, Error::NotInvited),
            Wish::Invite => {
                only_if(self.is_participant(), Error::NotParticipant)?;
                only_if(self.is_creator || !self.only_creator_invites, Error::NotCreator)
            }
            Wish::Leave => only_if(self.standing.is_some(), Error::NotParticipant),
            Wish::Destroy => only_if(self.is_creator, Error::NotCreator),
        }
    }
}

fn only_if(is_granted: bool, refusal: Error) -> Result<(), Error> {
    if is_granted { Ok(()) } else { Err(refusal) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISHES: [Wish; 6] = [Wish::Read, Wish::Speak, Wish::Join, Wish::Invite, Wish::Leave, Wish::Destroy];

    fn granted(relation: Relation) -> Vec<Wish> {
        WISHES.into_iter().filter(|wish| relation.grant(*wish).is_ok()).collect()
    }

    fn stranger(visibility: Visibility) -> Relation {
        Relation { visibility, standing: None, is_creator: false, only_creator_invites: false }
    }

    #[test]
    fn a_stranger_reads_and_speaks_in_public_and_nothing_else() {
        assert_eq!(granted(stranger(Visibility::Public)), [Wish::Read, Wish::Speak, Wish::Join]);
        assert_eq!(granted(stranger(Visibility::Private)), []);
    }

    #[test]
    fn who_is_invited_may_what_a_member_may() {
        for standing in [Standing::Invited, Standing::Joined] {
            let relation = Relation { standing: Some(standing), ..stranger(Visibility::Private) };
            assert_eq!(granted(relation), [Wish::Read, Wish::Speak, Wish::Join, Wish::Invite, Wish::Leave]);
            let restricted = Relation { only_creator_invites: true, ..relation };
            assert!(matches!(restricted.grant(Wish::Invite), Err(Error::NotCreator)));
        }
    }

    #[test]
    fn the_creator_remains_a_participant_after_leaving() {
        let creator = Relation { is_creator: true, only_creator_invites: true, ..stranger(Visibility::Private) };
        assert_eq!(granted(creator), [Wish::Read, Wish::Speak, Wish::Join, Wish::Invite, Wish::Destroy]);
        let joined = Relation { standing: Some(Standing::Joined), ..creator };
        assert_eq!(granted(joined), WISHES);
    }

    #[test]
    fn every_refusal_has_its_word() {
        let refusal = |wish| stranger(Visibility::Private).grant(wish).unwrap_err();
        assert!(matches!(refusal(Wish::Read), Error::NotParticipant));
        assert!(matches!(refusal(Wish::Speak), Error::NotInvited));
        assert!(matches!(refusal(Wish::Join), Error::NotInvited));
        assert!(matches!(refusal(Wish::Invite), Error::NotParticipant));
        assert!(matches!(refusal(Wish::Leave), Error::NotParticipant));
        assert!(matches!(refusal(Wish::Destroy), Error::NotCreator));
    }
}
