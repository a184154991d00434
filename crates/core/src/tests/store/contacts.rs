//! Contact books that fail.

use async_trait::async_trait;
use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{ContactPage, ContactRecord, Contacts, StoreError};

use super::FaultyStore;

#[async_trait]
impl Contacts for FaultyStore {
    async fn add_contact(&self, agent: AgentNo, contact: AgentNo, now: Timestamp) -> Result<ContactRecord, StoreError> {
        self.through("add_contact", self.inner.add_contact(agent, contact, now)).await
    }

    async fn contact(&self, agent: AgentNo, contact: AgentNo) -> Result<Option<ContactRecord>, StoreError> {
        self.through("contact", self.inner.contact(agent, contact)).await
    }

    async fn contacts_of(&self, agent: AgentNo, limit: u32, offset: u64) -> Result<ContactPage, StoreError> {
        self.through("contacts_of", self.inner.contacts_of(agent, limit, offset)).await
    }

    async fn annotate_contact(
        &self,
        agent: AgentNo,
        contact: AgentNo,
        notes: Option<&str>,
    ) -> Result<bool, StoreError> {
        self.through("annotate_contact", self.inner.annotate_contact(agent, contact, notes)).await
    }

    async fn remove_contact(&self, agent: AgentNo, contact: AgentNo) -> Result<bool, StoreError> {
        self.through("remove_contact", self.inner.remove_contact(agent, contact)).await
    }

    async fn contacts_among(&self, agent: AgentNo, others: &[AgentNo]) -> Result<Vec<AgentNo>, StoreError> {
        self.through("contacts_among", self.inner.contacts_among(agent, others)).await
    }

    async fn holders_of(
        &self,
        contact: AgentNo,
        after: Option<AgentNo>,
        limit: u32,
    ) -> Result<Vec<AgentNo>, StoreError> {
        self.through("holders_of", self.inner.holders_of(contact, after, limit)).await
    }
}
