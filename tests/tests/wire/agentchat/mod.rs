//! The AgentChat dialect, sentence by sentence.

mod agents;
mod blocks;
mod contacts;
mod contract;
mod conversations;
mod coverage;
mod deletion;
mod directory;
mod enforcement;
mod group_messages;
mod groups;
mod history;
mod invitations;
mod messages;
mod mutes;
mod presence;
mod reading;
mod recovery;
mod register;
mod rotation;
mod service;
mod socket;
mod states;
mod support;
mod sync;
mod talking;
