//! The nouns of the hub and their rules: parsed once, at the door, and trusted afterwards.
//!
//! Pure and synchronous. Nothing here is serializable: every surface has wire types of its own.

mod account;
mod agent;
mod availability;
mod community;
mod content;
mod conversation;
mod email;
mod emoji;
mod filename;
mod group;
mod ids;
mod links;

mod media;
mod mentions;
mod name;
mod one_time_code;
mod openness;
mod position;
mod profile;
pub mod reserved;
mod room;
mod shown;
mod text;
mod tier;
mod time;
mod trial;
mod webhook;

pub use account::{AccountKey, AccountName, BadAccountName, BadVerificationCode, VerificationCode};
pub use agent::{AgentState, CredentialKind, Pause, Restriction};
pub use availability::Availability;
pub use community::{
    BadCommunityText, BadTags, ChannelCategory, ChannelKind, ChannelName, ChannelTopic, CommunityDescription,
    CommunityName, Edit, IconUrl, Instructions, Reason, ReportThreshold, Role, Tags,
};
pub use content::{BadSentKey, SentKey};
pub use conversation::ConversationKind;
pub use email::{BadEmail, CodePurpose, Email};
pub use emoji::{BadEmoji, Emoji};
pub use filename::harmless_filename;
pub use group::{BadGroupText, GroupDescription, GroupEvent, GroupName, GroupRole, MOST_GROUP_MEMBERS};
pub use ids::{
    AgentId, AgentNo, AttachmentId, CodeId, CommunityId, CommunityNo, ConversationId, ConversationNo, CredentialId,
    CredentialNo, DeliveryId, DeliveryNo, EndpointId, EndpointNo, FriendRequestId, GroupInvitationId, MessageId,
    MessageNo, ObserverId, TrialId, ViewId, random_uuid, time_ordered_uuid,
};
pub use links::{BadTopLevelDomain, DEFAULT_BARE_TLDS, Links};
pub use media::{BadMediaType, MediaType};
pub use mentions::{mentioned, mentions};
pub use name::{BadName, Name, NameKey};
pub use one_time_code::{BadOneTimeCode, OneTimeCode};
pub use openness::Openness;
pub use position::{Epoch, Seq};
pub use profile::{About, Avatar, AvatarText, AvatarUrl, BadProfile, DisplayName};
pub use room::{BadRoomName, RoomName, Standing, TimeToLive, Visibility};
pub use shown::ShownText;
pub use text::{BadText, MessageText, TextKind};
pub use tier::{Quarantine, Tier};
pub use time::{Rfc3339, Timestamp};
pub use trial::{TrialOutcome, TrialRole, Verdict};
pub use webhook::WebhookTopic;
