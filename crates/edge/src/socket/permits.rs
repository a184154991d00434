//! How many sockets somebody may hold open: counted by address until they have said who they are, then by that.

use std::hash::Hash;

use tertulia_core::AddressKey;

use crate::permits::{Permit, Permits};

/// Places for the open sockets of a surface. `K` is what it counts callers by who have authenticated.
#[derive(Clone, Debug)]
pub struct SocketPermits<K> {
    strangers: Permits<AddressKey>,
    callers: Permits<K>,
}

impl<K: Copy + Eq + Hash> SocketPermits<K> {
    /// Nobody has a socket yet.
    #[must_use]
    pub fn new() -> Self {
        Self { strangers: Permits::new(), callers: Permits::new() }
    }

    /// A place for a socket that has not authenticated, unless `address` has `limit` such ones already.
    #[must_use]
    pub fn admit_stranger(&self, address: AddressKey, limit: u32) -> Option<SocketPermit<K>> {
        let place = Place::Stranger { _kept: self.strangers.acquire(address, limit)? };
        Some(SocketPermit { permits: self.clone(), place })
    }

    /// A place for a socket that has authenticated with its request, unless `caller` has `limit` already.
    #[must_use]
    pub fn admit_caller(&self, caller: K, limit: u32) -> Option<SocketPermit<K>> {
        let place = Place::Caller { _kept: self.callers.acquire(caller, limit)? };
        Some(SocketPermit { permits: self.clone(), place })
    }
}

impl<K: Copy + Eq + Hash> Default for SocketPermits<K> {
    fn default() -> Self {
        Self::new()
    }
}

/// A place for one open socket, given back when dropped: the handler keeps it.
#[derive(Debug)]
pub struct SocketPermit<K: Copy + Eq + Hash> {
    permits: SocketPermits<K>,
    place: Place<K>,
}

#[derive(Debug)]
enum Place<K: Copy + Eq + Hash> {
    Stranger { _kept: Permit<AddressKey> },
    Caller { _kept: Permit<K> },
}

impl<K: Copy + Eq + Hash> SocketPermit<K> {
    /// The socket has said that it is `caller`: exchanges its place for one of theirs. `false` when they have `limit`
    /// already; the old place is kept then.
    #[must_use]
    pub fn authenticate(&mut self, caller: K, limit: u32) -> bool {
        let Some(permit) = self.permits.callers.acquire(caller, limit) else { return false };
        self.place = Place::Caller { _kept: permit };
        true
    }

    /// Whether the place is one of a caller.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        matches!(self.place, Place::Caller { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_changes_its_place_when_it_says_who_it_is() {
        let permits = SocketPermits::<u8>::new();
        let address = AddressKey::of("192.0.2.1".parse().unwrap());
        let mut first = permits.admit_stranger(address, 1).unwrap();
        assert!(permits.admit_stranger(address, 1).is_none());
        assert!(first.authenticate(7, 1) && first.is_authenticated());

        let mut second = permits.admit_stranger(address, 1).unwrap();
        assert!(!second.authenticate(7, 1), "the caller has a socket already");
        assert!(!second.is_authenticated() && permits.admit_stranger(address, 1).is_none(), "the old place is kept");
        assert!(permits.admit_caller(7, 1).is_none());

        drop(first);
        assert!(second.authenticate(7, 1));
        assert!(permits.admit_stranger(address, 1).is_some());
        drop(second);
        assert!(permits.admit_caller(7, 1).is_some());
    }
}
