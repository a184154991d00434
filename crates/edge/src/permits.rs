//! How much somebody may hold open: streams and sockets of a surface, connections of the server.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tertulia_core::AddressKey;

/// Counts what is open by whom. One for each kind of thing that is counted; bounded by the open things themselves.
#[derive(Clone, Debug)]
pub struct Permits<K> {
    open: Arc<Mutex<HashMap<K, u32>>>,
}

/// Counts by address.
pub type StreamPermits = Permits<AddressKey>;

/// A place counted by address.
pub type StreamPermit = Permit<AddressKey>;

impl<K: Copy + Eq + Hash> Permits<K> {
    /// Nobody has anything open yet.
    #[must_use]
    pub fn new() -> Self {
        Self { open: Arc::default() }
    }

    /// One more of `whose`, unless there are `limit` already. Dropping the permit gives the place back: keep it with
    /// what it stands for, as with [`crate::LiveStream::keep`].
    #[must_use]
    pub fn acquire(&self, whose: K, limit: u32) -> Option<Permit<K>> {
        let mut open = self.lock();
        let count = open.get(&whose).copied().unwrap_or(0);
        if count >= limit {
            return None;
        }
        open.insert(whose, count + 1);
        Some(Permit { permits: self.clone(), whose })
    }

    /// What `whose` has open.
    #[must_use]
    pub fn open(&self, whose: K) -> u32 {
        self.lock().get(&whose).copied().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Default for Permits<K> {
    fn default() -> Self {
        Self::new()
    }
}

/// A place for one open thing, given back when dropped.
#[derive(Debug)]
pub struct Permit<K: Copy + Eq + Hash> {
    permits: Permits<K>,
    whose: K,
}

impl<K: Copy + Eq + Hash> Drop for Permit<K> {
    fn drop(&mut self) {
        let mut open = self.permits.lock();
        if let Some(count) = open.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.whose);
            }
        }
    }
}
