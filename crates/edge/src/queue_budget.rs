//! What all send queues together may hold.
//!
//! One number for the hub. A queue reports what it gains and loses; when the sum passes the limit, the fullest queue is
//! cut off, whoever caused the excess: memory is given back by the reader who holds most of it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use crate::{metrics::EdgeMetrics, queue::SendQueue};

/// The sum of all send queues, its limit, and which queues there are.
///
/// Lock order: a queue's own lock is never held while the register's is taken, except to enter or leave it.
#[derive(Debug)]
pub struct QueueBudget {
    limit: usize,
    total: AtomicUsize,
    next_id: AtomicU64,
    queues: Mutex<HashMap<u64, Weak<SendQueue>>>,
    metrics: Arc<EdgeMetrics>,
}

impl QueueBudget {
    /// Default limit: 256 MiB.
    pub const DEFAULT_LIMIT_BYTES: usize = 256 * 1024 * 1024;

    /// A budget of `limit` bytes for everything that waits in send queues.
    #[must_use]
    pub fn new(limit: usize, metrics: Arc<EdgeMetrics>) -> Arc<Self> {
        Arc::new(Self {
            limit,
            total: AtomicUsize::new(0),
            next_id: AtomicU64::new(0),
            queues: Mutex::new(HashMap::new()),
            metrics,
        })
    }

    /// Bytes waiting in all queues.
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.total.load(Relaxed)
    }

    pub(crate) fn metrics(&self) -> &EdgeMetrics {
        &self.metrics
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Relaxed)
    }

    pub(crate) fn enter(&self, id: u64, queue: &Arc<SendQueue>) {
        self.register().insert(id, Arc::downgrade(queue));
    }

    pub(crate) fn leave(&self, id: u64) {
        self.register().remove(&id);
    }

    /// Counts `bytes` more; answers whether the limit is now passed and [`QueueBudget::relieve`] is due.
    pub(crate) fn gain(&self, bytes: usize) -> bool {
        let total = self.total.fetch_add(bytes, Relaxed) + bytes;
        self.metrics.queued_bytes.set(i64::try_from(total).unwrap_or(i64::MAX));
        total > self.limit
    }

    pub(crate) fn lose(&self, bytes: usize) {
        let total = self.total.fetch_sub(bytes, Relaxed).saturating_sub(bytes);
        self.metrics.queued_bytes.set(i64::try_from(total).unwrap_or(i64::MAX));
    }

    /// Cuts the fullest queues off until the sum is within the limit again. Called without any queue's lock.
    pub(crate) fn relieve(&self) {
        while self.total_bytes() > self.limit {
            let Some(fullest) = self.fullest() else { return };
            fullest.cut_off("all send queues together are full");
        }
    }

    fn fullest(&self) -> Option<Arc<SendQueue>> {
        let waiting: Vec<_> = self.register().values().filter_map(Weak::upgrade).collect();
        waiting.into_iter().filter(|queue| queue.waiting_bytes() > 0).max_by_key(|queue| queue.waiting_bytes())
    }

    fn register(&self) -> MutexGuard<'_, HashMap<u64, Weak<SendQueue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
