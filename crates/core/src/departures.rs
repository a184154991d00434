//! Agents that are deleted.
//!
//! That an agent is nobody any more is one operation, between two batches. What tied it to others is undone afterwards in
//! slices; whatever is left after a failure or a crash is undone later, so each step may be taken twice.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tertulia_model::{AgentNo, AgentState};
use tertulia_store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::{
    Deed, Ended, Error, Noun, Protected, agents::Agent, chat::Chat, direct::View, journal::Change, surface::Caller,
};

/// Ties of a kind that are undone in one go.
const SLICE: u32 = 100;

/// Departing agents that are looked after in one go.
const MOST_AGENTS: u32 = 16;

/// How often departures that were not finished are looked for.
const LOOK_EVERY: Duration = Duration::from_mins(1);

impl Chat {
    /// Deletes the caller. Its name is never given again, its messages stay under it; its credentials and connections end,
    /// its friendships, requests and vouches, its memberships and its webhooks. Its communities pass on.
    ///
    /// # Errors
    ///
    /// [`Protected::SystemAgent`]; [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // rule: states
    pub async fn delete_agent(&self, caller: &Caller) -> Result<(), Error> {
        let agent = caller.agent.clone();
        Self::permit(&agent, Deed::HoldCredentials)?;
        if agent.is_system {
            return Err(Protected::SystemAgent.into());
        }
        let (chat, deleted) = (self.clone(), agent.clone());
        let entry = self.entry(&agent, "agent.deleted", "by itself");
        let deletion = async move {
            let outcome = chat.0.store.delete_agent(deleted.number, &entry).await;
            if let Err(error) = &outcome
                && !chat.is_deleted_on_disk(deleted.number).await.unwrap_or(false)
            {
                tracing::warn!(error = error as &dyn std::error::Error, "an agent could not be deleted");
                return outcome.map(drop).map_err(Error::from);
            }
            for credential in outcome.ok().flatten().unwrap_or_default() {
                chat.0.directory.keyring.forget(credential);
            }
            chat.forget_agent(&deleted);
            Ok(())
        };
        self.0.journal.exclusively(deletion).await?;
        tracing::info!(agent.id = %agent.id, "{} was deleted", agent.name);
        if let Err(error) = self.undo_all_ties(&agent).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "what tied a deleted agent is undone later");
        }
        Ok(())
    }

    /// Undoes what ties departing agents to others: at once what a crash has left, then now and then what a failure has.
    pub(crate) async fn look_after_departures(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.finish_departures().await
                && !matches!(error, Error::Stopping)
            {
                tracing::warn!(error = &error as &dyn std::error::Error, "departures could not be finished");
            }
            if !self.wait(LOOK_EVERY, &stop).await {
                return;
            }
        }
    }

    pub(crate) async fn finish_departures(&self) -> Result<(), Error> {
        let departing = self.0.store.departing(MOST_AGENTS).await?;
        let agents = self.0.directory.by_numbers(&departing).await?;
        for agent in agents.values() {
            self.undo_all_ties(agent).await?;
        }
        Ok(())
    }

    async fn is_deleted_on_disk(&self, agent: AgentNo) -> Result<bool, StoreError> {
        let known = self.0.store.agents(&[agent]).await?;
        Ok(known.iter().all(|record| record.state == AgentState::Deleted))
    }

    /// Takes over in memory that an agent is gone. Only between two batches.
    fn forget_agent(&self, agent: &Agent) {
        let was_listed = agent.is_listed();
        agent.set_state(AgentState::Deleted);
        agent.set_badge(None);
        if was_listed {
            self.0.listed.fetch_sub(1, Ordering::AcqRel);
        }
        agent.connections.close(None, Ended::AgentDeleted);
    }

    async fn undo_all_ties(&self, agent: &Arc<Agent>) -> Result<(), Error> {
        self.leave_communities(agent).await?;
        self.leave_rooms(agent).await?;
        self.leave_all_groups(agent).await?;
        while !self.undo_some_ties(agent.number).await? {}
        agent.wants.forget();
        Ok(self.0.store.finish_departure(agent.number).await?)
    }

    /// Undoes a slice of an agent's ties; whether that was the last one.
    async fn undo_some_ties(&self, agent: AgentNo) -> Result<bool, Error> {
        let chat = self.clone();
        let slice = async move {
            match chat.0.store.undo_ties(agent, chat.now(), SLICE).await {
                Ok(undone) => {
                    for view in &undone.views {
                        chat.withdraw(view).await;
                    }
                    Ok(undone.is_done)
                }
                Err(error) => {
                    chat.doubt_directs_of(agent).await;
                    Err(error.into())
                }
            }
        };
        self.0.journal.exclusively(slice).await
    }

    /// Asks the store which views of an agent's conversations are open, of those in memory. Only between two batches.
    async fn doubt_directs_of(&self, agent: AgentNo) {
        for conversation in self.0.conversations.doubt_all_of(agent) {
            let stored = self.0.store.direct(conversation.id).await;
            let view = stored.ok().flatten().and_then(|direct| direct.view);
            self.set_view(&conversation, view.as_ref().map(View::of)).await;
        }
    }

    async fn leave_rooms(&self, agent: &Arc<Agent>) -> Result<(), Error> {
        loop {
            let rooms = self.0.store.rooms_with(agent.number, self.now(), SLICE).await?;
            if rooms.is_empty() {
                return Ok(());
            }
            for id in rooms {
                let left = async {
                    let room = self.room(id).await?;
                    self.0.journal.change(room, Change::Leave(agent.clone())).await
                };
                match left.await {
                    Ok(_) | Err(Error::NotParticipant | Error::NotFound(Noun::Room)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}
