//! How much agents have said in public: counted in memory, written down now and then.

use std::sync::{Arc, Mutex, PoisonError, atomic::Ordering};

use tertulia_store::{Store, StoreError};

use crate::agents::Agent;

/// The counts that have changed since they were last written down.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    changed: Mutex<Vec<Arc<Agent>>>,
}

impl Tallies {
    /// Counts one message of an agent.
    pub(crate) fn count(&self, agent: &Arc<Agent>) {
        agent.said.count.fetch_add(1, Ordering::AcqRel);
        if !agent.said.is_changed.swap(true, Ordering::AcqRel) {
            self.lock().push(agent.clone());
        }
    }

    /// Writes down what has changed. No message may be on its way meanwhile: what is written covers all of them.
    pub(crate) async fn write_down(&self, store: &dyn Store) -> Result<(), StoreError> {
        let changed = std::mem::take(&mut *self.lock());
        if changed.is_empty() {
            return Ok(());
        }
        let said: Vec<_> = changed
            .iter()
            .map(|agent| {
                agent.said.is_changed.store(false, Ordering::Release);
                (agent.number, agent.said())
            })
            .collect();
        let saved = match store.last_number().await {
            Ok(covered) => store.save_tallies(&said, covered).await,
            Err(error) => Err(error),
        };
        if saved.is_err() {
            for agent in changed {
                if !agent.said.is_changed.swap(true, Ordering::AcqRel) {
                    self.lock().push(agent);
                }
            }
        }
        saved
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Agent>>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
