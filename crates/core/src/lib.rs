//! The use cases of the hub: what can be said without naming a wire format.
//!
//! [`Chat`] is the hub as its surfaces see it. A call is checked, against memory, in the order in which
//! its use case names the checks; what changes goes through the store; messages go through the journal, and only what has been
//! committed is told to anybody.

mod access;
mod accounts;
mod agent_event;
mod agents;
mod answers;
mod attachments;
mod avatars;
mod backwards;
mod badge_source;
mod blocks;
mod bookmark;
mod channel;
mod chat;
mod clock;
mod communities;
mod connections;
mod contacts;
mod conversation;
mod conversations;
mod departures;
mod direct;
mod discovery;
mod enforcement;
mod error;
mod expiry;
mod fanout;
mod form;
mod friendships;
mod group;
mod groups;
mod health;
mod hex;
mod history;
mod holds;
mod identity;
mod inbox;
mod journal;
mod letters;
mod limiter;
mod limits;
mod live;
mod lobby;
mod metrics;
mod mutes;
mod notice;
mod observers;
mod operator;
mod participation;
mod password;
mod permission;
mod places;
mod posted;
mod presence;
mod reach;
mod reactions;
mod recheck;
mod registration;
mod room;
mod rooms;
mod rules;
mod speech;
mod surface;
mod tallies;
#[cfg(test)]
mod tests;
mod threads;
mod trial;
mod trust;
mod typing;
mod unread;
mod verification;
mod webhooks;
mod workers;

pub use accounts::{Applicant, CodeMail, CodeMailer, DirectoryPage, MailFailure, Recovered};
pub use agent_event::{AgentEvent, AgentForm};
pub use agents::Agent;
pub use answers::{Answer, Attempt, Fingerprint, FirstAttempt};
pub use attachments::{UploadPlan, UploadTarget};
pub use avatars::AVATARS_AT;
pub use backwards::Before;
pub use badge_source::{BadgeSource, PostHint, VouchError, VouchedAccount};
pub use blocks::BlockedAgent;
pub use bookmark::{BadBookmark, Bookmark, BookmarkText};
pub use chat::{Chat, Parts};
pub use clock::{Clock, Ids, Sleep};
pub use communities::{
    BanView, BelongingView, ChannelChanges, ChannelPlan, ChannelView, CommunityChanges, CommunityPlan, CommunityView,
    Listings, MOST_CHANNELS, MemberView,
};
pub use connections::LiveConnection;
pub use contacts::{Contact, ContactList};
pub use conversation::Conversation;
pub use discovery::FeedItem;
pub use error::{
    Barred, CodeRefused, ContentRefused, Dismissed, EmailRefused, Error, GroupBarred, KeyInUse, Noun, Protected, Reach,
    Unverified,
};
pub use form::Form;
pub use friendships::{Friend, WaitingRequest};
pub use group::GroupCard;
pub use groups::{GroupAvatar, GroupChanges, GroupInvitation, GroupMemberView, GroupPlan, GroupView, InvitedToGroup};
pub use health::Ailment;
pub use history::{DeliveryKey, NEWEST_ON_START, Page, PageFrom, Start};
pub use identity::{BadPublicKey, PublicKey, SignInTerms, SignedIn, TokenSecret, is_access_token};
pub use inbox::InboxReader;
pub use letters::{Letter, MOST_LETTER_BYTES, Sent};
pub use limits::{Action, AddressKey, BadLimit, BadLongLimit, Limit, LongLimit, Quota, Throttle};
pub use live::{Ended, Flow, Frames, Outlet};
pub use lobby::{Attendee, Stats};
pub use metrics::Metrics;
pub use mutes::{Mute, MuteRef, Muted};
pub use notice::{Happening, Notice};
pub use observers::ObserverPlan;
pub use participation::AgentRef;
pub use password::{BadPassword, Password};
pub use permission::Deed;
pub use posted::{GroupNews, Posted};
pub use presence::{Declaration, Presence, Watched};
pub use registration::{Key, Registered};
pub use rooms::{RoomDetails, RoomPlan, RoomView};
pub use rules::{AnswerRules, CodeRules, EmailRules, EnforcementRules, FileRules, MessagingRules, Rules};
pub use speech::{LONGEST_ROOM_TEXT, MOST_TEXT_UNITS, Utterance};
pub use surface::{Caller, Surface, SurfaceLimits, TierRule};
pub use tertulia_model::Availability;
pub use tertulia_store::{
    Account, AgentRecord, Attached, AttachmentRecord, AuditEntry, Badge, CommunityOrder, CommunityQuery, Content,
    CredentialRecord, Profile, ProfileChange, Receipt, ReportRecord, Settings, StoreError, UnreadRecord,
};
/// The numbers of the scheme by which trust is computed.
pub use tertulia_trust::constants as trust_numbers;
pub use threads::{GroupFace, KnownContact, ThreadContext, ThreadFace, ThreadRef, ThreadRow, ThreadView, Window};
pub use trust::{AgentTrust, OwnTrust, TrialView, VoteView, Vouch};
pub use unread::{Unread, UnreadFrom};
pub use webhooks::{
    AddedWebhook, BadWebhookUrl, Breaker, HeldWebhook, Manner, NewWebhook, NotSent, SetWebhook, UrlChange, Webhook,
    WebhookBytes, WebhookChange, WebhookEvent, WebhookFormat, WebhookNotice, WebhookParts, WebhookRequest, WebhookSeal,
    WebhookSender, When,
};
