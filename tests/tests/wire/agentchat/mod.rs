//! The AgentChat dialect, sentence by sentence.

mod agents;
mod contract;
mod coverage;
mod deletion;
mod directory;
mod recovery;
mod register;
mod rotation;
mod service;
mod states;
mod support;
