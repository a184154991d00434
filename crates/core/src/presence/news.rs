//! Telling of changed presence. Who changes it only notes that; a task of the hub finds out who wants to know. Of an
//! agent whose presence changes faster than that is told, the last change is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tertulia_model::{AgentNo, Pause};
use tertulia_store::Occasion;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Declaration;
use crate::{AgentEvent, Error, agents::Agent, chat::Chat};

/// Contact books that are looked through in one go.
const PAGE: u32 = 500;

/// Contact books that are looked through for one change at the most: presence may be lost, and is asked for.
const MOST_BOOKS: u32 = 10_000;

/// The agents whose presence has changed and was not told yet, each once.
#[derive(Debug, Default)]
pub(crate) struct News {
    changed: Mutex<HashMap<AgentNo, Arc<Agent>>>,
    bell: Notify,
}

impl News {
    /// Notes that an agent's presence has changed. Never waits.
    pub(crate) fn note(&self, agent: &Arc<Agent>) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(agent.number, agent.clone());
        self.bell.notify_one();
    }

    fn take(&self) -> Vec<Arc<Agent>> {
        let changed = std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner));
        changed.into_values().collect()
    }
}

impl Chat {
    /// Tells of changed presence, until it is time to stop.
    pub(crate) async fn tell_news(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.news.bell.notified() => {}
            }
            self.tell_news_once().await;
        }
    }

    /// Tells of everybody whose presence has changed until now.
    pub(crate) async fn tell_news_once(&self) {
        for agent in self.0.news.take() {
            if let Err(error) = self.tell_contact_presence(&agent).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "changed presence could not be told");
            }
        }
    }

    /// Tells those who have an agent in their contact book how it is there now.
    // rule: presence
    async fn tell_contact_presence(&self, agent: &Arc<Agent>) -> Result<(), Error> {
        let declaration = self.declaration_of(agent);
        let Declaration { availability, message } = declaration.clone();
        let changed = self.occurrence(agent, Occasion::PresenceChanged { availability, message });
        let event = AgentEvent::PresenceChanged { agent: agent.clone(), declaration };
        let (mut after, mut books) = (None, 0);
        while books < MOST_BOOKS {
            let holders = self.0.store.holders_of(agent.number, after, PAGE).await?;
            // Who is connected is in memory.
            for holder in self.0.directory.in_memory(&holders) {
                if holder.pause() != Some(Pause::Full) {
                    self.tell_agent(&holder, &event);
                }
            }
            self.tell_all_elsewhere(&holders, &changed).await?;
            if holders.len() < PAGE as usize {
                break;
            }
            (after, books) = (holders.last().copied(), books + PAGE);
        }
        Ok(())
    }
}
