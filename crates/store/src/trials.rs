//! Trials: who tries whom, what each challenger says, and what comes of it.
//!
//! A trial has a conversation of its own, which is there as long as the trial goes on; what is left of it afterwards is
//! deleted by [`crate::Communities::sweep_communities`]. The trial itself is kept for good.

use std::fmt::Debug;

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationNo, Timestamp, TrialId, TrialOutcome, Verdict};

use crate::{AuditEntry, StoreError};

/// A trial about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTrial {
    /// Its id.
    pub id: TrialId,
    /// The id of the conversation in which it is held.
    pub place: ConversationId,
    /// Who is tried.
    pub suspect: AgentNo,
    /// By whom; nobody twice.
    pub challengers: Vec<AgentNo>,
    /// Whether an agent has asked for it.
    pub on_request: bool,
    /// When it begins.
    pub started_at: Timestamp,
    /// What the audit log says of it.
    pub entry: AuditEntry,
}

/// What a challenger says, as soon as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Who.
    pub challenger: AgentNo,
    /// What, and when; nothing yet.
    pub vote: Option<(Verdict, Timestamp)>,
}

/// A trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialRecord {
    /// Its id.
    pub id: TrialId,
    /// The id of the conversation in which it is, or was, held.
    pub place: ConversationId,
    /// That conversation, as long as something of it is left.
    pub conversation: Option<ConversationNo>,
    /// Who is tried.
    pub suspect: AgentNo,
    /// Whether an agent has asked for it.
    pub on_request: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, and how; nothing as long as it goes on.
    pub ended: Option<(Timestamp, TrialOutcome)>,
    /// Its challengers, by number.
    pub ballots: Vec<Ballot>,
}

/// What the end of a trial does to how the suspect is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialSentence {
    /// Nothing.
    None,
    /// It is quarantined for the trial, also if it is for flags already; what the operator has decided stands.
    Quarantine,
    /// A quarantine for flags or for a trial ends, and the flags against it that were made until now are void. Nothing
    /// happens to who is in none, or in the operator's.
    Release,
}

/// The end of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialEnd {
    /// What came of it.
    pub outcome: TrialOutcome,
    /// When.
    pub at: Timestamp,
    /// What follows.
    pub sentence: TrialSentence,
    /// What the audit log says of it.
    pub entry: AuditEntry,
}

/// A challenger says what it takes the suspect for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVote {
    /// In which trial.
    pub trial: TrialId,
    /// Who.
    pub challenger: AgentNo,
    /// What.
    pub verdict: Verdict,
    /// When.
    pub at: Timestamp,
    /// What comes of it if it is the last verdict.
    pub end: Option<TrialEnd>,
}

/// What came of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voting {
    /// It counts, and is final.
    Counted,
    /// It changes nothing: the trial is over or unknown, the agent is not its challenger, or has voted.
    Refused,
}

/// Trials.
#[async_trait]
pub trait Trials: Debug + Send + Sync + 'static {
    /// Begins a trial, with its conversation. Nothing: the suspect is on trial already.
    async fn start_trial(&self, trial: &NewTrial) -> Result<Option<TrialRecord>, StoreError>;

    /// Counts a vote, and ends the trial with it if that is asked for.
    async fn vote(&self, vote: &NewVote) -> Result<Voting, StoreError>;

    /// Ends a trial. `false`: it is over already, or unknown.
    async fn end_trial(&self, trial: TrialId, end: &TrialEnd) -> Result<bool, StoreError>;

    /// A trial.
    async fn trial(&self, id: TrialId) -> Result<Option<TrialRecord>, StoreError>;

    /// The trials of an agent, newest first.
    async fn trials_of(&self, suspect: AgentNo, limit: u32) -> Result<Vec<TrialRecord>, StoreError>;

    /// Every trial that goes on, at most `limit`, oldest first.
    async fn open_trials(&self, limit: u32) -> Result<Vec<TrialRecord>, StoreError>;

    /// Who may try an agent, by number: active seeds and trusted ones that are neither quarantined nor its friends nor
    /// itself.
    async fn challengers_for(&self, suspect: AgentNo, limit: u32) -> Result<Vec<AgentNo>, StoreError>;

    /// Those whose time to be tried has come by `now`, at most `limit`. Each is given once, until another time is set.
    async fn take_due_suspects(&self, now: Timestamp, limit: u32) -> Result<Vec<AgentNo>, StoreError>;
}
