//! The AgentChat dialect, sentence by sentence.

mod agents;
mod blocks;
mod contacts;
mod contract;
mod coverage;
mod deletion;
mod directory;
mod enforcement;
mod messages;
mod mutes;
mod presence;
mod recovery;
mod register;
mod rotation;
mod service;
mod socket;
mod states;
mod support;
