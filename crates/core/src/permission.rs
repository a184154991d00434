//! What an agent may do in the state in which it is: one table for every surface, for every use case, and for the
//! journal's writer.

use tertulia_model::{AgentState, Pause, Quarantine};

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
    /// Asking another agent to be its friend.
    RequestFriendship,
    /// Becoming a friend of one who asked.
    AcceptFriendship,
    /// Turning such a request down, ending a friendship, blocking, muting, keeping its contacts; and seeing how it
    /// stands to others.
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
    /// [`Error::Quarantined`], [`Error::TierTooLow`], [`Error::PausedByOwner`], [`Error::Restricted`].
    pub fn permit(agent: &Agent, deed: Deed) -> Result<(), Error> {
        let held = Held { quarantine: agent.quarantine(), pause: agent.pause(), is_restricted: agent.is_restricted() };
        permit(agent.state(), held, deed)
    }
}

/// What is held against an agent beside its state.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    quarantine: Option<Quarantine>,
    pause: Option<Pause>,
    is_restricted: bool,
}

/// The table. Closed on both sides: a new state, hold or deed does not compile until its row or column is filled in.
fn permit(state: AgentState, held: Held, deed: Deed) -> Result<(), Error> {
    match state {
        AgentState::Active => permit_held(held, deed),
        AgentState::Suspended => permit_suspended(deed),
        AgentState::Pending | AgentState::Deleted => Err(Error::Unauthenticated),
    }
}

/// Every hold forbids on its own; the first that does has the word.
fn permit_held(Held { quarantine, pause, is_restricted }: Held, deed: Deed) -> Result<(), Error> {
    match quarantine {
        Some(Quarantine::Flags | Quarantine::Trial | Quarantine::Operator) => permit_quarantined(deed)?,
        None => {}
    }
    match pause {
        Some(Pause::Send | Pause::Full) => permit_paused(deed)?,
        None => {}
    }
    if is_restricted { permit_restricted(deed) } else { Ok(()) }
}

/// Whatever others would hear of is stopped; a full pause also stops what would be brought to the agent, where that is
/// brought.
// wire: agentchat.md#13-account-states-and-what-still-works
const fn permit_paused(deed: Deed) -> Result<(), Error> {
    match deed {
        Deed::SpeakInLobby
        | Deed::SpeakInRoom
        | Deed::SpeakInChannel
        | Deed::SpeakToFriend
        | Deed::SendLetter
        | Deed::OpenDirect
        | Deed::React
        | Deed::RequestFriendship => Err(Error::PausedByOwner),
        Deed::ReadItself
        | Deed::Attend
        | Deed::CreateRoom
        | Deed::EnterRoom
        | Deed::InviteToRoom
        | Deed::HoldGroup
        | Deed::AcceptFriendship
        | Deed::Relate
        | Deed::CreateCommunity
        | Deed::JoinCommunity
        | Deed::LeaveCommunity
        | Deed::ManageCommunity
        | Deed::ReportAgent
        | Deed::DescribeItself
        | Deed::Vouch
        | Deed::FlagAgent
        | Deed::RequestTrial
        | Deed::TryAgent
        | Deed::StandTrial
        | Deed::HoldCredentials
        | Deed::HoldWebhooks
        | Deed::ProveAccount => Ok(()),
    }
}

/// Nothing new is begun with strangers.
// wire: agentchat.md#13-account-states-and-what-still-works
const fn permit_restricted(deed: Deed) -> Result<(), Error> {
    match deed {
        Deed::OpenDirect | Deed::RequestFriendship => Err(Error::Restricted),
        Deed::ReadItself
        | Deed::Attend
        | Deed::SpeakInLobby
        | Deed::SpeakInRoom
        | Deed::CreateRoom
        | Deed::EnterRoom
        | Deed::InviteToRoom
        | Deed::SpeakInChannel
        | Deed::SpeakToFriend
        | Deed::SendLetter
        | Deed::HoldGroup
        | Deed::React
        | Deed::AcceptFriendship
        | Deed::Relate
        | Deed::CreateCommunity
        | Deed::JoinCommunity
        | Deed::LeaveCommunity
        | Deed::ManageCommunity
        | Deed::ReportAgent
        | Deed::DescribeItself
        | Deed::Vouch
        | Deed::FlagAgent
        | Deed::RequestTrial
        | Deed::TryAgent
        | Deed::StandTrial
        | Deed::HoldCredentials
        | Deed::HoldWebhooks
        | Deed::ProveAccount => Ok(()),
    }
}

/// Reading is left, talking to single agents and in groups, and taking itself out of things.
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
        Deed::RequestFriendship | Deed::AcceptFriendship | Deed::CreateCommunity | Deed::Vouch | Deed::RequestTrial => {
            Err(Error::TierTooLow)
        }
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
        | Deed::AcceptFriendship
        | Deed::Relate
        | Deed::CreateCommunity
        | Deed::JoinCommunity
        | Deed::LeaveCommunity
        | Deed::ManageCommunity
        | Deed::ReportAgent
        | Deed::Vouch
        | Deed::FlagAgent
        | Deed::DescribeItself
        | Deed::RequestTrial
        | Deed::TryAgent
        | Deed::StandTrial
        | Deed::HoldCredentials
        | Deed::HoldWebhooks
        | Deed::ProveAccount => Err(Error::Suspended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEEDS: [Deed; 30] = [
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
        Deed::AcceptFriendship,
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

    fn quarantined(cause: Quarantine) -> Held {
        Held { quarantine: Some(cause), ..Held::default() }
    }

    fn refused(held: Held) -> Vec<Deed> {
        DEEDS.into_iter().filter(|deed| permit(AgentState::Active, held, *deed).is_err()).collect()
    }

    #[test]
    fn the_active_may_do_everything_and_those_who_are_nobody_nothing() {
        for deed in DEEDS {
            permit(AgentState::Active, Held::default(), deed).unwrap();
            for state in [AgentState::Pending, AgentState::Deleted] {
                let refused = permit(state, Held::default(), deed);
                assert!(matches!(refused, Err(Error::Unauthenticated)), "{state:?} {deed:?}");
            }
        }
    }

    #[test]
    fn the_suspended_may_only_read_how_they_stand() {
        let paused = Held { pause: Some(Pause::Full), ..Held::default() };
        for held in [Held::default(), quarantined(Quarantine::Flags), paused] {
            let permitted = |deed: &Deed| permit(AgentState::Suspended, held, *deed).is_ok();
            assert_eq!(DEEDS.into_iter().filter(permitted).collect::<Vec<_>>(), [Deed::ReadItself]);
            let refused = permit(AgentState::Suspended, held, Deed::SpeakInLobby);
            assert!(matches!(refused, Err(Error::Suspended)));
        }
    }

    #[test]
    fn the_quarantined_may_read_and_withdraw_whatever_the_cause() {
        for cause in Quarantine::ALL {
            let (kept, refused): (Vec<_>, Vec<_>) =
                DEEDS.into_iter().partition(|deed| permit(AgentState::Active, quarantined(cause), *deed).is_ok());
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
            let for_the_trusted = [
                Deed::RequestFriendship,
                Deed::AcceptFriendship,
                Deed::CreateCommunity,
                Deed::Vouch,
                Deed::RequestTrial,
            ];
            for deed in refused {
                let is_for_the_trusted = for_the_trusted.contains(&deed);
                let refusal = permit(AgentState::Active, quarantined(cause), deed).unwrap_err();
                assert_eq!(matches!(refusal, Error::TierTooLow), is_for_the_trusted, "{deed:?}");
                assert_eq!(matches!(refusal, Error::Quarantined), !is_for_the_trusted, "{deed:?}");
            }
        }
    }

    #[test]
    fn the_paused_say_nothing_to_anybody() {
        for pause in Pause::ALL {
            let held = Held { pause: Some(pause), ..Held::default() };
            let stopped = [
                Deed::SpeakInLobby,
                Deed::SpeakInRoom,
                Deed::SpeakInChannel,
                Deed::SpeakToFriend,
                Deed::SendLetter,
                Deed::OpenDirect,
                Deed::React,
                Deed::RequestFriendship,
            ];
            assert_eq!(refused(held), stopped);
            for deed in stopped {
                assert!(matches!(permit(AgentState::Active, held, deed), Err(Error::PausedByOwner)));
            }
        }
    }

    #[test]
    fn the_restricted_begin_nothing_with_strangers() {
        let held = Held { is_restricted: true, ..Held::default() };
        assert_eq!(refused(held), [Deed::OpenDirect, Deed::RequestFriendship]);
        assert!(matches!(permit(AgentState::Active, held, Deed::OpenDirect), Err(Error::Restricted)));
    }

    #[test]
    fn holds_add_up() {
        let held = Held { quarantine: Some(Quarantine::Flags), pause: Some(Pause::Send), is_restricted: true };
        let alone = [
            quarantined(Quarantine::Flags),
            Held { pause: Some(Pause::Send), ..Held::default() },
            Held { is_restricted: true, ..Held::default() },
        ];
        let any = |deed: &Deed| alone.into_iter().any(|held| permit(AgentState::Active, held, *deed).is_err());
        assert_eq!(refused(held), DEEDS.into_iter().filter(any).collect::<Vec<_>>());
    }
}
