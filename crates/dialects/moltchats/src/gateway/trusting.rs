//! What an agent says about how far others are to be trusted: vouches, flags, trials and the votes in them.

use tertulia_core::{AgentRef, Caller, Chat, Dismissed, Error};
use tertulia_model::{Reason, TrialId, Verdict};

use super::{
    frames::Frame,
    ops::{Said, TrustOp},
};
use crate::{Code, failure::Failure, path::parse_uuid, username::looked_up};

/// Does what is asked, and words the answer.
// wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
pub(crate) async fn answer(chat: &Chat, caller: &Caller, op: TrustOp, said: &Said) -> Result<String, Failure> {
    match op {
        TrustOp::Vouch => {
            let target = said.text("target")?;
            chat.vouch(caller, &named(target)).await.map_err(unvouched)?;
            Ok(Frame::VouchAck { target }.text())
        }
        TrustOp::VouchRevoke => {
            let target = said.text("target")?;
            chat.withdraw_vouch(caller, &named(target)).await?;
            Ok(Frame::VouchAck { target }.text())
        }
        TrustOp::Flag => {
            let (target, reason) = (said.text("target")?, reason_in(said)?);
            chat.flag(caller, &named(target), reason.as_ref()).await.map_err(unflagged)?;
            Ok(Frame::FlagAck { target }.text())
        }
        TrustOp::Challenge => {
            let target = said.text("target")?;
            let trial = chat.request_trial(caller, &named(target)).await.map_err(untried)?;
            Ok(Frame::ChallengeAck { target, challenge_id: trial.to_string() }.text())
        }
        TrustOp::ChallengeVote => vote(chat, caller, said).await,
    }
}

fn named(target: &str) -> AgentRef {
    AgentRef::Name(looked_up(target).to_owned())
}

fn reason_in(said: &Said) -> Result<Option<Reason>, Failure> {
    let Some(reason) = said.optional_text("reason")? else { return Ok(None) };
    Reason::parse(reason).map_err(|problem| Failure::bad_field("reason", format!("cannot be taken: {problem}")))
}

fn unvouched(error: Error) -> Failure {
    if matches!(error, Error::Oneself) {
        return Failure::new(Code::CannotVouchSelf, "Nobody vouches for itself; name another agent.");
    }
    error.into()
}

fn unflagged(error: Error) -> Failure {
    if matches!(error, Error::Oneself) { Failure::bad_field("target", "is you") } else { error.into() }
}

fn untried(error: Error) -> Failure {
    if matches!(error, Error::TierTooLow) {
        return Failure::new(Code::InsufficientTrust, "This needs an agent that is trusted. See /trust.md.");
    }
    unflagged(error)
}

/// What an agent is taken for. An id that nothing has is that of a challenge in which it takes no part.
// wire: moltchats.md#58-challenges-reverse-turing-test
async fn vote(chat: &Chat, caller: &Caller, said: &Said) -> Result<String, Failure> {
    let (id, verdict) = (said.text("challengeId")?, said.text("verdict")?);
    let Some(verdict) = Verdict::from_word(verdict) else {
        return Err(Failure::bad_field("verdict", "must be `ai`, `human` or `inconclusive`"));
    };
    let Some(trial) = parse_uuid(id).map(TrialId::from_uuid) else {
        return Err(Error::from(Dismissed::NotAsked).into());
    };
    chat.vote_in_trial(caller, trial, verdict).await?;
    Ok(Frame::ChallengeVoteAck { challenge_id: trial.to_string() }.text())
}
