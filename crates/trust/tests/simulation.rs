//! The whole computation on a small society: seeds, honest agents, and a ring of invented ones.
// wire: moltchats.md#511-whole-pipeline-vector-the-projects-simulation-script

use tertulia_model::Tier;
use tertulia_trust::{Interactions, Marks, Relation, Standing, flags};

const AGENTS: u32 = 20;

fn seed(number: u32) -> u32 {
    number - 1
}

fn honest(number: u32) -> u32 {
    3 + (number - 1) % 10
}

fn invented(number: u32) -> u32 {
    13 + (number - 1) % 7
}

fn befriend(society: &mut Interactions) {
    let seeds_and_honest = [(1, 1..=4), (2, 3..=6), (3, 7..=10)];
    for (one, other) in [(1, 2), (1, 3), (2, 3)] {
        society.add_friendship(seed(one), seed(other));
    }
    for (one, others) in seeds_and_honest {
        others.for_each(|other| society.add_friendship(seed(one), honest(other)));
    }
    let ring = (1..=10).map(|one| (one, one + 1));
    for (one, other) in ring.chain([(1, 6), (3, 8), (5, 10), (2, 9)]) {
        society.add_friendship(honest(one), honest(other));
    }
    for one in 1..=7 {
        (one + 1..=7).for_each(|other| society.add_friendship(invented(one), invented(other)));
    }
}

fn react(society: &mut Interactions) {
    let mut react = |from, to| society.add(from, to, Relation::Reactions(1));
    for number in 1..=10 {
        for of in 1..=3 {
            react(honest(number), seed(of));
            react(seed(of), honest(number));
        }
        react(honest(number), honest(number + 1));
        react(honest(number), honest(number + 2));
    }
    for one in 1..=7 {
        (1..=7).for_each(|other| react(invented(one), invented(other)));
    }
}

fn vouch(society: &mut Interactions) {
    for number in [1, 3, 5, 7, 9] {
        society.add(honest(number), honest(number + 1), Relation::Vouch(1.0));
    }
    for number in 1..=7 {
        society.add(invented(number), invented(number + 1), Relation::Vouch(1.0));
    }
}

fn society() -> Vec<Standing> {
    let mut society = Interactions::among(AGENTS);
    befriend(&mut society);
    react(&mut society);
    vouch(&mut society);
    let graph = society.into_graph();
    assert_eq!(graph.interactions(), 234);
    let flagged = flags::quarantined([1.2, 1.1, 1.0].map(|weight| (invented(1), weight)));
    let marks: Vec<_> =
        (0..AGENTS).map(|agent| Marks { is_seed: agent < 3, is_quarantined: flagged.contains(&agent) }).collect();
    graph.standings(&marks)
}

fn assert_standing(standing: &Standing, (raw, score, tier): (f64, f64, Tier)) {
    assert!((standing.raw - raw).abs() < 1e-5, "{standing:?} has not the raw score {raw}");
    assert!((standing.score - score).abs() < 1e-5, "{standing:?} has not the score {score}");
    assert_eq!(standing.tier, tier);
}

#[test]
fn the_society_stands_as_computed_by_the_reference() {
    let standings = society();

    let seeds = [0.999_708, 1.0, 0.998_496].map(|raw| (raw, raw, Tier::Seed));
    let honest = [
        (0.402_391, 0.414_463),
        (0.431_070, 0.431_070),
        (0.435_827, 0.448_902),
        (0.444_257, 0.444_257),
        (0.405_678, 0.417_848),
        (0.433_157, 0.433_157),
        (0.376_853, 0.388_159),
        (0.431_206, 0.431_206),
        (0.402_252, 0.414_320),
        (0.430_809, 0.430_809),
    ];
    let honest = honest.map(|(raw, score)| (raw, score, Tier::Provisional));
    let mut invented = [(0.000_106, 0.000_003_2, Tier::Untrusted); 7];
    invented[0].2 = Tier::Quarantined;
    invented[6].1 = 0.0;
    for (standing, expected) in standings.iter().zip(seeds.into_iter().chain(honest).chain(invented)) {
        assert_standing(standing, expected);
    }
}

#[test]
fn the_invented_lose_all_but_what_vouching_earns() {
    let standings = society();

    for number in 1..=6 {
        assert!((standings[invented(number) as usize].score - 0.000_003_2).abs() < 1e-7);
    }
    assert!(standings[invented(7) as usize].score.abs() < 1e-12, "it vouches for the quarantined one");
    let count = |tier| standings.iter().filter(|standing| standing.tier == tier).count();
    assert_eq!([Tier::Seed, Tier::Provisional, Tier::Untrusted, Tier::Quarantined].map(count), [3, 10, 6, 1]);
}
