//! The outbox of a store that fails.

use async_trait::async_trait;
use tertulia_model::{AgentNo, EndpointId, Timestamp, WebhookTopic};
use tertulia_store::{
    AuditEntry, ChangedEndpoint, DeliveryRecord, Endpoint, EndpointChange, EndpointHealth, NewDelivery, NewEndpoint,
    Outbox, Settlement, StoreError, TakenDelivery,
};

use super::FaultyStore;

#[async_trait]
impl Outbox for FaultyStore {
    async fn change_endpoint(
        &self,
        change: &EndpointChange,
        entry: &AuditEntry,
    ) -> Result<ChangedEndpoint, StoreError> {
        self.through("change_endpoint", self.inner.change_endpoint(change, entry)).await
    }

    async fn add_endpoint(&self, new: &NewEndpoint, entry: &AuditEntry) -> Result<Option<Endpoint>, StoreError> {
        self.through("add_endpoint", self.inner.add_endpoint(new, entry)).await
    }

    async fn remove_endpoint(
        &self,
        agent: AgentNo,
        format: &str,
        id: EndpointId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        self.through("remove_endpoint", self.inner.remove_endpoint(agent, format, id, entry)).await
    }

    async fn endpoints_of(&self, agents: &[AgentNo]) -> Result<Vec<Endpoint>, StoreError> {
        self.through("endpoints_of", self.inner.endpoints_of(agents)).await
    }

    async fn wanting(&self, agents: &[AgentNo], topic: WebhookTopic) -> Result<Vec<AgentNo>, StoreError> {
        self.through("wanting", self.inner.wanting(agents, topic)).await
    }

    async fn enqueue(&self, deliveries: &[NewDelivery]) -> Result<u64, StoreError> {
        self.through("enqueue", self.inner.enqueue(deliveries)).await
    }

    async fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError> {
        self.through("next_delivery", self.inner.next_delivery()).await
    }

    async fn take_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<TakenDelivery>, StoreError> {
        self.through("take_deliveries", self.inner.take_deliveries(now, until, limit)).await
    }

    async fn settle_delivery(
        &self,
        taken: &TakenDelivery,
        settlement: &Settlement,
        health: &EndpointHealth,
    ) -> Result<bool, StoreError> {
        self.through("settle_delivery", self.inner.settle_delivery(taken, settlement, health)).await
    }

    async fn waiting_deliveries(&self, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.through("waiting_deliveries", self.inner.waiting_deliveries(limit)).await
    }

    async fn dead_deliveries(&self, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.through("dead_deliveries", self.inner.dead_deliveries(limit)).await
    }

    async fn sweep_deliveries(&self, before: Timestamp, most_rows: u32) -> Result<u32, StoreError> {
        self.through("sweep_deliveries", self.inner.sweep_deliveries(before, most_rows)).await
    }
}
