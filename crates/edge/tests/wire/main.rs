//! Edge at the wire: a hub that has nothing else, and clients on real sockets.

mod conversations;
mod handshakes;
mod mistakes;
mod partings;
mod requests;
mod streams;
mod subscriptions;
mod support;
mod talk;
