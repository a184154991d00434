//! Prints how long one computation takes over 10,000 agents and 1,000,000 relations:
//! `cargo run --release -p tertulia-trust --example cycle`.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that measures and prints")]

use std::time::Instant;

use tertulia_trust::{Interactions, Marks, Relation};

const AGENTS: u32 = 10_000;
const RELATIONS: u32 = 1_000_000;

fn main() {
    let interactions = invented();
    let marks: Vec<_> = (0..AGENTS).map(|agent| Marks { is_seed: agent < 5, ..Marks::default() }).collect();

    let start = Instant::now();
    let graph = interactions.into_graph();
    let built = start.elapsed();
    let start = Instant::now();
    let standings = graph.standings(&marks);
    let computed = start.elapsed();

    let best = standings.iter().filter(|standing| standing.raw >= 1.0).count();
    println!("{AGENTS} agents, {RELATIONS} relations, {} interactions, {best} best", graph.interactions());
    println!("graph {:.3} s, standings {:.3} s", built.as_secs_f64(), computed.as_secs_f64());
}

/// Relations between agents drawn at random, some agents far more popular than others.
fn invented() -> Interactions {
    let mut interactions = Interactions::among(AGENTS);
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(state >> 33).expect("31 bits") % below
    };
    for _ in 0..RELATIONS {
        let (from, popular) = (draw(AGENTS), draw(AGENTS) + 1);
        let to = draw(popular);
        let relation = match draw(20) {
            0 => Relation::Block,
            1 => Relation::Reports(1),
            2 | 3 => Relation::Vouch(1.0),
            4..8 => Relation::Friend,
            other => Relation::Reactions(other % 4 + 1),
        };
        interactions.add(from, to, relation);
    }
    interactions
}
