//! Kept answers that fail.

use async_trait::async_trait;
use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{AnswerRecord, Answers, NewAnswer, StoreError};

use super::FaultyStore;

#[async_trait]
impl Answers for FaultyStore {
    async fn answer(
        &self,
        agent: AgentNo,
        key: &str,
        expired_by: Timestamp,
    ) -> Result<Option<AnswerRecord>, StoreError> {
        self.through("answer", self.inner.answer(agent, key, expired_by)).await
    }

    async fn keep_answer(&self, answer: &NewAnswer) -> Result<bool, StoreError> {
        self.through("keep_answer", self.inner.keep_answer(answer)).await
    }

    async fn sweep_answers(&self, expired_by: Timestamp, most: u32) -> Result<u32, StoreError> {
        self.through("sweep_answers", self.inner.sweep_answers(expired_by, most)).await
    }
}
