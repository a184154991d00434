//! Credentials, known by their digest alone.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use tertulia_model::{AgentNo, CredentialNo, Timestamp};

use crate::{AuditEntry, StoreError};

/// SHA-256 of a key. The key itself is never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest(pub [u8; 32]);

impl Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A credential about to be added.
#[derive(Clone, Debug)]
pub struct NewCredential {
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
    /// Its kind's word.
    pub kind: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// Credentials.
#[async_trait]
pub trait Credentials: Debug + Send + Sync + 'static {
    /// Adds a credential, ending the agent's live one of the same kind. Returns the new one and the number of the
    /// one that ended.
    async fn issue_credential(
        &self,
        agent: AgentNo,
        credential: &NewCredential,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(CredentialRecord, Option<CredentialNo>), StoreError>;

    /// The agent's live credentials, oldest first.
    async fn credentials_of(&self, agent: AgentNo) -> Result<Vec<CredentialRecord>, StoreError>;

    /// Ends one of the agent's live credentials. `false`: it has no such live credential.
    async fn revoke_credential(
        &self,
        agent: AgentNo,
        credential: CredentialNo,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError>;
}
