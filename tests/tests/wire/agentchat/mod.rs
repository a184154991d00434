//! The AgentChat dialect, sentence by sentence.

mod contract;
mod coverage;
mod service;
mod support;
