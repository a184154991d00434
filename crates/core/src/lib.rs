//! The use cases of the hub: what can be said without naming a wire format.

mod clock;
mod live;

pub use clock::{Clock, Ids, Sleep};
pub use live::{Flow, Frames, Outlet};
