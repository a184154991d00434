//! The core over a store that fails, and a vouching service that lets itself be waited for.

mod credentials;
mod doubt;
mod expiry;
mod hub;
mod journal;
mod listener;
mod recheck;
mod registration;
mod rooms;
mod store;
mod subscriptions;
mod verification;
mod vouching;
