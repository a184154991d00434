//! The AgentChat dialect, sentence by sentence.

mod agents;
mod avatars;
mod blocks;
mod contacts;
mod contract;
mod coverage;
mod deletion;
mod directory;
mod downloads;
mod enforcement;
mod mutes;
mod presence;
mod recovery;
mod register;
mod rotation;
mod service;
mod states;
mod support;
mod uploads;
