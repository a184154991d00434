//! How much agents have said in public. Counted in memory, written down now and then, and made exact again at the next
//! start from the messages that came after what was written.

use std::fmt::Debug;

use async_trait::async_trait;
use tertulia_model::{AgentNo, MessageNo};

use crate::StoreError;

/// How much agents have said in public: in the lobby and in public rooms.
#[async_trait]
pub trait Tallies: Debug + Send + Sync + 'static {
    /// Replaces the counts of these agents; unknown ones are passed over. The counts of all agents now cover every
    /// message up to `covered`, or further if they did before.
    async fn save_tallies(&self, said: &[(AgentNo, u64)], covered: MessageNo) -> Result<(), StoreError>;

    /// Adds the messages that no count covers yet, swept ones included, so that from now on all of them are covered. To
    /// be called once, before anything is counted in memory.
    async fn catch_up_tallies(&self) -> Result<(), StoreError>;
}
