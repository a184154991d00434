//! What the core asks of a database.
//!
//! A method is one atomic operation named for its meaning: it happens whole or not at all, and when it has returned
//! `Ok` it is on disk. Transactions never leave an implementation. "Not there" is `Ok(None)`. Nothing here may lean on
//! one engine's habits: an implementation is right when it passes the suite `conformance`
//! (feature `conformance`).

mod accounts;
mod agents;
mod answers;
mod attachments;
mod badges;
mod channels;
mod communities;
mod community;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contacts;
mod credentials;
mod departures;
mod discovery;
mod endpoints;
mod enforcement;
mod error;
mod groups;
mod hub;
mod identity;
mod inbox;
mod messages;
mod mutes;
mod observers;
mod outbox;
mod presence;
mod reactions;
mod relations;
mod reports;
mod rooms;
mod tallies;
mod threads;
mod trials;
mod trust;

pub use accounts::{
    Account, Accounts, DirectoryEntry, DirectoryQuery, EmailBinding, EmailBounds, EmailCode, EmailRegistration,
    Guessing, MOST_UNSENT, NewCode, Newcomer, Recovery, Registrable, Telling, Told, UnsentMail,
};
pub use agents::{AgentRecord, Agents, NewAgent, Profile, Registration};
pub use answers::{AnswerRecord, Answers, NewAnswer};
pub use attachments::{
    Attached, AttachmentRecord, AttachmentScope, Attachments, NewAttachment, Reservation, UploadBounds,
};
pub use badges::{Badge, Badges, Binding, Verification};
pub use channels::{ChannelCreation, ChannelEdit, ChannelRecord, NewChannel};
pub use communities::Communities;
pub use community::{
    Admission, Belonging, CommunityEdit, CommunityListing, CommunityOrder, CommunityQuery, CommunityRecord, Invitation,
    Member, NewCommunity, Standpoint, SweptCommunities, WholeCommunity,
};
pub use contacts::{ContactPage, ContactRecord, Contacts};
pub use credentials::{CredentialRecord, Credentials, Issuance, KeyDigest, NewCredential, Revocation};
pub use departures::{Departures, Parting, UndoneTies};
pub use discovery::{Discovery, FeedRecord};
pub use endpoints::{
    ChangedEndpoint, Endpoint, EndpointChange, EndpointHealth, EndpointTarget, NewEndpoint, TargetChange,
};
pub use enforcement::{Complaints, ComplaintsAfter, Enforcement, PlainReport, PlainReporting};
pub use error::StoreError;
pub use groups::{
    FormerMemberRecord, GroupChange, GroupEdit, GroupInvitationRecord, GroupMemberRecord, GroupRecord, Groups,
    InvitationsMade, NewGroup, NewGroupInvitation, WholeGroup,
};
pub use hub::{AuditEntry, Hub, HubRecord, OPERATOR, Seed};
pub use identity::{
    Challenge, ChallengeRoom, Counting, Identities, NewPendingAgent, NewSession, PUBLIC_KEY, PendingRegistration,
    ProfileChange, Proof, Proven, Renewal, SESSION, SessionRecord, Settings, Window,
};
pub use inbox::{
    Content, DirectChange, EventRecord, Inboxes, Move, Moved, NewEnvelope, QueueRecord, Receipt, Unanswered,
    UnreadRecord, WaitingRecord,
};
pub use messages::{Append, Commit, LogEnd, MessageRecord, Messages, Slice};
pub use mutes::{MuteRecord, MuteTarget, Mutes, NewMute};
pub use observers::{NewObserver, NewObserverSession, ObserverRecord, Observers};
pub use outbox::{
    DeliveryRecord, Fate, MOST_DEAD, NewDelivery, Occasion, Occurrence, Outbox, Settlement, TakenDelivery, most_waiting,
};
pub use presence::{LastSeen, Presence};
pub use reactions::{Reacted, Reaction, Reactions};
pub use relations::{
    Acceptance, BlockRecord, Blocking, DirectRecord, EndedView, FriendRecord, FriendRequest, NewFriendRequest, NewView,
    Relations, RequestOutcome, UnreadQuery, UnreadView, ViewRecord, WholeDirect,
};
pub use reports::{BanRecord, NewReport, ReportRecord, Reporting};
pub use rooms::{NewRoom, Participant, ParticipantChange, RoomListing, RoomRecord, Rooms, Swept, WholeRoom};
pub use tallies::Tallies;
pub use threads::{
    ListedThread, OwnMessage, Part, ReadMark, ThreadMarks, ThreadMarksQuery, ThreadQuery, ThreadRecord, Threads,
    VisiblePlace,
};
pub use trials::{Ballot, NewTrial, NewVote, TrialEnd, TrialRecord, TrialSentence, Trials, Voting};
pub use trust::{
    Assessed, Esteem, FlagRecord, Interaction, InteractionCursor, InteractionKind, InteractionSlice, NewFlag,
    NewStanding, Testimony, Trust, TrustRecord, VouchRecord,
};

/// Makes [`Store`] of its parts.
macro_rules! store {
    ($($part:ident,)+) => {
        /// A whole database.
        pub trait Store: $($part +)+ {}

        impl<T: $($part +)+> Store for T {}
    };
}

store! {
    Accounts,
    Agents,
    Answers,
    Attachments,
    Badges,
    Communities,
    Contacts,
    Credentials,
    Departures,
    Discovery,
    Groups,
    Enforcement,
    Hub,
    Identities,
    Inboxes,
    Messages,
    Mutes,
    Observers,
    Outbox,
    Presence,
    Reactions,
    Relations,
    Rooms,
    Tallies,
    Threads,
    Trials,
    Trust,
}
