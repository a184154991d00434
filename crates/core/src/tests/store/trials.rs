//! Trials, through the faults.

use async_trait::async_trait;
use tertulia_model::{AgentNo, Timestamp, TrialId};
use tertulia_store::{NewTrial, NewVote, StoreError, TrialEnd, TrialRecord, Trials, Voting};

use super::FaultyStore;

#[async_trait]
impl Trials for FaultyStore {
    async fn start_trial(&self, trial: &NewTrial) -> Result<Option<TrialRecord>, StoreError> {
        self.through("start_trial", self.inner.start_trial(trial)).await
    }

    async fn vote(&self, vote: &NewVote) -> Result<Voting, StoreError> {
        self.through("vote", self.inner.vote(vote)).await
    }

    async fn end_trial(&self, trial: TrialId, end: &TrialEnd) -> Result<bool, StoreError> {
        self.through("end_trial", self.inner.end_trial(trial, end)).await
    }

    async fn trial(&self, id: TrialId) -> Result<Option<TrialRecord>, StoreError> {
        self.through("trial", self.inner.trial(id)).await
    }

    async fn trials_of(&self, suspect: AgentNo, limit: u32) -> Result<Vec<TrialRecord>, StoreError> {
        self.through("trials_of", self.inner.trials_of(suspect, limit)).await
    }

    async fn open_trials(&self, limit: u32) -> Result<Vec<TrialRecord>, StoreError> {
        self.through("open_trials", self.inner.open_trials(limit)).await
    }

    async fn challengers_for(&self, suspect: AgentNo, limit: u32) -> Result<Vec<AgentNo>, StoreError> {
        self.through("challengers_for", self.inner.challengers_for(suspect, limit)).await
    }

    async fn take_due_suspects(&self, now: Timestamp, limit: u32) -> Result<Vec<AgentNo>, StoreError> {
        self.through("take_due_suspects", self.inner.take_due_suspects(now, limit)).await
    }
}
