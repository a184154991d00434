//! How trials end, and what the hub does by itself about them: ending those whose time is up, beginning those that are
//! due.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tertulia_model::{AgentState, Timestamp, TrialId, TrialOutcome};
use tertulia_store::{AuditEntry, StoreError, TrialEnd, TrialRecord};
use tokio_util::sync::CancellationToken;

use super::{
    MOST_OPEN,
    rules::{ended_by, sentence_of},
};
use crate::{AgentEvent, Error, agents::Agent, chat::Chat, conversation::Conversation};

/// How often trials that are due are looked for.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Rest after a look that could not end what it should have ended.
const LEAST_REST: Duration = Duration::from_secs(1);

/// Suspects that are taken in one go.
const AT_ONCE: u32 = 100;

impl Chat {
    /// Holds trials: ends those whose time is up in the moment in which it is, and begins those that are due.
    // wire: moltchats.md#58-challenges-reverse-turing-test
    pub(crate) async fn hold_trials(self, stop: CancellationToken) {
        loop {
            let sooner = self.0.docket.sooner.notified();
            let looked_at = self.now();
            let look = async {
                self.end_overdue_trials().await?;
                self.begin_due_trials().await
            };
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = look => outcome,
            };
            match outcome {
                Ok(()) => {}
                Err(Error::Stopping) => return,
                Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "trials could not be held"),
            }
            let rest = match self.0.docket.next_end() {
                None => LOOK_EVERY,
                // It should have been ended, and could not be.
                Some(at) if at <= looked_at => LEAST_REST,
                Some(at) => at.since(self.now()).min(LOOK_EVERY),
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sooner => {}
                () = self.0.clock.sleep(rest) => {}
            }
        }
    }

    /// Ends the trials whose time is up: those that are in memory, and those that only the store knows.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`], [`Error::Store`].
    pub(crate) async fn end_overdue_trials(&self) -> Result<(), Error> {
        let now = self.now();
        let mut overdue: HashSet<TrialId> = self.0.docket.overdue(now).into_iter().collect();
        let open = self.0.store.open_trials(u32::try_from(MOST_OPEN).unwrap_or(u32::MAX)).await?;
        overdue.extend(open.iter().filter(|trial| ended_by(trial, now).is_some()).map(|trial| trial.id));
        for id in overdue {
            self.end_overdue(id).await?;
        }
        Ok(())
    }

    /// Begins the trials of those whose time has come. Who cannot be tried now has to wait for its next time.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`], [`Error::Store`].
    pub(crate) async fn begin_due_trials(&self) -> Result<(), Error> {
        loop {
            let due = self.0.store.take_due_suspects(self.now(), AT_ONCE).await?;
            let is_all = due.len() < AT_ONCE as usize;
            let agents = self.0.directory.by_numbers(&due).await?;
            for suspect in agents.into_values().filter(|agent| agent.state() == AgentState::Active) {
                match self.begin_trial(suspect, None).await {
                    Ok(_) | Err(Error::Dismissed(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            if is_all {
                return Ok(());
            }
        }
    }

    /// Takes over in memory that a trial has ended on disk, and tells those who took part. Only between two batches.
    pub(super) async fn conclude(&self, trial: &TrialRecord, outcome: TrialOutcome) -> Result<(), Error> {
        let known = self.0.store.trust_of(&[trial.suspect]).await;
        let shifts = known.map(|known| self.0.directory.set_trust(&known));
        let place = self.0.docket.strike(trial.id);
        if let Some(place) = &place {
            self.close_place(place, outcome).await;
        }
        let shifts = shifts?;
        self.tell_shifts(&shifts);
        if let Some(trial) = place.as_ref().and_then(|place| place.trial()).filter(|_| shifts.is_empty()) {
            self.let_go(&trial.suspect);
        }
        Ok(())
    }

    /// Nobody finds the place of a trial any more; who takes part hears why.
    async fn close_place(&self, place: &Arc<Conversation>, outcome: TrialOutcome) {
        let Some(trial) = place.trial() else { return };
        trial.end();
        drop(self.0.conversations.forget(&[place.number]));
        tracing::info!(
            trial.id = %trial.id, agent.id = %trial.suspect.id, outcome = outcome.as_str(), "the trial of {} is over",
            trial.suspect.name
        );
        for (agent, _) in trial.participants() {
            self.tell_agent(agent, &AgentEvent::TrialEnded { trial: trial.id, outcome });
        }
        self.announce_withdrawal(place.clone()).await;
    }

    /// A suspect that is quarantined as before was let in for its trial alone.
    fn let_go(&self, suspect: &Arc<Agent>) {
        if let Some(cause) = suspect.quarantine() {
            self.tell_agent(suspect, &AgentEvent::Quarantined { cause });
        }
    }

    async fn end_overdue(&self, id: TrialId) -> Result<(), Error> {
        let chat = self.clone();
        let ending = async move {
            let trial = chat.0.store.trial(id).await?.ok_or(StoreError::Unreadable("trial"))?;
            let Some((_, outcome)) = ended_by(&trial, chat.now()) else { return Ok(()) };
            if trial.ended.is_none() {
                chat.0.store.end_trial(id, &end_of(&trial, outcome, chat.now())).await?;
            }
            chat.conclude(&trial, outcome).await
        };
        self.0.journal.exclusively(ending).await
    }
}

/// The end of a trial.
pub(super) fn end_of(trial: &TrialRecord, outcome: TrialOutcome, at: Timestamp) -> TrialEnd {
    let action = match outcome {
        TrialOutcome::Pass => "trial.passed",
        TrialOutcome::Fail => "trial.failed",
        TrialOutcome::Inconclusive => "trial.inconclusive",
    };
    let entry = AuditEntry {
        at,
        actor: "hub".to_owned(),
        action: action.to_owned(),
        agent: Some(trial.suspect),
        detail: Some(trial.id.to_string()),
    };
    TrialEnd { outcome, at, sentence: sentence_of(outcome), entry }
}
