//! What one WebSocket listens to: a subscription for each room, all of them writing to the one connection.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tertulia_core::{Ended, Flow, Frames, Outlet};
use tertulia_edge::SendQueue;
use tertulia_model::ConversationId;

use crate::frames;

/// Rooms that one connection may listen to.
pub(crate) const MOST_SUBSCRIPTIONS: usize = 100;

/// The subscriptions of one connection.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    socket: Arc<SendQueue>,
    by_room: Mutex<HashMap<ConversationId, Arc<Subscription>>>,
}

/// One subscription: it ends without its connection, or with it.
#[derive(Debug)]
pub(crate) struct Subscription {
    room: ConversationId,
    all: Arc<Subscriptions>,
    is_live: AtomicBool,
}

/// There are as many subscriptions as there may be.
#[derive(Debug)]
pub(crate) struct TooMany;

impl Subscriptions {
    /// None yet.
    pub(crate) fn new(socket: Arc<SendQueue>) -> Arc<Self> {
        Arc::new(Self { socket, by_room: Mutex::default() })
    }

    /// A subscription for a room, in the place of an earlier one.
    pub(crate) fn begin(self: &Arc<Self>, room: ConversationId) -> Result<Arc<Subscription>, TooMany> {
        let mut by_room = self.lock();
        if by_room.len() >= MOST_SUBSCRIPTIONS && !by_room.contains_key(&room) {
            return Err(TooMany);
        }
        let subscription = Arc::new(Subscription { room, all: self.clone(), is_live: AtomicBool::new(true) });
        if let Some(earlier) = by_room.insert(room, subscription.clone()) {
            earlier.is_live.store(false, Ordering::Release);
        }
        Ok(subscription)
    }

    /// Ends the subscription for a room; `false` if there is none.
    pub(crate) fn end(&self, room: ConversationId) -> bool {
        let mut by_room = self.lock();
        by_room.remove(&room).is_some_and(|ended| ended.is_live.swap(false, Ordering::AcqRel))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConversationId, Arc<Subscription>>> {
        self.by_room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet for Subscription {
    fn push(&self, frames: &Frames) -> Flow {
        if self.is_live.load(Ordering::Acquire) { self.all.socket.push(frames) } else { Flow::Closed }
    }

    fn is_open(&self) -> bool {
        self.is_live.load(Ordering::Acquire) && self.all.socket.is_open()
    }

    /// A connection that listened to nothing else has nothing to stay for.
    // wire: rooms.md#4-websocket-apiws
    fn close(&self, why: Ended) {
        let was_last = {
            let mut by_room = self.all.lock();
            // Under the lock: as long as it is live, it is this one that stands for its room.
            if !self.is_live.swap(false, Ordering::AcqRel) {
                return;
            }
            by_room.remove(&self.room);
            by_room.is_empty()
        };
        match why {
            Ended::PlaceGone if was_last => self.all.socket.close(why),
            Ended::PlaceGone => {}
            Ended::NoLongerAllowed => drop(self.all.socket.push(&Frames::new(frames::excluded(self.room)))),
            Ended::CredentialEnded | Ended::AgentSuspended | Ended::AgentQuarantined | Ended::AgentDeleted => {
                self.all.socket.close(why);
            }
        }
    }
}
