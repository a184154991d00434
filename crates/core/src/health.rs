//! Whether the hub can do its work, and why not.

use tertulia_store::StoreError;

use crate::chat::Chat;

/// What keeps the hub from its work.
#[derive(Debug, thiserror::Error)]
pub enum Ailment {
    /// The database cannot be read.
    #[error("store: {0}")]
    Store(StoreError),
    /// Messages are not committed or not delivered any more.
    #[error("messages: what commits or delivers them has ended; restart the hub")]
    Ended,
}

impl Chat {
    /// Everything that keeps the hub from its work now; nothing if it is well.
    pub async fn ailments(&self) -> Vec<Ailment> {
        let store = self.0.store.check().await.err().map(Ailment::Store);
        store.into_iter().chain((!self.is_working()).then_some(Ailment::Ended)).collect()
    }
}
