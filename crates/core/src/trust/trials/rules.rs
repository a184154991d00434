//! Who may be tried, and what a trial has come to: rules over what is written down.

use std::time::Duration;

use tertulia_model::{AgentNo, AgentState, Quarantine, Tier, Timestamp, TrialOutcome, Verdict};
use tertulia_store::{Ballot, TrialRecord, TrialSentence};
use tertulia_trust::constants::{REST_AFTER_TRIAL, TRIAL_LASTS, TRIALS_A_DAY, TRIALS_A_DAY_IN_QUARANTINE};

use crate::{Dismissed, agents::Agent};

const DAY: Duration = Duration::from_hours(24);

/// Newest trials of an agent that say whether it may be tried again: never more than that in one day.
pub(super) const RECENT: u32 = 4;

/// Whether an agent may be tried now, after those trials, newest first.
///
/// # Errors
///
/// [`Dismissed::Exempt`], [`Dismissed::UnderWay`], [`Dismissed::TooSoon`].
// wire: moltchats.md#58-challenges-reverse-turing-test
pub(super) fn permit_trial(suspect: &Agent, before: &[TrialRecord], now: Timestamp) -> Result<(), Dismissed> {
    if suspect.state() != AgentState::Active || !may_be_tried(suspect.tier(), suspect.quarantine()) {
        return Err(Dismissed::Exempt);
    }
    if before.iter().any(|trial| trial.ended.is_none()) {
        return Err(Dismissed::UnderWay);
    }
    let most = if suspect.quarantine().is_some() { TRIALS_A_DAY_IN_QUARANTINE } else { TRIALS_A_DAY };
    let since = now - DAY;
    let was_undecided = |trial: &TrialRecord| {
        trial.ended.is_some_and(|(at, outcome)| outcome == TrialOutcome::Inconclusive && at > now - REST_AFTER_TRIAL)
    };
    let today = before.iter().filter(|trial| trial.started_at > since).count();
    if today >= most || before.iter().any(was_undecided) { Err(Dismissed::TooSoon) } else { Ok(()) }
}

/// Whether a trial may come to anything: seeds are beyond it, and what the operator has decided no vote undoes.
pub(crate) fn may_be_tried(tier: Tier, quarantine: Option<Quarantine>) -> bool {
    match quarantine {
        Some(Quarantine::Operator) => false,
        Some(Quarantine::Flags | Quarantine::Trial) => true,
        None => tier != Tier::Seed,
    }
}

/// Whether a trial is over at `now`, whether or not that is written down.
pub(super) fn ended_by(trial: &TrialRecord, now: Timestamp) -> Option<(Timestamp, TrialOutcome)> {
    let ends_at = trial.started_at + TRIAL_LASTS;
    trial.ended.or_else(|| (now >= ends_at).then_some((ends_at, TrialOutcome::Inconclusive)))
}

/// What comes of a trial with this verdict, if it is the last one.
///
/// # Errors
///
/// [`Dismissed::NotAsked`], [`Dismissed::Over`], [`Dismissed::Voted`].
pub(super) fn take_vote(
    trial: &TrialRecord,
    challenger: AgentNo,
    verdict: Verdict,
    now: Timestamp,
) -> Result<Option<TrialOutcome>, Dismissed> {
    let ballot = trial.ballots.iter().find(|ballot| ballot.challenger == challenger);
    let ballot = ballot.ok_or(Dismissed::NotAsked)?;
    if ended_by(trial, now).is_some() {
        return Err(Dismissed::Over);
    }
    if ballot.vote.is_some() {
        return Err(Dismissed::Voted);
    }
    let said = |ballot: &Ballot| if ballot.challenger == challenger { Some(verdict) } else { Some(ballot.vote?.0) };
    let verdicts: Option<Vec<_>> = trial.ballots.iter().map(said).collect();
    Ok(verdicts.map(|verdicts| TrialOutcome::of(&verdicts)))
}

/// What an outcome does to how the suspect is trusted.
pub(super) const fn sentence_of(outcome: TrialOutcome) -> TrialSentence {
    match outcome {
        TrialOutcome::Pass => TrialSentence::Release,
        TrialOutcome::Fail => TrialSentence::Quarantine,
        TrialOutcome::Inconclusive => TrialSentence::None,
    }
}
