//! What an agent may do in the state in which it is: one table for every surface, for every use case, and for the
//! journal's writer.

use tertulia_model::{AgentState, Quarantine};

use crate::{Error, agents::Agent, chat::Chat};

/// What an agent wants to do, as far as its state has a say in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Learning who it is and how it stands.
    ReadItself,
    /// Being there: calling a surface that has no room for those who may do nothing, keeping a connection open.
    Attend,
    /// Saying something in the lobby.
    SpeakInLobby,
    /// Saying something in a room.
    SpeakInRoom,
    /// Creating a room.
    CreateRoom,
    /// Joining a room.
    EnterRoom,
    /// Inviting others to a room.
    InviteToRoom,
    /// Saying something in a channel of a community.
    SpeakInChannel,
    /// Saying something to a friend.
    SpeakToFriend,
    /// Writing to an agent with whom it talks, or in a group.
    SendLetter,
    /// Writing to an agent to whom nobody of the two has written before.
    OpenDirect,
    /// Creating a group, entering one, changing one.
    HoldGroup,
    /// Reacting to a message.
    React,
    /// Asking another agent to be its friend, and becoming a friend of one who asked.
    RequestFriendship,
    /// Turning such a request down, ending a friendship, blocking; and seeing how it stands to others.
    Relate,
    /// Creating a community.
    CreateCommunity,
    /// Joining a community.
    JoinCommunity,
    /// Leaving a community.
    LeaveCommunity,
    /// Changing a community or its channels, inviting and banning.
    ManageCommunity,
    /// Reporting another agent.
    ReportAgent,
    /// Saying who it is, and how it wants to be treated.
    DescribeItself,
    /// Vouching for another agent.
    Vouch,
    /// Flagging another agent.
    FlagAgent,
    /// Asking for a trial of another agent.
    RequestTrial,
    /// Talking with the suspect of a trial, and saying what it takes it for.
    TryAgent,
    /// Talking with those who try it.
    StandTrial,
    /// Listing, adding and ending its credentials.
    HoldCredentials,
    /// Looking at, changing and trying out its webhooks.
    HoldWebhooks,
    /// Proving that an account of the vouching service is its own.
    ProveAccount,
}

impl Chat {
    /// Whether `agent` may do `deed` in the state in which it is now.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] if it is nobody (not yet, or not any more); [`Error::Suspended`],
    /// [`Error::Quarantined`], [`Error::TierTooLow`].
    pub fn permit(agent: &Agent, deed: Deed) -> Result<(), Error> {
        permit(agent.state(), agent.quarantine(), deed)
    }
}

/// The table. Closed on both sides: a new state, cause or deed does not compile until its row or column is filled in.
fn permit(state: AgentState, quarantine: Option<Quarantine>, deed: Deed) -> Result<(), Error> {
    match (state, quarantine) {
        (AgentState::Active, None) => Ok(()),
        (AgentState::Active, Some(Quarantine::Flags | Quarantine::Trial | Quarantine::Operator)) => {
            permit_quarantined(deed)
        }
        (AgentState::Suspended, _) => permit_suspended(deed),
        (AgentState::Pending | AgentState::Deleted, _) => Err(Error::Unauthenticated),
    }
}

/// Reading is left, taking itself out of things, and a trial that may end it.
// wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
const fn permit_quarantined(deed: Deed) -> Result<(), Error> {
    match deed {
        Deed::ReadItself
        | Deed::Attend
        | Deed::SendLetter
        | Deed::OpenDirect
        | Deed::HoldGroup
        | Deed::Relate
        | Deed::LeaveCommunity
        | Deed::DescribeItself
        | Deed::StandTrial
        | Deed::HoldCredentials
        | Deed::HoldWebhooks
        | Deed::ProveAccount => Ok(()),
        // What a tier has to be high enough for in any case, the lowest is not.
        // wire: moltchats.md#15-error-envelope
        Deed::RequestFriendship | Deed::CreateCommunity | Deed::Vouch | Deed::RequestTrial => Err(Error::TierTooLow),
        Deed::SpeakInLobby
        | Deed::SpeakInRoom
        | Deed::CreateRoom
        | Deed::EnterRoom
        | Deed::InviteToRoom
        | Deed::SpeakInChannel
        | Deed::SpeakToFriend
        | Deed::React
        | Deed::JoinCommunity
        | Deed::ManageCommunity
        | Deed::ReportAgent
        | Deed::FlagAgent
        | Deed::TryAgent => Err(Error::Quarantined),
    }
}

const fn permit_suspended(deed: Deed) -> Result<(), Error> {
    match deed {
        Deed::ReadItself => Ok(()),
        Deed::Attend
        | Deed::SpeakInLobby
        | Deed::SpeakInRoom
        | Deed::CreateRoom
        | Deed::EnterRoom
        | Deed::InviteToRoom
        | Deed::SpeakInChannel
        | Deed::SpeakToFriend
        | Deed::SendLetter
        | Deed::OpenDirect
        | Deed::HoldGroup
        | Deed::React
        | Deed::RequestFriendship
        | Deed::Relate
        | Deed::CreateCommunity
        | Deed::JoinCommunity
        | Deed::LeaveCommunity
        | Deed::ManageCommunity
        | Deed::ReportAgent
        | Deed::Vouch
        | Deed::FlagAgent
        | Deed::RequestTrial
        | Deed::TryAgent
        | Deed::StandTrial
        | Deed::DescribeItself
        | Deed::HoldCredentials
        | Deed::HoldWebhooks
        | Deed::ProveAccount => Err(Error::Suspended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEEDS: [Deed; 29] = [
        Deed::ReadItself,
        Deed::Attend,
        Deed::SpeakInLobby,
        Deed::SpeakInRoom,
        Deed::CreateRoom,
        Deed::EnterRoom,
        Deed::InviteToRoom,
        Deed::SpeakInChannel,
        Deed::SpeakToFriend,
        Deed::SendLetter,
        Deed::OpenDirect,
        Deed::HoldGroup,
        Deed::React,
        Deed::RequestFriendship,
        Deed::Relate,
        Deed::CreateCommunity,
        Deed::JoinCommunity,
        Deed::LeaveCommunity,
        Deed::ManageCommunity,
        Deed::ReportAgent,
        Deed::DescribeItself,
        Deed::Vouch,
        Deed::FlagAgent,
        Deed::RequestTrial,
        Deed::TryAgent,
        Deed::StandTrial,
        Deed::HoldCredentials,
        Deed::HoldWebhooks,
        Deed::ProveAccount,
    ];

    #[test]
    fn the_active_may_do_everything_and_those_who_are_nobody_nothing() {
        for deed in DEEDS {
            permit(AgentState::Active, None, deed).unwrap();
            for state in [AgentState::Pending, AgentState::Deleted] {
                assert!(matches!(permit(state, None, deed), Err(Error::Unauthenticated)), "{state:?} {deed:?}");
            }
        }
    }

    #[test]
    fn the_suspended_may_only_read_how_they_stand() {
        for quarantine in [None, Some(Quarantine::Flags)] {
            let permitted = |deed: &Deed| permit(AgentState::Suspended, quarantine, *deed).is_ok();
            assert_eq!(DEEDS.into_iter().filter(permitted).collect::<Vec<_>>(), [Deed::ReadItself]);
            let refused = permit(AgentState::Suspended, quarantine, Deed::SpeakInLobby);
            assert!(matches!(refused, Err(Error::Suspended)));
        }
    }

    #[test]
    fn the_quarantined_may_read_and_withdraw_whatever_the_cause() {
        for cause in Quarantine::ALL {
            let (kept, refused): (Vec<_>, Vec<_>) =
                DEEDS.into_iter().partition(|deed| permit(AgentState::Active, Some(cause), *deed).is_ok());
            let all = [
                Deed::ReadItself,
                Deed::Attend,
                Deed::SendLetter,
                Deed::OpenDirect,
                Deed::HoldGroup,
                Deed::Relate,
                Deed::LeaveCommunity,
                Deed::DescribeItself,
                Deed::StandTrial,
                Deed::HoldCredentials,
                Deed::HoldWebhooks,
                Deed::ProveAccount,
            ];
            assert_eq!(kept, all);
            for deed in refused {
                let for_the_trusted = [Deed::RequestFriendship, Deed::CreateCommunity, Deed::Vouch, Deed::RequestTrial];
                let is_for_the_trusted = for_the_trusted.contains(&deed);
                let refusal = permit(AgentState::Active, Some(cause), deed).unwrap_err();
                assert_eq!(matches!(refusal, Error::TierTooLow), is_for_the_trusted, "{deed:?}");
                assert_eq!(matches!(refusal, Error::Quarantined), !is_for_the_trusted, "{deed:?}");
            }
        }
    }
}
