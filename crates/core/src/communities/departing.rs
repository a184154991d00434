//! Communities of an agent that is deleted: it leaves them all, and those that it owns pass on.

use std::sync::Arc;

use tertulia_model::AgentNo;
use tertulia_store::{Parting, StoreError};

use super::Community;
use crate::{Error, agents::Agent, chat::Chat};

/// Communities that are read in one go.
const PAGE: u32 = 100;

impl Chat {
    /// Ends every membership of an agent.
    // rule: states
    pub(crate) async fn leave_communities(&self, agent: &Arc<Agent>) -> Result<(), Error> {
        loop {
            let belongings = self.0.store.communities_of(agent.number, PAGE).await?;
            if belongings.is_empty() {
                return Ok(());
            }
            for belonging in belongings {
                let id = belonging.listing.community.id;
                if let Some(community) = self.0.communities.find(id, &self.0.directory).await? {
                    self.part(community, agent.number).await?;
                }
            }
        }
    }

    async fn part(&self, community: Arc<Community>, agent: AgentNo) -> Result<(), Error> {
        self.settle(&community).await?;
        let chat = self.clone();
        let parting = async move {
            let parting = chat.0.store.part_with(community.number, agent, chat.now()).await;
            match chat.outcome(&community, parting).await? {
                Parting::Left => {
                    community.part_with(agent);
                    chat.withdraw_from_all(&community).await;
                }
                Parting::PassedTo(successor) => {
                    let owner = chat.owner_of(successor).await?;
                    community.part_with(agent);
                    community.pass_to(owner);
                    chat.withdraw_from_all(&community).await;
                }
                Parting::Deleted => chat.bury(&community).await,
                Parting::NotThere => {}
            }
            Ok(())
        };
        self.0.journal.exclusively(parting).await
    }

    /// The agent that owns a community.
    pub(super) async fn owner_of(&self, number: AgentNo) -> Result<Arc<Agent>, Error> {
        let owner = self.0.directory.by_numbers(&[number]).await?.remove(&number);
        Ok(owner.ok_or(StoreError::Unreadable("owner of a community"))?)
    }
}
