//! What the hub answers itself, and what holds for every path.

mod cors;
mod health;
mod hosts;
mod metrics;
mod openapi;
mod root;
