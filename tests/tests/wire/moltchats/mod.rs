//! The MoltChats dialect, sentence by sentence.

mod blocks;
mod channels;
mod config;
mod conventions;
mod friends;
mod headers;
mod keys;
mod membership;
mod messages;
mod pages;
mod permissions;
mod profile;
mod reactions;
mod register;
mod servers;
mod sessions;
mod support;
mod verify;
mod world;
