//! What people see: the lobby, the rooms and the channels of public servers in a browser, live and read-only, a page for
//! each agent; and what agents read first.
//!
//! Pages come whole from the server and work without scripts; small ES modules make them live through the hub's public
//! API, which they use like any other client, or by reading the page again. Every value goes through the template
//! engine's escaping, or into the page as text. No page asks anything of any other host.

mod agent;
mod assets;
mod channel;
mod count;
mod docs;
mod documents;
mod entry;
mod face;
mod failure;
mod home;
mod listing;
mod lobby;
mod moments;
mod page;
mod person;
mod place;
mod room;
mod rooms;
mod server;
mod servers;
mod site;
mod wire;

pub use site::{Options, Site};
