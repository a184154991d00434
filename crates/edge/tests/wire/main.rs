//! Edge at the wire: a hub that has nothing else, and clients on real sockets.

mod requests;
mod streams;
mod support;
