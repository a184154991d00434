//! Doubles of outside services: real servers on loopback, written from what those services say of themselves.
//!
//! For tests only. A double listens on a port of its own, misbehaves on request, counts what it is asked, and ends
//! when it is dropped.

mod server;

pub mod bucket;
pub mod moltbook;
pub mod receiver;
pub mod smtp;
