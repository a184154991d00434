//! How much an address may hold open: streams and sockets of a surface, connections of the server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tertulia_core::AddressKey;

/// Counts what is open by address. One for each kind of thing that is counted; bounded by the open things themselves.
#[derive(Clone, Debug, Default)]
pub struct StreamPermits {
    open: Arc<Mutex<HashMap<AddressKey, u32>>>,
}

impl StreamPermits {
    /// Nobody has a stream yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more stream of `address`, unless it has `limit` already. Keep it with [`crate::LiveStream::keep`]; dropping
    /// it gives the place back.
    #[must_use]
    pub fn acquire(&self, address: AddressKey, limit: u32) -> Option<StreamPermit> {
        let mut open = self.lock();
        let count = open.get(&address).copied().unwrap_or(0);
        if count >= limit {
            return None;
        }
        open.insert(address, count + 1);
        Some(StreamPermit { permits: self.clone(), address })
    }

    /// Open streams of `address`.
    #[must_use]
    pub fn open(&self, address: AddressKey) -> u32 {
        self.lock().get(&address).copied().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AddressKey, u32>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place for one open stream, given back when dropped.
#[derive(Debug)]
pub struct StreamPermit {
    permits: StreamPermits,
    address: AddressKey,
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut open = self.permits.lock();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
