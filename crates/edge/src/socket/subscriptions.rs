//! What one WebSocket listens to: a subscription for each place, all of them writing to the one connection. Each ends
//! by itself: when its client says so, when the core does, or with the connection.

use std::{
    collections::HashMap,
    fmt::Debug,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use tertulia_core::{Ended, Flow, Frames, Outlet};

use crate::queue::SendQueue;

/// What a surface's subscriptions are to.
pub trait Place: Debug + Send + Sync + 'static {
    /// What tells places apart.
    type Id: Clone + Eq + Hash + Debug + Send + Sync;

    /// What is held for as long as a place is listened to.
    type Held: Clone + Send;

    /// What becomes of the connection when the core has ended one of its subscriptions.
    fn ended(&self, place: &Self::Id, why: Ended, rest: Rest) -> AfterEnd;
}

/// Whether a connection listens to anything besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It does.
    Some,
    /// It does not.
    None,
}

/// What becomes of a connection when the core has ended one of its subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterEnd {
    /// It goes on.
    GoOn,
    /// It goes on, and its client is told with these whole frames.
    Say(Bytes),
    /// It ends, too.
    Close,
}

/// The subscriptions of one connection. When this is dropped, they end.
#[derive(Debug)]
pub struct Subscriptions<P: Place>(Arc<All<P>>);

struct All<P: Place> {
    socket: Arc<SendQueue>,
    place: P,
    most: usize,
    by_id: Mutex<HashMap<P::Id, Held<P>>>,
}

struct Held<P: Place> {
    subscription: Arc<Subscription<P>>,
    held: P::Held,
}

/// One subscription: the receiving end for what happens at one place.
pub struct Subscription<P: Place> {
    id: P::Id,
    all: Arc<All<P>>,
    is_live: AtomicBool,
}

/// There are as many subscriptions as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManySubscriptions;

impl<P: Place> Subscriptions<P> {
    /// None yet, and never more than `most`.
    #[must_use]
    pub fn new(socket: Arc<SendQueue>, place: P, most: usize) -> Self {
        Self(Arc::new(All { socket, place, most, by_id: Mutex::default() }))
    }

    /// A subscription for a place, instead of an earlier one; `held` is kept until it ends.
    ///
    /// # Errors
    ///
    /// [`TooManySubscriptions`].
    pub fn begin(&self, id: P::Id, held: P::Held) -> Result<Arc<dyn Outlet>, TooManySubscriptions> {
        let mut by_id = self.0.lock();
        if by_id.len() >= self.0.most && !by_id.contains_key(&id) {
            return Err(TooManySubscriptions);
        }
        let all = Arc::clone(&self.0);
        let subscription = Arc::new(Subscription { id: id.clone(), all, is_live: AtomicBool::new(true) });
        let earlier = by_id.insert(id, Held { subscription: Arc::clone(&subscription), held });
        if let Some(earlier) = &earlier {
            earlier.subscription.is_live.store(false, Ordering::Release);
        }
        drop(by_id);
        // What is held may be anything; letting go of it is none of this lock's business.
        drop(earlier);
        Ok(subscription)
    }

    /// Ends the subscription for a place; `false` if there is none.
    pub fn end(&self, id: &P::Id) -> bool {
        let ended = self.0.lock().remove(id);
        ended.is_some_and(|ended| ended.subscription.is_live.swap(false, Ordering::AcqRel))
    }

    /// What is held for a place that is listened to.
    #[must_use]
    pub fn held(&self, id: &P::Id) -> Option<P::Held> {
        self.0.lock().get(id).map(|one| one.held.clone())
    }

    /// Whether there are as many as there may be.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.lock().len() >= self.0.most
    }
}

impl<P: Place> Drop for Subscriptions<P> {
    fn drop(&mut self) {
        let ended = std::mem::take(&mut *self.0.lock());
        for one in ended.values() {
            one.subscription.is_live.store(false, Ordering::Release);
        }
    }
}

impl<P: Place> All<P> {
    fn lock(&self) -> MutexGuard<'_, HashMap<P::Id, Held<P>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Place> Debug for All<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("All").field("socket", &self.socket).field("most", &self.most).finish_non_exhaustive()
    }
}

impl<P: Place> Debug for Subscription<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).field("is_live", &self.is_live).finish_non_exhaustive()
    }
}

impl<P: Place> Outlet for Subscription<P> {
    fn push(&self, frames: &Frames) -> Flow {
        if self.is_live.load(Ordering::Acquire) { self.all.socket.push(frames) } else { Flow::Closed }
    }

    fn is_open(&self) -> bool {
        self.is_live.load(Ordering::Acquire) && self.all.socket.is_open()
    }

    fn close(&self, why: Ended) {
        let (ended, rest) = {
            let mut by_id = self.all.lock();
            // Under the lock: as long as it is live, it is this one that stands for its place.
            if !self.is_live.swap(false, Ordering::AcqRel) {
                return;
            }
            let ended = by_id.remove(&self.id);
            (ended, if by_id.is_empty() { Rest::None } else { Rest::Some })
        };
        match self.all.place.ended(&self.id, why, rest) {
            AfterEnd::GoOn => {}
            AfterEnd::Say(frames) => drop(self.all.socket.push(&Frames::new(frames))),
            AfterEnd::Close => self.all.socket.close(why),
        }
        drop(ended);
    }
}
