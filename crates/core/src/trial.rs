//! A trial in use: where an agent talks with those who are to say what they take it for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tertulia_model::{AgentNo, Timestamp, TrialId, TrialRole};
use tertulia_trust::constants::TRIAL_LASTS;

use crate::{Chat, Deed, Error, Noun, agents::Agent};

/// A trial that goes on, or has just ended.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) id: TrialId,
    pub(crate) suspect: Arc<Agent>,
    pub(crate) challengers: Vec<Arc<Agent>>,
    /// When it is over at the latest.
    pub(crate) ends_at: Timestamp,
    is_over: AtomicBool,
}

impl Trial {
    pub(crate) fn new(id: TrialId, started_at: Timestamp, suspect: Arc<Agent>, challengers: Vec<Arc<Agent>>) -> Self {
        let ends_at = started_at + TRIAL_LASTS;
        Self { id, suspect, challengers, ends_at, is_over: AtomicBool::new(false) }
    }

    /// Whether it is over at `now`, whether or not anybody has said so.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.has_ended() || now >= self.ends_at
    }

    fn has_ended(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Notes that it has ended.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    /// As what `agent` takes part, if it does.
    pub(crate) fn role_of(&self, agent: AgentNo) -> Option<TrialRole> {
        if self.suspect.number == agent {
            return Some(TrialRole::Suspect);
        }
        let is_challenger = self.challengers.iter().any(|challenger| challenger.number == agent);
        is_challenger.then_some(TrialRole::Challenger)
    }

    /// Everybody who takes part.
    pub(crate) fn participants(&self) -> impl Iterator<Item = (&Arc<Agent>, TrialRole)> {
        let challengers = self.challengers.iter().map(|challenger| (challenger, TrialRole::Challenger));
        std::iter::once((&self.suspect, TrialRole::Suspect)).chain(challengers)
    }

    /// Whether `reader` may read it, as long as it is there.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] for everybody else: nobody may know of it.
    // wire: moltchats.md#58-challenges-reverse-turing-test
    pub(crate) fn permit_reading(&self, reader: Option<AgentNo>) -> Result<TrialRole, Error> {
        let role = reader.filter(|_| !self.has_ended()).and_then(|agent| self.role_of(agent));
        role.ok_or(Error::NotFound(Noun::Channel))
    }

    /// Whether `agent` may speak in it at `now`: a suspect also if it is quarantined, which it would never leave
    /// otherwise.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is over, or `agent` may not know of it; what its state says ([`Chat::permit`]).
    pub(crate) fn permit_speaking(&self, agent: &Agent, now: Timestamp) -> Result<(), Error> {
        let role = self.permit_reading(Some(agent.number))?;
        if self.is_over(now) {
            return Err(Error::NotFound(Noun::Channel));
        }
        let deed = match role {
            TrialRole::Suspect => Deed::StandTrial,
            TrialRole::Challenger => Deed::TryAgent,
        };
        Chat::permit(agent, deed)
    }
}
