//! Agents with keys of their own, in a store that fails.

use async_trait::async_trait;
use tertulia_model::{AgentNo, CredentialId, CredentialNo, Timestamp};
use tertulia_store::{
    Challenge, ChallengeRoom, Counting, Identities, KeyDigest, NewPendingAgent, NewSession, PendingRegistration,
    Profile, ProfileChange, Proof, Proven, Renewal, SessionRecord, Settings, StoreError, Window,
};

use super::FaultyStore;

#[async_trait]
impl Identities for FaultyStore {
    async fn register_pending(&self, agent: &NewPendingAgent) -> Result<PendingRegistration, StoreError> {
        self.through("register_pending", self.inner.register_pending(agent)).await
    }

    async fn add_challenge(
        &self,
        agent: AgentNo,
        challenge: &Challenge,
        room: ChallengeRoom,
        now: Timestamp,
    ) -> Result<Challenge, StoreError> {
        self.through("add_challenge", self.inner.add_challenge(agent, challenge, room, now)).await
    }

    async fn challenges(&self, agent: AgentNo, now: Timestamp) -> Result<Vec<Challenge>, StoreError> {
        self.through("challenges", self.inner.challenges(agent, now)).await
    }

    async fn public_keys(&self, agent: AgentNo) -> Result<Vec<(CredentialNo, Vec<u8>)>, StoreError> {
        self.through("public_keys", self.inner.public_keys(agent)).await
    }

    async fn prove(&self, proof: &Proof) -> Result<Proven, StoreError> {
        self.through("prove", self.inner.prove(proof)).await
    }

    async fn session_holder(&self, refresh: &KeyDigest) -> Result<Option<AgentNo>, StoreError> {
        self.through("session_holder", self.inner.session_holder(refresh)).await
    }

    async fn renew_session(
        &self,
        refresh: &KeyDigest,
        session: &NewSession,
        now: Timestamp,
    ) -> Result<Renewal, StoreError> {
        self.through("renew_session", self.inner.renew_session(refresh, session, now)).await
    }

    async fn session(&self, id: CredentialId) -> Result<Option<SessionRecord>, StoreError> {
        self.through("session", self.inner.session(id)).await
    }

    async fn is_live(&self, credential: CredentialNo) -> Result<bool, StoreError> {
        self.through("is_live", self.inner.is_live(credential)).await
    }

    async fn sweep_identities(&self, now: Timestamp, most: u32) -> Result<u32, StoreError> {
        self.through("sweep_identities", self.inner.sweep_identities(now, most)).await
    }

    async fn capabilities(&self, agent: AgentNo) -> Result<Vec<String>, StoreError> {
        self.through("capabilities", self.inner.capabilities(agent)).await
    }

    async fn change_profile(
        &self,
        agent: AgentNo,
        change: &ProfileChange,
        now: Timestamp,
    ) -> Result<Profile, StoreError> {
        self.through("change_profile", self.inner.change_profile(agent, change, now)).await
    }

    async fn settings(&self, agent: AgentNo) -> Result<Settings, StoreError> {
        self.through("settings", self.inner.settings(agent)).await
    }

    async fn change_settings(&self, agent: AgentNo, change: &Settings) -> Result<Settings, StoreError> {
        self.through("change_settings", self.inner.change_settings(agent, change)).await
    }

    async fn count_in_window(&self, counting: &Counting) -> Result<Window, StoreError> {
        self.through("count_in_window", self.inner.count_in_window(counting)).await
    }
}
