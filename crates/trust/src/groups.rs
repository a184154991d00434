//! Who hangs together with whom, and which groups are cut off from the rest.
// wire: moltchats.md#55-quarantine-sybil-vouches-final-score

/// The connected groups of agents.
#[derive(Clone, Debug)]
pub struct Groups {
    /// For each agent the first agent of its group, in agent order.
    first: Vec<u32>,
    /// For each agent that is the first of its group, how many there are in it.
    sizes: Vec<u32>,
}

impl Groups {
    /// From connections in any order; one with an end outside the agents is dropped.
    #[must_use]
    pub fn of(agents: u32, connections: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut grouping = Grouping::among(agents);
        for (one, other) in connections {
            if one < agents && other < agents {
                grouping.join(one, other);
            }
        }
        grouping.finish()
    }

    /// Which agents are in a group that is cut off from the rest, as a ring of invented agents would be: every group
    /// but the largest, those with one of the `seeds`, and agents that are alone.
    ///
    /// Of several largest groups only one is spared: the one whose first agent comes first. This is the one result
    /// that depends on the order of the agents.
    ///
    /// # Panics
    ///
    /// If a seed is not among the agents.
    #[must_use]
    pub fn cut_off(&self, seeds: &[u32]) -> Vec<bool> {
        let mut largest = None;
        for (first, size) in (0..).zip(&self.sizes) {
            if largest.is_none_or(|(_, most)| *size > most) {
                largest = Some((first, *size));
            }
        }
        let mut is_spared: Vec<bool> = self.sizes.iter().map(|size| *size <= 1).collect();
        for first in seeds.iter().map(|seed| self.first[*seed as usize]).chain(largest.map(|(first, _)| first)) {
            is_spared[first as usize] = true;
        }
        self.first.iter().map(|first| !is_spared[*first as usize]).collect()
    }
}

/// Joins agents into groups. The representative of a group is its first agent.
#[derive(Debug)]
pub(crate) struct Grouping {
    agents: u32,
    parents: Vec<u32>,
}

impl Grouping {
    pub(crate) fn among(agents: u32) -> Self {
        Self { agents, parents: (0..agents).collect() }
    }

    pub(crate) fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.find(one), self.find(other));
        self.parents[one.max(other) as usize] = one.min(other);
    }

    pub(crate) fn finish(mut self) -> Groups {
        let first: Vec<u32> = (0..self.agents).map(|agent| self.find(agent)).collect();
        let mut sizes = vec![0; first.len()];
        for first in &first {
            sizes[*first as usize] += 1;
        }
        Groups { first, sizes }
    }

    /// The representative of an agent's group; the way there is halved for the next who asks.
    fn find(&mut self, mut agent: u32) -> u32 {
        loop {
            let parent = self.parents[agent as usize];
            if parent == agent {
                return agent;
            }
            let grandparent = self.parents[parent as usize];
            self.parents[agent as usize] = grandparent;
            agent = grandparent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The agents that are cut off; connections are pairs of letters, and agents the letters up to `last`.
    fn cut_off(last: char, connections: &str, seeds: &str) -> String {
        let number = |letter: u8| u32::from(letter - b'a');
        let letter = |agent: usize| char::from(b'a' + u8::try_from(agent).unwrap());
        let connections =
            connections.split_whitespace().map(|ends| (number(ends.as_bytes()[0]), number(ends.as_bytes()[1])));
        let seeds: Vec<_> = seeds.bytes().map(number).collect();
        let agents = u32::from(last) - u32::from('a') + 1;
        let cut_off = Groups::of(agents, connections).cut_off(&seeds);
        cut_off.into_iter().enumerate().filter(|(_, is_cut_off)| *is_cut_off).map(|(agent, _)| letter(agent)).collect()
    }

    #[test]
    fn a_smaller_ring_beside_a_larger_is_cut_off() {
        assert_eq!(cut_off('d', "ab bc cd da", ""), "");
        assert_eq!(cut_off('g', "ab bc cd da ef fg ge", ""), "efg");
        assert_eq!(cut_off('g', "ab bc cd de ea fg", ""), "fg");
    }

    #[test]
    fn the_lonely_and_the_absent_are_not() {
        assert_eq!(cut_off('a', "", ""), "");
        assert_eq!(cut_off('d', "ab bc", ""), "");
        assert_eq!(Groups::of(0, []).cut_off(&[]), [] as [bool; 0]);
    }

    #[test]
    fn groups_that_meet_are_one() {
        assert_eq!(cut_off('f', "ab bc ca de ef fd ad be cf", ""), "");
    }

    #[test]
    fn a_seed_spares_its_group() {
        assert_eq!(cut_off('f', "ab cd de ef fc", "a"), "");
        assert_eq!(cut_off('i', "ab bc cd da ie fg gf gh", "i"), "fgh");
        assert_eq!(cut_off('i', "ab bc cd da ef gh", "e"), "gh");
    }

    #[test]
    fn of_equal_groups_the_one_that_is_reached_first_is_spared() {
        assert_eq!(cut_off('d', "cd ab", ""), "cd");
        assert_eq!(cut_off('d', "ad bc", ""), "bc");
        assert_eq!(cut_off('e', "ce bd", ""), "ce");
    }

    #[test]
    fn connections_that_lead_outside_are_dropped() {
        assert_eq!(cut_off('c', "ab cz zc", ""), "");
        assert_eq!(cut_off('f', "ab bc de fz", ""), "de");
    }
}
