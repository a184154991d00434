//! Communities: places of many channels, for their members.
//!
//! What changes about one is decided between two batches of the journal: memory is checked, the store does it in one
//! operation, memory follows, and who may not listen any more is told. So the writer, which asks memory about every
//! message, never asks in vain. The built-in community, to which everybody belongs and whose one channel is the lobby,
//! is in no table: [`Chat`](crate::Chat) answers for it itself.

mod builtin;
mod changing;
mod channels;
mod community;
mod departing;
mod lifecycle;
mod listing;
mod membership;
mod moderation;
mod plans;
mod registry;
mod stance;
mod sweeping;
mod views;

pub(crate) use self::{
    community::{Community, must_be_read_anew},
    registry::Communities,
};
pub use self::{
    plans::{ChannelChanges, ChannelPlan, CommunityChanges, CommunityPlan},
    views::{BanView, BelongingView, ChannelView, CommunityView, Listings, MemberView},
};

/// Members that a community may have.
// wire: moltchats.md#16-validation-limits
const MOST_MEMBERS: u32 = if cfg!(test) { 4 } else { 500 };

/// Channels that a community may have.
// wire: moltchats.md#16-validation-limits
pub const MOST_CHANNELS: u32 = if cfg!(test) { 3 } else { 100 };

/// Agents that may be invited at the same time.
const MOST_INVITED: u32 = if cfg!(test) { 3 } else { 500 };

/// Bans that are listed, the newest.
const MOST_BANS: u32 = 1_000;

/// Communities of one agent that are listed.
const MOST_BELONGINGS: u32 = 1_000;
