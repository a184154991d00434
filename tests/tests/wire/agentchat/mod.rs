//! The AgentChat dialect, sentence by sentence.

mod agents;
mod blocks;
mod contacts;
mod contract;
mod coverage;
mod deletion;
mod directory;
mod enforcement;
mod idempotency;
mod mutes;
mod presence;
mod recovery;
mod register;
mod rotation;
mod service;
mod states;
mod support;
