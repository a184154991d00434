//! The default engine: one SQLite file.
//!
//! One connection writes, a few read, one checkpoints; each has a thread of its own in the driver. The write-ahead log
//! is synced at every commit, so what a method has answered survives a power cut. SQL stands where it runs and is
//! checked by tests, not at compile time (`docs/decisions/0002-sql-statements-checked-by-tests.md`).
//!
//! Cancel safety: a dropped future leaves its transaction rolled back or committed whole, and the store usable.

mod accounts;
mod address_windows;
mod agents;
mod answers;
mod attachments;
mod audit;
mod badges;
mod bans;
mod channels;
mod checkpoint;
mod commit;
mod communities;
mod community_lists;
mod community_members;
mod community_sweep;
mod contacts;
mod contents;
mod conversations;
mod copy;
#[cfg(test)]
mod cost;
mod credentials;
mod departures;
mod directory;
mod directs;
mod discovery;
mod email_codes;
mod endpoints;
mod enforcement;
mod envelopes;
mod esteem;
mod failure;
mod group_changes;
mod group_invitations;
mod groups;
mod hub;
mod identity;
mod inbox;
mod inspect;
mod interactions;
mod messages;
mod mutes;
mod observers;
mod occasions;
mod open;
mod options;
mod outbox;
mod page;
mod participants;
mod pending;
mod presence;
mod reactions;
mod readers;
mod relations;
mod reports;
mod rooms;
mod rows;
mod schema;
mod sessions;
mod standings;
mod store;
mod sweep;
mod tallies;
mod thread_list;
mod threads;
mod trials;
mod trust;
mod unread;
mod unsent_mails;
mod writer;

pub use inspect::{Inspection, inspect, set_epoch};
pub use open::OpenError;
pub use options::{Durability, SqliteOptions};
pub use schema::SCHEMA_VERSION;
pub use store::{FILE_NAME, SqliteStore};
