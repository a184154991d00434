//! Files that arrive now: each needs memory for a part of it, and a sender may take its time. So there is room for so
//! many at once, and one agent has a part of it only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tertulia_model::AgentNo;

/// Files that arrive at once, and those of one agent among them.
const MOST: usize = 64;
const MOST_OF_ONE: usize = 8;

/// Who sends files now. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrivals(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    /// Only of those who send one.
    by_agent: HashMap<AgentNo, usize>,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// Others take all of it.
    Everywhere,
    /// The agent itself takes as much as it may.
    ByOne,
}

/// Room for one file, until it is dropped.
#[derive(Debug)]
pub(crate) struct Arrival {
    arrivals: Arrivals,
    agent: Option<AgentNo>,
}

impl Arrivals {
    /// Room for a file that an agent has announced.
    pub(crate) fn admit(&self, agent: AgentNo) -> Result<Arrival, Crowded> {
        self.admitted(Some(agent))
    }

    /// Room for a picture; how many an agent sends is limited elsewhere.
    pub(crate) fn admit_picture(&self) -> Result<Arrival, Crowded> {
        self.admitted(None)
    }

    fn admitted(&self, agent: Option<AgentNo>) -> Result<Arrival, Crowded> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= MOST {
            return Err(Crowded::Everywhere);
        }
        if let Some(agent) = agent {
            let own = counts.by_agent.entry(agent).or_default();
            if *own >= MOST_OF_ONE {
                return Err(Crowded::ByOne);
            }
            *own += 1;
        }
        counts.all += 1;
        Ok(Arrival { arrivals: self.clone(), agent })
    }

    fn end(&self, agent: Option<AgentNo>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(agent) = agent
            && let Some(own) = counts.by_agent.get_mut(&agent)
        {
            *own -= 1;
            if *own == 0 {
                counts.by_agent.remove(&agent);
            }
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.arrivals.end(self.agent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_agent_takes_a_part_of_the_room_and_all_together_all_of_it() {
        let arrivals = Arrivals::default();
        let mut own: Vec<_> = (0..MOST_OF_ONE).map(|_| arrivals.admit(AgentNo(1)).unwrap()).collect();
        assert_eq!(arrivals.admit(AgentNo(1)).unwrap_err(), Crowded::ByOne);
        let pictures: Vec<_> = (own.len()..MOST).map(|_| arrivals.admit_picture().unwrap()).collect();
        assert_eq!(arrivals.admit(AgentNo(2)).unwrap_err(), Crowded::Everywhere);
        assert_eq!(arrivals.admit_picture().unwrap_err(), Crowded::Everywhere);
        own.pop();
        drop(arrivals.admit(AgentNo(2)).unwrap());
        own.push(arrivals.admit(AgentNo(1)).unwrap());
        drop((own, pictures));
        let counts = arrivals.0.lock().unwrap();
        assert_eq!((counts.all, counts.by_agent.len()), (0, 0));
    }
}
