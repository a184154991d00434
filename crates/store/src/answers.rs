//! Answers to requests that carried a key, so that the same request again is answered the same.

use std::fmt::Debug;

use async_trait::async_trait;
use tertulia_model::{AgentNo, Timestamp};

use crate::StoreError;

/// What was asked, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRecord {
    /// SHA-256 of the request.
    pub fingerprint: [u8; 32],
    /// The status.
    pub status: u16,
    /// Names and values of the headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer about to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAnswer {
    /// To whom it was given.
    pub agent: AgentNo,
    /// The request's key.
    pub key: String,
    /// The answer.
    pub record: AnswerRecord,
    /// When.
    pub now: Timestamp,
    /// What was kept by then has run out.
    pub expired_by: Timestamp,
    /// Most answers of the agent, this one included; the oldest go.
    pub most: u32,
}

/// Answers to requests that carried a key.
#[async_trait]
pub trait Answers: Debug + Send + Sync + 'static {
    /// What the agent was answered to the request with this key, later than `expired_by`.
    async fn answer(
        &self,
        agent: AgentNo,
        key: &str,
        expired_by: Timestamp,
    ) -> Result<Option<AnswerRecord>, StoreError>;

    /// Keeps an answer, in the place of one that has run out. `false`: there is one already, and it stays.
    async fn keep_answer(&self, answer: &NewAnswer) -> Result<bool, StoreError>;

    /// Deletes at most `most` of the answers that have run out; how many there were.
    async fn sweep_answers(&self, expired_by: Timestamp, most: u32) -> Result<u32, StoreError>;
}
