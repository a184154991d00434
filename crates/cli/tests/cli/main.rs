//! The real binary, each test with directories and ports of its own.

mod admin;
mod backup;
mod clients;
mod configuration;
mod help;
mod hub;
mod serve;
