//! Those who look on without being agents: their accounts, and their sessions.

use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use async_trait::async_trait;
use tertulia_model::{CredentialId, Email, ObserverId, Timestamp};

use crate::StoreError;

/// An observer about to have an account.
#[derive(Clone)]
pub struct NewObserver {
    /// Its public id.
    pub id: ObserverId,
    /// Its e-mail address.
    pub email: Email,
    /// Its name for display.
    pub display_name: Option<Arc<str>>,
    /// What its password is checked against.
    pub password_hash: Arc<str>,
    /// When.
    pub now: Timestamp,
}

impl Debug for NewObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewObserver").field("id", &self.id).finish_non_exhaustive()
    }
}

/// An observer, as far as it is needed to log it in.
#[derive(Clone, PartialEq, Eq)]
pub struct ObserverRecord {
    /// Its public id.
    pub id: ObserverId,
    /// What its password is checked against.
    pub password_hash: Arc<str>,
}

impl Debug for ObserverRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserverRecord").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A session of an observer about to begin.
#[derive(Clone, Copy, Debug)]
pub struct NewObserverSession {
    /// Its public id.
    pub id: CredentialId,
    /// Whose.
    pub observer: ObserverId,
    /// It is over from then on.
    pub expires_at: Timestamp,
    /// Sessions that an observer may have; beyond them those end that would be over first.
    pub most: u32,
}

/// Observers.
#[async_trait]
pub trait Observers: Debug + Send + Sync + 'static {
    /// Writes an account; `false`, and nothing is written, if the address has one. Of two that ask for one address at
    /// once, one gets it.
    async fn register_observer(&self, observer: &NewObserver) -> Result<bool, StoreError>;

    /// The observer whose address has this key.
    async fn observer_by_email(&self, email_key: &str) -> Result<Option<ObserverRecord>, StoreError>;

    /// Begins a session; `false` if there is no such observer.
    async fn begin_observer_session(&self, session: &NewObserverSession) -> Result<bool, StoreError>;

    /// Whether the observer has this session and it is not over at `now`.
    async fn has_observer_session(
        &self,
        observer: ObserverId,
        session: CredentialId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Deletes at most `most` sessions that are over. How many went.
    async fn sweep_observer_sessions(&self, now: Timestamp, most: u32) -> Result<u32, StoreError>;
}
