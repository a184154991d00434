//! Who has dealt with whom, in the three shapes in which it is asked about.

use crate::{
    groups::{Grouping, Groups},
    interactions::Pair,
    matrix::{Matrix, MatrixBuilder},
};

/// The graph of all relations among the agents, ready to be computed with.
#[derive(Clone, Debug)]
pub struct Graph {
    matrix: Matrix,
    groups: Groups,
    /// From whom, for whom.
    vouches: Vec<(u32, u32)>,
    interactions: u64,
}

impl Graph {
    /// From pairs in the order of whom they lead to, and there of whom they come from.
    pub(crate) fn of(agents: u32, pairs: impl Iterator<Item = (u32, u32, Pair)>) -> Self {
        let (mut matrix, mut grouping) = (MatrixBuilder::among(agents), Grouping::among(agents));
        let (mut vouches, mut interactions) = (Vec::new(), 0);
        for (from, to, pair) in pairs {
            matrix.push(from, to, pair.weight());
            if pair.is_positive() {
                grouping.join(from, to);
            }
            if pair.vouch.is_some() {
                vouches.push((from, to));
            }
            interactions += pair.interactions();
        }
        Self { matrix: matrix.build(), groups: grouping.finish(), vouches, interactions }
    }

    /// How many agents there are.
    #[must_use]
    pub fn agents(&self) -> usize {
        self.matrix.agents()
    }

    /// How much of its trust everybody gives to whom.
    #[must_use]
    pub const fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// Who hangs together with whom.
    #[must_use]
    pub const fn groups(&self) -> &Groups {
        &self.groups
    }

    /// Who vouches for whom.
    #[must_use]
    pub fn vouches(&self) -> &[(u32, u32)] {
        &self.vouches
    }

    /// How many interactions there were: directed, of any sign, of the reactions only those that count.
    #[must_use]
    pub const fn interactions(&self) -> u64 {
        self.interactions
    }
}
