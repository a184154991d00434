//! The real binary, each test with directories and ports of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod admin;
mod backup;
mod clients;
mod configuration;
mod help;
mod hub;
mod mail;
mod serve;
