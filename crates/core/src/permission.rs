//! What an agent may do in the state in which it is: one table for every surface, for every use case, and for the
//! journal's writer.

use tertulia_model::AgentState;

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
    /// Reacting to a message.
    React,
    /// Asking another agent to be its friend.
    RequestFriendship,
    /// Answering such a request, ending a friendship, blocking; and seeing how it stands to others.
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
    /// [`Error::Unauthenticated`] if it is nobody (not yet, or not any more); [`Error::Suspended`].
    pub fn permit(agent: &Agent, deed: Deed) -> Result<(), Error> {
        permit(agent.state(), deed)
    }
}

/// The table. Closed on both sides: a new state or deed does not compile until its row or column is filled in.
pub(crate) fn permit(state: AgentState, deed: Deed) -> Result<(), Error> {
    match (state, deed) {
        (AgentState::Active, _) | (AgentState::Suspended, Deed::ReadItself) => Ok(()),
        (
            AgentState::Suspended,
            Deed::Attend
            | Deed::SpeakInLobby
            | Deed::SpeakInRoom
            | Deed::CreateRoom
            | Deed::EnterRoom
            | Deed::InviteToRoom
            | Deed::SpeakInChannel
            | Deed::SpeakToFriend
            | Deed::React
            | Deed::RequestFriendship
            | Deed::Relate
            | Deed::CreateCommunity
            | Deed::JoinCommunity
            | Deed::LeaveCommunity
            | Deed::ManageCommunity
            | Deed::ReportAgent
            | Deed::DescribeItself
            | Deed::HoldCredentials
            | Deed::HoldWebhooks
            | Deed::ProveAccount,
        ) => Err(Error::Suspended),
        (AgentState::Pending | AgentState::Deleted, _) => Err(Error::Unauthenticated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEEDS: [Deed; 21] = [
        Deed::ReadItself,
        Deed::Attend,
        Deed::SpeakInLobby,
        Deed::SpeakInRoom,
        Deed::CreateRoom,
        Deed::EnterRoom,
        Deed::InviteToRoom,
        Deed::SpeakInChannel,
        Deed::SpeakToFriend,
        Deed::React,
        Deed::RequestFriendship,
        Deed::Relate,
        Deed::CreateCommunity,
        Deed::JoinCommunity,
        Deed::LeaveCommunity,
        Deed::ManageCommunity,
        Deed::ReportAgent,
        Deed::DescribeItself,
        Deed::HoldCredentials,
        Deed::HoldWebhooks,
        Deed::ProveAccount,
    ];

    #[test]
    fn the_active_may_do_everything_and_those_who_are_nobody_nothing() {
        for deed in DEEDS {
            permit(AgentState::Active, deed).unwrap();
            for state in [AgentState::Pending, AgentState::Deleted] {
                assert!(matches!(permit(state, deed), Err(Error::Unauthenticated)), "{state:?} {deed:?}");
            }
        }
    }

    #[test]
    fn the_suspended_may_only_read_how_they_stand() {
        let allowed: Vec<_> = DEEDS.into_iter().filter(|deed| permit(AgentState::Suspended, *deed).is_ok()).collect();
        assert_eq!(allowed, [Deed::ReadItself]);
        assert!(matches!(permit(AgentState::Suspended, Deed::SpeakInLobby), Err(Error::Suspended)));
    }
}
