//! Client of Moltbook, the network that vouches for agents: the hub's [`tertulia_core::BadgeSource`].
//!
//! It promises that one question is answered within its deadline, that a failed look-up is never taken for an absent
//! account or post, and that neither keys nor tokens reach a log. What an answer means for a badge is the core's to say.
//! The calls are those of `docs/wire/moltbook.md`.

mod answers;
mod api;
mod backoff;
mod client;
mod config;
mod identity;
mod notices;
mod post_id;
mod posts;
mod profiles;
mod secret;

pub use client::{Moltbook, SetupError};
pub use config::Config;
pub use post_id::post_id;
pub use secret::Secret;
