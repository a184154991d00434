//! What is known of rooms: what was acknowledged, and, where an answer never came, what may be.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::{
    chance::Chance,
    ledger::{Agent, Known},
};

/// How an agent may stand to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Standing {
    Stranger,
    Invited,
    Joined,
}

/// How an agent stands to a room, as far as it is known: one way after an answer, maybe two after none.
#[derive(Clone, Debug)]
pub(crate) struct Possible {
    standings: HashSet<Standing>,
    /// Whether somebody is changing it: one at a time, or nobody knows in which order they did.
    pub(crate) is_busy: bool,
}

impl Possible {
    fn only(standing: Standing) -> Self {
        Self { standings: HashSet::from([standing]), is_busy: false }
    }

    pub(crate) fn may_be(&self, standing: Standing) -> bool {
        self.standings.contains(&standing)
    }

    pub(crate) fn is(&self, standing: Standing) -> bool {
        self.may_be(standing) && self.standings.len() == 1
    }

    /// An answer came.
    pub(crate) fn settle(&mut self, standing: Standing) {
        self.standings = HashSet::from([standing]);
    }

    /// No answer came: it stands as before, or so.
    pub(crate) fn doubt(&mut self, standing: Standing) {
        self.standings.insert(standing);
    }

    /// It was looked at; `false` if what was seen cannot be.
    pub(crate) fn see(&mut self, is_seen: impl Fn(Standing) -> bool) -> bool {
        self.standings.retain(|standing| is_seen(*standing));
        !self.standings.is_empty()
    }
}

/// Whether a room is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nobody has ended it, and its time is long.
    Open,
    /// Its creator wants it destroyed, and no answer has come.
    Destroying,
    /// Its time is up in this second.
    Near,
    /// For ever.
    Gone,
}

/// What is to be created.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) is_private: bool,
    pub(crate) creator: usize,
    pub(crate) invited: Vec<usize>,
}

/// A room whose creation was acknowledged, or that was seen.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) id: String,
    pub(crate) plan: Plan,
    pub(crate) end: End,
    /// By actor.
    pub(crate) standings: Vec<Possible>,
    pub(crate) said: Vec<Known>,
    pub(crate) unanswered: HashSet<String>,
}

impl Room {
    pub(crate) fn new(id: String, plan: Plan, actors: usize) -> Self {
        let mut standings = vec![Possible::only(Standing::Stranger); actors];
        for invited in &plan.invited {
            standings[*invited].settle(Standing::Invited);
        }
        standings[plan.creator].settle(Standing::Joined);
        Self { id, plan, end: End::Open, standings, said: Vec::new(), unanswered: HashSet::new() }
    }

    /// Whether an actor takes part in it, which its creator always does; nothing if that is not known.
    pub(crate) fn takes_part(&self, actor: usize) -> Option<bool> {
        let standing = &self.standings[actor];
        match (actor == self.plan.creator, standing.may_be(Standing::Stranger)) {
            (true, _) | (false, false) => Some(true),
            (false, true) if standing.is(Standing::Stranger) => Some(false),
            (false, true) => None,
        }
    }
}

/// Everything that is known of rooms, by those who act in them.
#[derive(Debug)]
pub(crate) struct Rooms {
    pub(crate) actors: Vec<Agent>,
    known: Mutex<KnownRooms>,
    acting: watch::Sender<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct KnownRooms {
    pub(crate) rooms: Vec<Room>,
    /// Rooms whose creation was never answered, by name.
    pub(crate) attempted: HashMap<String, Plan>,
}

impl Rooms {
    pub(crate) fn new(actors: Vec<Agent>) -> Self {
        let (acting, _) = watch::channel(0);
        Self { actors, known: Mutex::default(), acting }
    }

    /// Somebody begins to act.
    pub(crate) fn begin(&self) {
        self.acting.send_modify(|acting| *acting += 1);
    }

    /// Whoever began to act has written down what became of it.
    pub(crate) fn end(&self) {
        self.acting.send_modify(|acting| *acting -= 1);
    }

    /// Waits until nobody acts any more.
    pub(crate) async fn nobody_acts(&self) {
        self.acting.subscribe().wait_for(|acting| *acting == 0).await.expect("this is alive");
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, KnownRooms> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rooms that are to end while no hub runs, as `chance` chooses: those that are over when the next one starts, and
    /// those that are over soon after.
    pub(crate) fn choose_ends(&self, chance: &mut Chance) -> [Vec<String>; 2] {
        let mut known = self.known();
        let mut ends = [Vec::new(), Vec::new()];
        for (chosen, end) in ends.iter_mut().zip([End::Gone, End::Near]) {
            let open: Vec<_> = known.rooms.iter_mut().filter(|room| room.end == End::Open).collect();
            if open.len() >= self.actors.len() {
                let room = chance.one_of(open);
                room.end = end;
                chosen.push(room.id.clone());
            }
        }
        ends
    }
}
