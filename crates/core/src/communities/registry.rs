//! The bounded memory of communities: at most one object a community, found by its public id.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use tertulia_model::CommunityId;
use tertulia_store::{Store, StoreError, WholeCommunity};

use super::Community;
use crate::agents::{Agent, Directory};

/// Communities kept in memory at the most, beyond those that something refers to.
const MOST: usize = if cfg!(test) { 4 } else { 1_024 };

/// The communities in memory. Holds the only way from the store to a [`Community`].
#[derive(Debug)]
pub(crate) struct Communities {
    store: Arc<dyn Store>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<CommunityId, Arc<Community>>,
    /// How often communities were let go of: what was read from the store before must not be remembered after.
    let_go: u64,
    /// How often anybody has asked for one.
    asked: u64,
}

/// How often communities had been let go of before one was created.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    let_go_before: u64,
}

impl Communities {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, known: Mutex::default() }
    }

    /// The community with this id.
    pub(crate) async fn find(
        &self,
        id: CommunityId,
        directory: &Directory,
    ) -> Result<Option<Arc<Community>>, StoreError> {
        loop {
            let expected = {
                let mut known = self.lock();
                if let Some(community) = known.asked_for(id) {
                    return Ok(Some(community));
                }
                Expected { let_go_before: known.let_go }
            };
            let Some(whole) = self.store.whole_community(id).await? else { return Ok(None) };
            let owner = directory.by_numbers(&[whole.community.owner]).await?.remove(&whole.community.owner);
            let owner = owner.ok_or(StoreError::Unreadable("owner of a community"))?;
            if let Some(community) = self.remember(Community::new(whole, owner), expected) {
                return Ok(Some(community));
            }
            // Something was let go of meanwhile; it may have been this one, with changes that we have not read.
        }
    }

    /// What a community is to be created with: see [`Communities::welcome`].
    pub(super) fn expect(&self) -> Expected {
        Expected { let_go_before: self.lock().let_go }
    }

    /// Takes a community into memory that was created after `expected` was asked for, unless others have let go of it
    /// meanwhile: then it is read when somebody asks for it.
    pub(super) fn welcome(&self, expected: Expected, whole: WholeCommunity, owner: Arc<Agent>) {
        self.remember(Community::new(whole, owner), expected);
    }

    /// Forgets a community that was deleted.
    pub(super) fn forget(&self, id: CommunityId) {
        let mut known = self.lock();
        known.let_go += 1;
        known.by_id.remove(&id);
    }

    fn remember(&self, read: Community, expected: Expected) -> Option<Arc<Community>> {
        let mut known = self.lock();
        if let Some(community) = known.asked_for(read.id) {
            return Some(community);
        }
        if expected.let_go_before != known.let_go {
            return None;
        }
        let community = Arc::new(read);
        known.by_id.insert(community.id, community.clone());
        drop(known.asked_for(community.id));
        let gone = known.let_go_of_unused();
        drop(known);
        // What they held is none of this lock's business.
        drop(gone);
        Some(community)
    }

    #[cfg(test)]
    pub(crate) fn in_memory(&self) -> usize {
        self.lock().by_id.len()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The community with this id, if it is there. It counts as used.
    fn asked_for(&mut self, id: CommunityId) -> Option<Arc<Community>> {
        let community = self.by_id.get(&id)?;
        self.asked += 1;
        community.last_asked.store(self.asked, Ordering::Relaxed);
        Some(community.clone())
    }

    /// Lets go of a quarter of the communities that nobody refers to, if there are many: the longest unused ones.
    fn let_go_of_unused(&mut self) -> Vec<Arc<Community>> {
        if self.by_id.len() <= MOST {
            return Vec::new();
        }
        let free = self.by_id.values().filter(|known| Arc::strong_count(known) == 1);
        let mut free: Vec<_> = free.map(|known| (known.last_asked.load(Ordering::Relaxed), known.id)).collect();
        free.sort_unstable_by_key(|(last_asked, _)| *last_asked);
        free.truncate(self.by_id.len() - MOST * 3 / 4);
        self.let_go += u64::from(!free.is_empty());
        free.iter().filter_map(|(_, id)| self.by_id.remove(id)).collect()
    }
}
