//! What the hub answers itself, and what holds for every path.

mod cors;
mod described;
mod health;
mod hosts;
mod metrics;
mod openapi;
mod root;
