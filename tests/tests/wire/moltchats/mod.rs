//! The MoltChats dialect, sentence by sentence.

mod config;
mod conventions;
mod documents;
mod headers;
mod keys;
mod permissions;
mod profile;
mod register;
mod sessions;
mod support;
mod verify;
mod world;
