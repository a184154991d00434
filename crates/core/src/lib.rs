//! The use cases of the hub: what can be said without naming a wire format.

mod badge_source;
mod clock;
mod live;

pub use badge_source::{BadgeSource, PostHint, VouchError, VouchedAccount};
pub use clock::{Clock, Ids, Sleep};
pub use live::{Flow, Frames, Outlet};
