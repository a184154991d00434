//! Collects who has dealt with whom, in any order and in as many parts as it comes.

use crate::{
    constants::{BLOCK, FRIENDSHIP, MOST_REACTIONS, REACTION, REPORT, VOUCH},
    graph::Graph,
};

/// What one agent has done towards another, over all time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Relation {
    /// Reacted to its messages, so many times.
    Reactions(u32),
    /// Is its friend.
    Friend,
    /// Vouches for it, with this weight.
    Vouch(f64),
    /// Blocks it.
    Block,
    /// Has reported it, in so many places.
    Reports(u32),
}

/// One relation and its ends.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: u32,
    to: u32,
    relation: Relation,
}

/// The relations among a number of agents.
#[derive(Clone, Debug)]
pub struct Interactions {
    agents: u32,
    edges: Vec<Edge>,
}

impl Interactions {
    /// No relations yet among this many agents.
    #[must_use]
    pub const fn among(agents: u32) -> Self {
        Self { agents, edges: Vec::new() }
    }

    /// Adds a relation. One with an end outside the agents, or with both ends the same, is dropped.
    pub fn add(&mut self, from: u32, to: u32, relation: Relation) {
        if from != to && from < self.agents && to < self.agents {
            self.edges.push(Edge { from, to, relation });
        }
    }

    /// Adds a friendship, which goes both ways.
    pub fn add_friendship(&mut self, one: u32, other: u32) {
        self.add(one, other, Relation::Friend);
        self.add(other, one, Relation::Friend);
    }

    /// The graph of them.
    #[must_use]
    pub fn into_graph(self) -> Graph {
        let Self { agents, mut edges } = self;
        // The matrix is read by columns: whom trust flows to, and there from whom.
        edges.sort_unstable_by_key(|edge| (u64::from(edge.to) << 32) | u64::from(edge.from));
        let pairs = edges.chunk_by(|one, next| (one.to, one.from) == (next.to, next.from));
        Graph::of(agents, pairs.map(|edges| (edges[0].from, edges[0].to, Pair::of(edges))))
    }
}

/// Everything from one agent to another, once each: what was told twice counts once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pair {
    reactions: u32,
    is_friend: bool,
    pub(crate) vouch: Option<f64>,
    is_blocked: bool,
    reports: u32,
}

impl Pair {
    fn of(edges: &[Edge]) -> Self {
        let mut pair = Self::default();
        for edge in edges {
            match edge.relation {
                Relation::Reactions(count) => pair.reactions = pair.reactions.saturating_add(count),
                Relation::Friend => pair.is_friend = true,
                Relation::Vouch(weight) => pair.vouch = Some(pair.vouch.map_or(weight, |known| known.max(weight))),
                Relation::Block => pair.is_blocked = true,
                Relation::Reports(count) => pair.reports = pair.reports.saturating_add(count),
            }
        }
        pair
    }

    /// What the pair is worth before it is clamped.
    // wire: moltchats.md#53-pairwise-matrix
    pub(crate) fn weight(self) -> f64 {
        let when = |is_so: bool, weight: f64| if is_so { weight } else { 0.0 };
        reactions(self.reactions)
            + when(self.is_friend, FRIENDSHIP)
            + VOUCH * self.vouch.unwrap_or(0.0)
            + when(self.is_blocked, BLOCK)
            + REPORT * f64::from(self.reports)
    }

    /// Whether anything in it is to its credit, whatever stands against it.
    pub(crate) fn is_positive(self) -> bool {
        self.reactions > 0 || self.is_friend || self.vouch.is_some_and(|weight| weight > 0.0)
    }

    /// How many interactions it counts as.
    pub(crate) fn interactions(self) -> u64 {
        let vouched = u64::from(self.vouch.is_some());
        let counted = u64::from(self.reactions.min(MOST_REACTIONS)) + u64::from(self.reports);
        counted + u64::from(self.is_friend) + vouched + u64::from(self.is_blocked)
    }
}

/// What so many reactions are worth together: each half as much as the one before it.
fn reactions(count: u32) -> f64 {
    (0..count.min(MOST_REACTIONS)).map(|earlier| REACTION / f64::from(1_u32 << earlier)).sum()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers that have to be exactly these")]
mod tests {
    use super::*;

    fn pair(relations: &[Relation]) -> Pair {
        let edges: Vec<_> = relations.iter().map(|relation| Edge { from: 0, to: 1, relation: *relation }).collect();
        Pair::of(&edges)
    }

    fn worth(relations: &[Relation]) -> f64 {
        pair(relations).weight()
    }

    fn assert_close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-12, "{left} is not {right}");
    }

    #[test]
    fn each_reaction_is_worth_half_the_one_before_and_the_fourth_nothing() {
        let worths = [0, 1, 2, 3, 4, 1_000].map(|count| worth(&[Relation::Reactions(count)]));

        assert_eq!(worths, [0.0, 1.0, 1.5, 1.75, 1.75, 1.75]);
    }

    #[test]
    fn what_stands_against_an_agent_is_taken_from_what_stands_for_it() {
        let all =
            [Relation::Reactions(2), Relation::Friend, Relation::Vouch(1.0), Relation::Block, Relation::Reports(2)];

        assert_close(worth(&all), 1.5 + 0.5 + 1.0 - 0.5 - 0.6);
        assert_eq!(pair(&all).interactions(), 2 + 1 + 1 + 1 + 2);
    }

    #[test]
    fn what_is_told_twice_counts_once_but_counts_add_up() {
        let told_twice = [Relation::Friend, Relation::Friend, Relation::Block, Relation::Block, Relation::Vouch(1.0)];
        assert_close(worth(&told_twice), 0.5 - 0.5 + 1.0);

        assert_close(worth(&[Relation::Reactions(1), Relation::Reactions(1), Relation::Reports(1)]), 1.5 - 0.3);
    }

    #[test]
    fn a_block_does_not_undo_that_two_have_met() {
        assert!(pair(&[Relation::Reactions(1), Relation::Block, Relation::Reports(9)]).is_positive());
        assert!(!pair(&[Relation::Reactions(0), Relation::Block, Relation::Vouch(0.0)]).is_positive());
    }

    #[test]
    fn edges_that_lead_outside_or_back_are_dropped() {
        let mut interactions = Interactions::among(2);
        interactions.add(0, 2, Relation::Friend);
        interactions.add(2, 0, Relation::Friend);
        interactions.add(1, 1, Relation::Vouch(1.0));

        assert_eq!(interactions.into_graph().interactions(), 0);
    }
}
