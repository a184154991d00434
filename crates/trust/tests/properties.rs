//! What holds for every society: the order of events and the numbering of agents change nothing, and the sparse
//! computation gives what the formulas give when they are written down as they stand.
#![expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "small counts; sums that have to be exactly equal")]

use proptest::{collection::vec, prelude::*, sample::Index};
use tertulia_trust::{Interactions, Marks, Matrix, Relation, Standing, flags, karma};

/// A society as it is told: who did what to whom.
#[derive(Clone, Debug)]
struct Told {
    agents: u32,
    events: Vec<(u32, u32, Relation)>,
    marks: Vec<Marks>,
}

impl Told {
    fn standings(&self) -> Vec<Standing> {
        let mut interactions = Interactions::among(self.agents);
        for (from, to, relation) in &self.events {
            interactions.add(*from, *to, *relation);
        }
        interactions.into_graph().standings(&self.marks)
    }

    /// The same society with the agents renumbered: who was `i` is now `new[i]`.
    fn renumbered(&self, new: &[u32]) -> Self {
        let of = |agent: u32| new.get(agent as usize).copied().unwrap_or(agent);
        let events = self.events.iter().map(|(from, to, relation)| (of(*from), of(*to), *relation)).collect();
        let mut marks = self.marks.clone();
        for (old, new) in new.iter().enumerate() {
            marks[*new as usize] = self.marks[old];
        }
        Self { agents: self.agents, events, marks }
    }

    /// Whether exactly one group is the largest, so that no tie is to be broken by the order of the agents.
    fn has_one_largest_group(&self) -> bool {
        let mut group: Vec<u32> = (0..self.agents).collect();
        for (from, to, relation) in &self.events {
            let joins = matches!(relation, Relation::Reactions(1..) | Relation::Friend | Relation::Vouch(_));
            if joins && *from < self.agents && *to < self.agents {
                let (gone, stays) = (group[*from as usize], group[*to as usize]);
                group.iter_mut().filter(|group| **group == gone).for_each(|group| *group = stays);
            }
        }
        let mut sizes: Vec<_> = (0..self.agents).map(|of| group.iter().filter(|group| **group == of).count()).collect();
        sizes.sort_unstable();
        sizes.len() < 2 || sizes[sizes.len() - 1] > sizes[sizes.len() - 2]
    }
}

fn relations() -> impl Strategy<Value = Relation> {
    prop_oneof![
        4 => (0_u32..5).prop_map(Relation::Reactions),
        3 => Just(Relation::Friend),
        2 => Just(Relation::Vouch(1.0)),
        1 => Just(Relation::Block),
        1 => (1_u32..4).prop_map(Relation::Reports),
    ]
}

fn societies() -> impl Strategy<Value = Told> {
    (1_u32..24).prop_flat_map(|agents| {
        // One number more than there are agents: some edges lead outside.
        let events = vec((0..=agents, 0..=agents, relations()), 0..80);
        let marks = vec((prop::bool::weighted(0.1), prop::bool::weighted(0.1)), agents as usize);
        (events, marks).prop_map(move |(events, marks)| {
            let marks = marks.into_iter().map(|(is_seed, is_quarantined)| Marks { is_seed, is_quarantined }).collect();
            Told { agents, events, marks }
        })
    })
}

fn shuffled<T: Clone>(items: &[T], order: &[Index]) -> Vec<T> {
    let mut items = items.to_vec();
    for (at, index) in order.iter().enumerate().take(items.len()) {
        let other = index.index(items.len());
        items.swap(at, other);
    }
    items
}

/// The rounds as the formulas say, with every entry of the matrix written out.
fn dense_scores(agents: usize, weights: &[Vec<f64>], seeds: &[u32]) -> Vec<f64> {
    let n = agents as f64;
    let row = |weights: &Vec<f64>| -> Vec<f64> {
        let clamped: Vec<f64> = weights.iter().map(|weight| weight.max(0.0)).collect();
        let sum: f64 = clamped.iter().sum();
        clamped.iter().map(|weight| if sum > 0.0 { weight / sum } else { 1.0 / n }).collect()
    };
    let matrix: Vec<Vec<f64>> = weights.iter().map(row).collect();
    let given = |agent: usize| {
        let is_seed = seeds.iter().any(|seed| *seed as usize == agent);
        if seeds.is_empty() {
            1.0 / n
        } else if is_seed {
            1.0 / seeds.len() as f64
        } else {
            0.0
        }
    };
    let mut trust = vec![1.0 / n; agents];
    for _ in 0..50 {
        let flowed = |to: usize| (0..agents).map(|from| matrix[from][to] * trust[from]).sum::<f64>();
        let next: Vec<f64> = (0..agents).map(|to| 0.85 * flowed(to) + 0.15 * given(to)).collect();
        let change = next.iter().zip(&trust).map(|(next, trust)| (next - trust).abs()).fold(0.0, f64::max);
        trust = next;
        if change < 1e-6 {
            break;
        }
    }
    let best = trust.iter().copied().fold(0.0, f64::max);
    trust.iter().map(|trust| trust / best).collect()
}

proptest! {
    #[test]
    fn the_order_of_events_does_not_matter(told in societies(), order in vec(any::<Index>(), 80)) {
        let events = shuffled(&told.events, &order);

        prop_assert_eq!(told.standings(), Told { events, ..told }.standings());
    }

    #[test]
    fn the_numbering_of_agents_does_not_matter(told in societies(), order in vec(any::<Index>(), 24)) {
        prop_assume!(told.has_one_largest_group());
        let numbers: Vec<u32> = shuffled(&(0..told.agents).collect::<Vec<_>>(), &order);
        let (before, after) = (told.standings(), told.renumbered(&numbers).standings());

        for (old, new) in numbers.iter().enumerate() {
            let (before, after) = (before[old], after[*new as usize]);
            prop_assert!((before.raw - after.raw).abs() < 1e-4, "{:?} {:?}", before, after);
            prop_assert!((before.score - after.score).abs() < 1e-4, "{:?} {:?}", before, after);
            let is_at_the_edge = [0.3, 0.6].iter().any(|edge| (before.score - edge).abs() < 1e-4);
            prop_assert!(before.tier == after.tier || is_at_the_edge, "{:?} {:?}", before, after);
        }
    }

    #[test]
    fn scores_are_shares_of_the_best(told in societies()) {
        let standings = told.standings();

        prop_assert!(standings.iter().all(|s| (0.0..=1.0).contains(&s.raw) && (0.0..=1.0).contains(&s.score)));
        prop_assert!(standings.iter().any(|s| (s.raw - 1.0).abs() < 1e-12));
    }

    #[test]
    fn rows_sum_to_one(agents in 1_u32..12, weights in vec((0_u32..12, 0_u32..12, -1.0..2.0_f64), 0..60)) {
        let matrix = Matrix::of(agents, weights);

        for from in 0..agents {
            let sum: f64 = (0..agents).map(|to| matrix.share(from, to)).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn sparse_is_dense(
        agents in 1_u32..12,
        weights in vec((0_u32..12, 0_u32..12, -1.0..2.0_f64), 0..60),
        seeds in vec(any::<Index>(), 0..3),
    ) {
        let mut seeds: Vec<u32> = seeds.iter().map(|seed| u32::try_from(seed.index(agents as usize)).unwrap()).collect();
        seeds.sort_unstable();
        seeds.dedup();
        let mut dense = vec![vec![0.0; agents as usize]; agents as usize];
        for (from, to, weight) in weights.iter().filter(|(from, to, _)| from != to && *from < agents && *to < agents) {
            dense[*from as usize][*to as usize] += weight;
        }

        let sparse = Matrix::of(agents, weights).raw_scores(&seeds);

        for (sparse, dense) in sparse.iter().zip(dense_scores(agents as usize, &dense, &seeds)) {
            prop_assert!((sparse - dense).abs() < 1e-4);
        }
    }

    #[test]
    fn the_order_of_flags_does_not_matter(
        weights in vec(0.1..1.5_f64, 0..12),
        order in vec(any::<Index>(), 12),
    ) {
        let other = shuffled(&weights, &order);

        prop_assert_eq!(flags::reach_quarantine(weights), flags::reach_quarantine(other));
    }

    #[test]
    fn the_order_of_reactions_does_not_matter_to_karma(
        reactions in vec((0_i64..4, 0_u64..90), 0..20),
        order in vec(any::<Index>(), 20),
        blocks in 0_u32..2,
    ) {
        let received = |(from, days): &(i64, u64)| karma::Received { from: *from, age: std::time::Duration::from_hours(24 * days) };
        let told: Vec<_> = reactions.iter().map(received).collect();
        let other = shuffled(&told, &order);

        prop_assert_eq!(karma::normalised(told, blocks, 0), karma::normalised(other, blocks, 0));
    }
}
