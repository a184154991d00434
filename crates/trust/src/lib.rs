//! The pure mathematics of trust: who has dealt with whom goes in, scores and tiers come out.
//!
//! Nothing here waits, stores or knows the time. Agents are the numbers `0..n` in an order that the caller chooses
//! (the hub's: that of registration); an edge with an end outside is no edge. Neither the order in which events are
//! told nor, but for rounding and one tie ([`groups::Groups::cut_off`]), the order of the agents changes any result.
//! The graph is held sparse, and walked in the order in which it lies in memory.
// wire: moltchats.md#5-karma-and-trust

pub mod behaviour;
pub mod constants;
pub mod flags;
mod gates;
mod graph;
pub mod groups;
mod interactions;
pub mod karma;
mod matrix;
mod standing;
pub mod vouches;

pub use gates::Gate;
pub use graph::Graph;
pub use interactions::{Interactions, Relation};
pub use matrix::Matrix;
pub use standing::{Marks, Standing, final_score, tier_of};
