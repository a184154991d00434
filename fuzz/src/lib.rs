//! Fuzz targets: what always holds for the parsers of the hub, whatever they are fed.
//!
//! A target is a plain function that panics when a property is broken. The tests replay `corpus/<target>/` through it;
//! `cargo +nightly fuzz run --features libfuzzer <target>` looks for more. To add one: a function in a module named
//! after the crate whose parser it feeds, a row in [`TARGETS`], files in `corpus/<target>/`, an entry point in
//! `fuzz_targets/<target>.rs` and its `[[bin]]`. The tests notice what is missing.

mod core;
mod edge;
mod images;
mod model;
mod moltchats;
mod rooms;

pub use core::{bookmarks, limits};

pub use edge::{forwarding, frames, preferences};
pub use images::avatars;
pub use model::{accounts, links, names, profiles, texts};
pub use moltchats::gateway_frames;
pub use rooms::{room_frames, room_plans};

/// A target: its name, and what it feeds.
pub type Target = (&'static str, fn(&[u8]));

/// Every target there is.
pub const TARGETS: &[Target] = &[
    ("accounts", accounts),
    ("avatars", avatars),
    ("bookmarks", bookmarks),
    ("forwarding", forwarding),
    ("frames", frames),
    ("gateway_frames", gateway_frames),
    ("limits", limits),
    ("links", links),
    ("names", names),
    ("preferences", preferences),
    ("profiles", profiles),
    ("room_frames", room_frames),
    ("room_plans", room_plans),
    ("texts", texts),
];
