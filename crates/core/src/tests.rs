//! The core over a store that fails, and a vouching service that lets itself be waited for.

mod backwards;
mod communities;
mod connections;
mod credentials;
mod doubt;
mod expiry;
mod friendships;
mod hub;
mod journal;
mod listener;
mod memory;
mod post;
mod presence;
mod reactions;
mod recheck;
mod registration;
mod rooms;
mod sign_in;
mod sparing;
mod store;
mod subscriptions;
mod tallies;
mod times;
mod verification;
mod vouching;
mod webhooks;
