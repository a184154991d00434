//! How much of its trust each agent gives to each other, and what all have in the end.

use crate::constants::{DAMPING, MOST_ROUNDS, SETTLED};

/// The weights among agents, each row divided by its sum. Held by columns: one array of who gives and one of how much,
/// with the place where each receiver's part begins, so that a round reads memory from front to back.
///
/// A row without weight stands for equal shares to all, itself included. It is held as that fact, not as numbers.
// wire: moltchats.md#53-pairwise-matrix
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Where the column of each agent begins; one more at the end.
    begins: Vec<u32>,
    givers: Vec<u32>,
    shares: Vec<f64>,
    /// Agents that give nothing to anybody in particular.
    idle: Vec<u32>,
}

impl Matrix {
    /// From raw weights in any order. Those of the same ends are summed, and then what is below zero becomes zero; an
    /// edge with an end outside the agents, or with both ends the same, is dropped.
    #[must_use]
    pub fn of(agents: u32, weights: impl IntoIterator<Item = (u32, u32, f64)>) -> Self {
        let is_edge = |(from, to, _): &(u32, u32, f64)| from != to && *from < agents && *to < agents;
        let mut weights: Vec<_> = weights.into_iter().filter(is_edge).collect();
        weights.sort_unstable_by(|one, next| (one.1, one.0).cmp(&(next.1, next.0)).then(one.2.total_cmp(&next.2)));
        let mut builder = MatrixBuilder::among(agents);
        for pair in weights.chunk_by(|one, next| (one.1, one.0) == (next.1, next.0)) {
            builder.push(pair[0].0, pair[0].1, pair.iter().map(|(_, _, weight)| weight).sum());
        }
        builder.build()
    }

    /// How many agents there are.
    #[must_use]
    pub fn agents(&self) -> usize {
        self.begins.len() - 1
    }

    /// The share of its trust that `from` gives to `to`.
    ///
    /// # Panics
    ///
    /// If one of them is not among the agents.
    #[must_use]
    pub fn share(&self, from: u32, to: u32) -> f64 {
        assert!((from as usize) < self.agents(), "an agent outside the graph");
        if self.idle.binary_search(&from).is_ok() {
            return 1.0 / float(self.agents());
        }
        let column = self.column(to as usize);
        self.givers[column.clone()].binary_search(&from).map_or(0.0, |found| self.shares[column.start + found])
    }

    /// The raw score of every agent: its part of all trust, once that has settled, relative to the best agent's.
    /// Trust springs from the `seeds`; where there are none, from all alike.
    // wire: moltchats.md#54-power-iteration
    #[must_use]
    pub fn raw_scores(&self, seeds: &[u32]) -> Vec<f64> {
        let agents = self.agents();
        let spring = self.spring(seeds);
        let mut trust = vec![1.0 / float(agents); agents];
        let mut next = vec![0.0; agents];
        for _ in 0..MOST_ROUNDS {
            let change = self.round(&spring, &trust, &mut next);
            std::mem::swap(&mut trust, &mut next);
            if change < SETTLED {
                break;
            }
        }
        let best = trust.iter().copied().fold(0.0, f64::max);
        trust.into_iter().map(|trust| trust / best).collect()
    }

    /// Lets all trust flow once, from `trust` into `next`. The largest change comes back.
    fn round(&self, spring: &[f64], trust: &[f64], next: &mut [f64]) -> f64 {
        let spread: f64 = self.idle.iter().map(|idle| trust[*idle as usize]).sum::<f64>() / float(trust.len());
        let mut largest = 0.0_f64;
        for (to, next) in next.iter_mut().enumerate() {
            let column = self.column(to);
            let (givers, shares) = (&self.givers[column.clone()], &self.shares[column]);
            let given: f64 = givers.iter().zip(shares).map(|(from, share)| share * trust[*from as usize]).sum();
            *next = (1.0 - DAMPING) * (given + spread) + DAMPING * spring[to];
            largest = largest.max((*next - trust[to]).abs());
        }
        largest
    }

    /// What each agent is given anew in each round.
    fn spring(&self, seeds: &[u32]) -> Vec<f64> {
        let agents = self.agents();
        if seeds.is_empty() {
            return vec![1.0 / float(agents); agents];
        }
        let mut spring = vec![0.0; agents];
        for seed in seeds {
            spring[*seed as usize] = 1.0 / float(seeds.len());
        }
        spring
    }

    fn column(&self, to: usize) -> std::ops::Range<usize> {
        self.begins[to] as usize..self.begins[to + 1] as usize
    }
}

/// Takes the weights of a matrix column by column.
#[derive(Debug)]
pub(crate) struct MatrixBuilder {
    agents: u32,
    begins: Vec<u32>,
    givers: Vec<u32>,
    weights: Vec<f64>,
}

impl MatrixBuilder {
    pub(crate) fn among(agents: u32) -> Self {
        Self { agents, begins: vec![0], givers: Vec::new(), weights: Vec::new() }
    }

    /// Adds the weight of a pair; what is not above zero is nothing. Pairs come in the order of whom they lead to, and
    /// there of whom they come from.
    pub(crate) fn push(&mut self, from: u32, to: u32, weight: f64) {
        if weight > 0.0 {
            self.begin(to);
            self.givers.push(from);
            self.weights.push(weight);
        }
    }

    pub(crate) fn build(mut self) -> Matrix {
        self.begin(self.agents);
        let mut sums = vec![0.0; self.agents as usize];
        for (from, weight) in self.givers.iter().zip(&self.weights) {
            sums[*from as usize] += weight;
        }
        for (from, weight) in self.givers.iter().zip(&mut self.weights) {
            *weight /= sums[*from as usize];
        }
        let idle = (0..self.agents).filter(|agent| sums[*agent as usize] <= 0.0).collect();
        Matrix { begins: self.begins, givers: self.givers, shares: self.weights, idle }
    }

    /// Ends the columns before that of `to`.
    fn begin(&mut self, to: u32) {
        let filled = u32::try_from(self.givers.len()).expect("memory ends before four thousand million pairs");
        let columns = (to as usize + 1).max(self.begins.len());
        self.begins.resize(columns, filled);
    }
}

/// A number of agents, which is below 2^32.
#[expect(clippy::cast_precision_loss, reason = "a number of agents is far below 2^53")]
fn float(agents: usize) -> f64 {
    agents as f64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers that have to be exactly these")]
mod tests {
    use super::*;

    /// Raw scores of a network whose edges all weigh 1.
    fn scores(agents: u32, edges: &[(u32, u32)], seeds: &[u32]) -> Vec<f64> {
        Matrix::of(agents, edges.iter().map(|(from, to)| (*from, *to, 1.0))).raw_scores(seeds)
    }

    fn assert_scores(scores: &[f64], expected: &[f64]) {
        assert_eq!(scores.len(), expected.len());
        for (score, expected) in scores.iter().zip(expected) {
            assert!((score - expected).abs() < 1e-4, "{scores:?} is not {expected:?}");
        }
    }

    #[test]
    fn trust_fades_along_a_ring() {
        let ring = scores(3, &[(0, 1), (1, 2), (2, 0)], &[0]);

        assert_scores(&ring, &[1.0, 0.85, 0.7225]);
        assert!(ring.iter().all(|score| *score > 0.0 && *score <= 1.0));
    }

    #[test]
    fn who_is_alone_has_next_to_nothing() {
        let [seed, friend, alone] = scores(3, &[(0, 1), (1, 0)], &[0])[..] else { panic!("three agents") };

        assert_scores(&[seed, friend, alone], &[1.0, 0.85, 0.0]);
        assert!(alone > 0.0 && alone < 1e-27 && seed > alone && friend > alone);
    }

    #[test]
    fn a_ring_of_invented_agents_has_less_than_one_honest_agent() {
        let network = scores(5, &[(0, 1), (1, 0), (2, 3), (3, 4), (4, 2)], &[0]);

        assert_scores(&network, &[1.0, 0.85, 0.000_109, 0.000_109, 0.000_109]);
        assert!(network[2..].iter().all(|invented| network[1] > *invented));
    }

    #[test]
    fn a_row_without_weight_stands_for_equal_shares() {
        let matrix = Matrix::of(2, [(0, 1, -5.0)]);

        assert_eq!([(0, 1), (0, 0), (1, 0)].map(|(from, to)| matrix.share(from, to)), [0.5; 3]);
        assert_scores(&matrix.raw_scores(&[]), &[1.0, 1.0]);
    }

    #[test]
    fn rows_are_divided_by_their_sums() {
        let matrix = Matrix::of(3, [(0, 1, 1.0), (0, 2, 2.0), (0, 2, 1.0), (0, 2, -0.5), (0, 9, 1.0), (0, 0, 1.0)]);

        assert_eq!([1, 2, 0].map(|to| matrix.share(0, to)), [1.0 / 3.5, 2.5 / 3.5, 0.0]);
    }

    #[test]
    fn nobody_is_an_empty_result() {
        assert_eq!(scores(0, &[], &[]), []);
    }

    #[test]
    fn without_seeds_trust_springs_from_all() {
        assert_scores(&scores(4, &[(1, 0), (2, 0), (3, 0)], &[]), &[1.0, 0.281_69, 0.281_69, 0.281_69]);
    }

    #[test]
    fn edges_below_zero_are_none() {
        let [s, x, y, z] = [0, 1, 2, 3];
        let weights = [(s, x, 1.0), (s, y, 0.5), (x, y, 0.5), (y, x, 0.5), (x, s, 0.25), (z, x, 1.0), (x, z, -0.5)];

        assert_scores(&Matrix::of(4, weights).raw_scores(&[s]), &[0.641_900, 1.0, 0.748_539, 0.0]);
    }
}
