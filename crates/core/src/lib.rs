//! The use cases of the hub: what can be said without naming a wire format.
//!
//! [`Chat`] is the hub as its surfaces see it. A call is checked, in the order that `docs/ARCHITECTURE.md` gives,
//! against memory; what changes goes through the store; messages go through the journal, and only what has been
//! committed is told to anybody.

mod agents;
mod badge_source;
mod bookmark;
mod chat;
mod clock;
mod conversation;
mod error;
mod fanout;
mod history;
mod journal;
mod limits;
mod live;
mod lobby;
mod metrics;
mod operator;
mod posted;
mod presence;
mod recheck;
mod registration;
mod sessions;
mod surface;
#[cfg(test)]
mod tests;
mod verification;
mod workers;

pub use agents::Agent;
pub use badge_source::{BadgeSource, PostHint, VouchError, VouchedAccount};
pub use bookmark::{BadBookmark, Bookmark, BookmarkText};
pub use chat::{Chat, Parts, Rules};
pub use clock::{Clock, Ids, Sleep};
pub use conversation::TAIL_MESSAGES;
pub use error::{Error, Noun, Unverified};
pub use history::{MOST_MISSED, NEWEST_ON_START, Page, PageFrom, Start};
pub use limits::{Action, AddressKey, BadLimit, Limit, Quota, Throttle};
pub use live::{Flow, Frames, Outlet};
pub use lobby::{Attendee, Stats};
pub use metrics::Metrics;
pub use posted::{Form, Posted};
pub use presence::{ONLINE_FOR, WRITE_EVERY};
pub use recheck::RECHECK_AFTER;
pub use registration::{Key, Registered};
pub use surface::{Caller, Surface, SurfaceLimits};
pub use tertulia_store::{AgentRecord, AuditEntry, Badge, CredentialRecord, Profile, StoreError};
pub use verification::CODE_LIFETIME;
