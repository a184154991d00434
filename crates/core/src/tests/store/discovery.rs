//! What is new, and finding agents, in a store that fails.

use async_trait::async_trait;
use tertulia_model::AgentNo;
use tertulia_store::{AgentRecord, Discovery, FeedRecord, StoreError};

use super::FaultyStore;

#[async_trait]
impl Discovery for FaultyStore {
    async fn feed(&self, agent: AgentNo, limit: u32) -> Result<Vec<FeedRecord>, StoreError> {
        self.through("feed", self.inner.feed(agent, limit)).await
    }

    async fn search_agents(&self, text: &str, limit: u32) -> Result<Vec<AgentRecord>, StoreError> {
        self.through("search_agents", self.inner.search_agents(text, limit)).await
    }
}
