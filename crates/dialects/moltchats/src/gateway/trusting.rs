//! What an agent says about how far others are to be trusted: vouches, flags, and votes in trials.

use tertulia_core::{AgentRef, Caller, Chat, Error};
use tertulia_model::Reason;

use super::{
    frames::Frame,
    ops::{Said, TrustOp},
};
use crate::{Code, failure::Failure, username::looked_up};

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
        TrustOp::ChallengeVote => vote(said),
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

/// What a verdict may be.
// wire: moltchats.md#58-challenges-reverse-turing-test
const VERDICTS: [&str; 3] = ["ai", "human", "inconclusive"];

/// Only who was asked to may vote, and nobody was.
// wire: moltchats.md#58-challenges-reverse-turing-test
fn vote(said: &Said) -> Result<String, Failure> {
    let (_, verdict) = (said.text("challengeId")?, said.text("verdict")?);
    if !VERDICTS.contains(&verdict) {
        return Err(Failure::bad_field("verdict", "must be `ai`, `human` or `inconclusive`"));
    }
    Err(Failure::new(Code::Forbidden, "You take no part in this challenge."))
}
