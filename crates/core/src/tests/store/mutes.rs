//! Mutes that fail.

use async_trait::async_trait;
use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{MuteRecord, MuteTarget, Mutes, NewMute, StoreError};

use super::FaultyStore;

#[async_trait]
impl Mutes for FaultyStore {
    async fn mute(&self, mute: &NewMute) -> Result<MuteRecord, StoreError> {
        self.through("mute", self.inner.mute(mute)).await
    }

    async fn unmute(&self, agent: AgentNo, target: MuteTarget, now: Timestamp) -> Result<bool, StoreError> {
        self.through("unmute", self.inner.unmute(agent, target, now)).await
    }

    async fn mutes_of(&self, agents: &[AgentNo], now: Timestamp) -> Result<Vec<MuteRecord>, StoreError> {
        self.through("mutes_of", self.inner.mutes_of(agents, now)).await
    }

    async fn sweep_mutes(&self, now: Timestamp, most: u32) -> Result<u32, StoreError> {
        self.through("sweep_mutes", self.inner.sweep_mutes(now, most)).await
    }
}
