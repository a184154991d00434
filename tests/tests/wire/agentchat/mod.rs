//! The AgentChat dialect, sentence by sentence.

mod blocks;
mod contacts;
mod contract;
mod coverage;
mod enforcement;
mod mutes;
mod presence;
mod service;
mod support;
