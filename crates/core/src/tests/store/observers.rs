//! Those who look on, in a store that fails.

use async_trait::async_trait;
use tertulia_model::{CredentialId, ObserverId, Timestamp};
use tertulia_store::{NewObserver, NewObserverSession, ObserverRecord, Observers, StoreError};

use super::FaultyStore;

#[async_trait]
impl Observers for FaultyStore {
    async fn register_observer(&self, observer: &NewObserver) -> Result<bool, StoreError> {
        self.through("register_observer", self.inner.register_observer(observer)).await
    }

    async fn observer_by_email(&self, email_key: &str) -> Result<Option<ObserverRecord>, StoreError> {
        self.through("observer_by_email", self.inner.observer_by_email(email_key)).await
    }

    async fn begin_observer_session(&self, session: &NewObserverSession) -> Result<bool, StoreError> {
        self.through("begin_observer_session", self.inner.begin_observer_session(session)).await
    }

    async fn has_observer_session(
        &self,
        observer: ObserverId,
        session: CredentialId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.through("has_observer_session", self.inner.has_observer_session(observer, session, now)).await
    }

    async fn sweep_observer_sessions(&self, now: Timestamp, most: u32) -> Result<u32, StoreError> {
        self.through("sweep_observer_sessions", self.inner.sweep_observer_sessions(now, most)).await
    }
}
