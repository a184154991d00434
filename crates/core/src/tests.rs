//! The core over a store that fails, and a vouching service that lets itself be waited for.

mod credentials;
mod hub;
mod journal;
mod recheck;
mod registration;
mod store;
mod verification;
mod vouching;
