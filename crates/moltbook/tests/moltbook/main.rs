//! The client against the double, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod identities;
mod posts;
mod profiles;
mod support;
mod trouble;
