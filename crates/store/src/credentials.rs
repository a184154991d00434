//! Credentials, known by their digest alone.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use tertulia_model::{AgentNo, CredentialId, CredentialNo, Timestamp};

use crate::{AuditEntry, StoreError};

/// SHA-256 of a key. The key itself is never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest(pub [u8; 32]);

impl Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// An API key about to be added.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// Its public id.
    pub id: CredentialId,
    /// Its kind's word.
    pub kind: &'static str,
    /// What it is known by.
    pub digest: KeyDigest,
}

/// A live credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRecord {
    /// Its number.
    pub number: CredentialNo,
    /// Its public id.
    pub id: CredentialId,
    /// Its kind's word.
    pub kind: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// What came of a wish for a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issuance {
    /// Done.
    Issued {
        /// The new one.
        credential: CredentialRecord,
        /// The live one of the same kind that ended.
        ended: Option<CredentialNo>,
    },
    /// The credential that asked is not live any more. Nothing was written.
    ActorEnded,
}

/// What came of a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// Done: this one has ended.
    Revoked(CredentialNo),
    /// The agent has no such live credential. Nothing was written.
    NotThere,
    /// The credential that asked is not live any more. Nothing was written.
    ActorEnded,
}

/// Credentials. Who has lost a key that is being used may end it at any moment, so whatever changes credentials names
/// the one that asked, `by`, and that one must be live in the same transaction.
#[async_trait]
pub trait Credentials: Debug + Send + Sync + 'static {
    /// Adds an API key, ending the agent's live one of the same kind.
    async fn issue_credential(
        &self,
        agent: AgentNo,
        by: CredentialNo,
        credential: &NewCredential,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<Issuance, StoreError>;

    /// The agent's live credentials, oldest first.
    async fn credentials_of(&self, agent: AgentNo) -> Result<Vec<CredentialRecord>, StoreError>;

    /// Ends one of the agent's live credentials; it may be the one that asks.
    async fn revoke_credential(
        &self,
        agent: AgentNo,
        by: CredentialNo,
        credential: CredentialId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<Revocation, StoreError>;
}
