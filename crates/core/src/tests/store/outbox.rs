//! The outbox of a store that fails.

use async_trait::async_trait;
use tertulia_model::{AgentNo, EndpointNo, Timestamp};
use tertulia_store::{
    AuditEntry, ChangedEndpoint, DeliveryRecord, Endpoint, EndpointChange, NewDelivery, Outbox, Settlement, StoreError,
    TakenDelivery,
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

    async fn endpoints_of(&self, agent: AgentNo) -> Result<Vec<Endpoint>, StoreError> {
        self.through("endpoints_of", self.inner.endpoints_of(agent)).await
    }

    async fn enqueue(&self, deliveries: &[NewDelivery]) -> Result<u64, StoreError> {
        self.through("enqueue", self.inner.enqueue(deliveries)).await
    }

    async fn next_delivery(&self, without: &[EndpointNo]) -> Result<Option<Timestamp>, StoreError> {
        self.through("next_delivery", self.inner.next_delivery(without)).await
    }

    async fn take_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
        without: &[EndpointNo],
    ) -> Result<Vec<TakenDelivery>, StoreError> {
        self.through("take_deliveries", self.inner.take_deliveries(now, until, limit, without)).await
    }

    async fn settle_delivery(&self, taken: &TakenDelivery, settlement: &Settlement) -> Result<bool, StoreError> {
        self.through("settle_delivery", self.inner.settle_delivery(taken, settlement)).await
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
