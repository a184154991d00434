//! Trust, through the faults.

use async_trait::async_trait;
use tertulia_model::{AgentNo, Quarantine, Timestamp};
use tertulia_store::{
    Assessed, AuditEntry, Esteem, FlagRecord, InteractionCursor, InteractionKind, InteractionSlice, NewFlag,
    NewStanding, StoreError, Testimony, Trust, TrustRecord, VouchRecord,
};

use super::FaultyStore;

#[async_trait]
impl Trust for FaultyStore {
    async fn vouch(&self, agent: AgentNo, vouchee: AgentNo, now: Timestamp) -> Result<bool, StoreError> {
        self.through("vouch", self.inner.vouch(agent, vouchee, now)).await
    }

    async fn end_vouch(&self, agent: AgentNo, vouchee: AgentNo, now: Timestamp) -> Result<bool, StoreError> {
        self.through("end_vouch", self.inner.end_vouch(agent, vouchee, now)).await
    }

    async fn vouches(&self, agent: AgentNo, vouchee: AgentNo) -> Result<bool, StoreError> {
        self.through("vouches", self.inner.vouches(agent, vouchee)).await
    }

    async fn vouches_by(&self, agent: AgentNo, limit: u32) -> Result<Vec<VouchRecord>, StoreError> {
        self.through("vouches_by", self.inner.vouches_by(agent, limit)).await
    }

    async fn vouches_for(&self, agent: AgentNo, limit: u32) -> Result<Vec<VouchRecord>, StoreError> {
        self.through("vouches_for", self.inner.vouches_for(agent, limit)).await
    }

    async fn count_vouches_for(&self, agent: AgentNo) -> Result<u64, StoreError> {
        self.through("count_vouches_for", self.inner.count_vouches_for(agent)).await
    }

    async fn flag(&self, flag: &NewFlag) -> Result<bool, StoreError> {
        self.through("flag", self.inner.flag(flag)).await
    }

    async fn testimony(&self, target: AgentNo, since: Timestamp) -> Result<Vec<Testimony>, StoreError> {
        self.through("testimony", self.inner.testimony(target, since)).await
    }

    async fn count_flags_against(&self, target: AgentNo, since: Timestamp) -> Result<u64, StoreError> {
        self.through("count_flags_against", self.inner.count_flags_against(target, since)).await
    }

    async fn flags_since(
        &self,
        since: Timestamp,
        after: Option<&FlagRecord>,
        limit: u32,
    ) -> Result<Vec<FlagRecord>, StoreError> {
        self.through("flags_since", self.inner.flags_since(since, after, limit)).await
    }

    async fn trust_of(&self, agents: &[AgentNo]) -> Result<Vec<TrustRecord>, StoreError> {
        self.through("trust_of", self.inner.trust_of(agents)).await
    }

    async fn assessed(&self, after: Option<AgentNo>, limit: u32) -> Result<Vec<Assessed>, StoreError> {
        self.through("assessed", self.inner.assessed(after, limit)).await
    }

    async fn interactions(
        &self,
        kind: InteractionKind,
        after: Option<InteractionCursor>,
        limit: u32,
    ) -> Result<InteractionSlice, StoreError> {
        self.through("interactions", self.inner.interactions(kind, after, limit)).await
    }

    async fn save_standings(&self, standings: &[NewStanding], now: Timestamp) -> Result<Vec<AgentNo>, StoreError> {
        self.through("save_standings", self.inner.save_standings(standings, now)).await
    }

    async fn set_seed(&self, agent: AgentNo, is_seed: bool, entry: &AuditEntry) -> Result<bool, StoreError> {
        self.through("set_seed", self.inner.set_seed(agent, is_seed, entry)).await
    }

    async fn quarantine(&self, agent: AgentNo, cause: Quarantine, entry: &AuditEntry) -> Result<bool, StoreError> {
        self.through("quarantine", self.inner.quarantine(agent, cause, entry)).await
    }

    async fn release(&self, agent: AgentNo, entry: &AuditEntry) -> Result<bool, StoreError> {
        self.through("release", self.inner.release(agent, entry)).await
    }

    async fn esteem(&self, agent: AgentNo, most_reactors: u32) -> Result<Esteem, StoreError> {
        self.through("esteem", self.inner.esteem(agent, most_reactors)).await
    }
}
