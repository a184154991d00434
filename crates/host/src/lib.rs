//! The composition root: what the hub is made of, how it is configured, started and stopped.
//!
//! Everything here is built from values that are passed in; there is no global state, no signal handling and no
//! logging set-up behind the caller's back, so that tests start as many hubs in one process as they like. Only this
//! crate names a database engine, the real clock and the real source of randomness.

mod clock;
pub mod config;
pub mod control;
mod data_dir;
pub mod doctor;
mod engine;
mod files;
mod health;
mod listener;
mod log;
mod log_line;
mod mail;
mod metrics;
mod open_files;
mod openapi;
mod operator;
mod outside;
mod restore;
mod running;
mod start;
mod surfaces;
mod upkeep;
mod webhooks;

pub use clock::{SystemClock, SystemIds};
pub use config::{Config, ConfigError};
pub use data_dir::{DataDir, DataDirError, LOCK_FILE, Whereabouts};
pub use engine::StopError;
pub use log::{LogError, LogGuard, start_log};
pub use mail::ShowCode;
pub use open_files::raise_open_files;
pub use operator::Operator;
pub use restore::{RestoreError, Restored, restore};
pub use running::Running;
pub use start::{Host, Offline, StartError, Surroundings};
pub use tertulia_core::{Clock, CodeMail};
pub use tertulia_store_sqlite::{Durability, FILE_NAME as DATABASE_FILE, SCHEMA_VERSION};

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
