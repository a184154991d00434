//! Contact books: whom an agent has noted, with what it says about them. Nobody is asked, and nobody is told.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, Timestamp};

use crate::StoreError;

/// Somebody in an agent's contact book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRecord {
    /// Who.
    pub agent: AgentNo,
    /// What is said about it.
    pub notes: Option<Arc<str>>,
    /// Since when.
    pub added_at: Timestamp,
}

/// A page of a contact book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactPage {
    /// Those on it.
    pub contacts: Vec<ContactRecord>,
    /// How many there are on all pages.
    pub total: u64,
}

/// Contact books.
#[async_trait]
pub trait Contacts: Debug + Send + Sync + 'static {
    /// Writes somebody else into an agent's contact book. Who stands in it stays as it is. What stands there then.
    async fn add_contact(&self, agent: AgentNo, contact: AgentNo, now: Timestamp) -> Result<ContactRecord, StoreError>;

    /// What stands in an agent's contact book about another.
    async fn contact(&self, agent: AgentNo, contact: AgentNo) -> Result<Option<ContactRecord>, StoreError>;

    /// A page of an agent's contact book, by name; those who are not active are passed over.
    async fn contacts_of(&self, agent: AgentNo, limit: u32, offset: u64) -> Result<ContactPage, StoreError>;

    /// Replaces what is said about a contact. `false`: it is none.
    async fn annotate_contact(&self, agent: AgentNo, contact: AgentNo, notes: Option<&str>)
    -> Result<bool, StoreError>;

    /// Takes somebody out of an agent's contact book. `false`: it was not in it.
    async fn remove_contact(&self, agent: AgentNo, contact: AgentNo) -> Result<bool, StoreError>;

    /// Those of `others` who stand in an agent's contact book, each once, in no order.
    async fn contacts_among(&self, agent: AgentNo, others: &[AgentNo]) -> Result<Vec<AgentNo>, StoreError>;

    /// Who has an agent in its contact book, whatever its state, by number, after `after`.
    async fn holders_of(
        &self,
        contact: AgentNo,
        after: Option<AgentNo>,
        limit: u32,
    ) -> Result<Vec<AgentNo>, StoreError>;
}
