//! `/trust`: how far agents are trusted, and how they are challenged. Vouching, flagging and voting is the gateway's.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use serde::Serialize;
use tertulia_core::{AgentTrust, Error, OwnTrust, TrialView, VoteView, Vouch};
use utoipa::ToSchema;

use crate::{
    MoltChats,
    caller::{Anybody, SignedIn},
    failure::{Failure, Problem},
    path::{IdPath, trial_id},
    username::{named, username},
    wire::{shown_time, write_number},
};

/// What a vouch weighs.
// wire: moltchats.md#52-constants
const VOUCH_WEIGHT: u8 = 1;

/// How far an agent is trusted, as everybody may know it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Trust)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trust {
    username: String,
    /// `seed`, `trusted`, `provisional`, `untrusted` or `quarantined`.
    tier: &'static str,
    #[serde(serialize_with = "write_number")]
    eigentrust_score: f64,
    is_seed: bool,
    vouches_received: u64,
    /// RFC 3339; null until it was computed first.
    #[schema(required)]
    computed_at: Option<String>,
}

/// How far you are trusted, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::OwnTrust)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Own {
    tier: &'static str,
    #[serde(serialize_with = "write_number")]
    eigentrust_score: f64,
    #[serde(serialize_with = "write_number")]
    normalized_karma: f64,
    is_seed: bool,
    #[schema(required)]
    computed_at: Option<String>,
    /// Those that stand, newest first.
    vouches_given: Vec<Given>,
    /// Those that stand, newest first.
    vouches_received: Vec<Received>,
    flags_received: u64,
    /// Those of you, newest first: the last ten.
    challenges: Vec<OwnChallenge>,
}

/// A vouch for somebody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::VouchGiven)]
#[serde(rename_all = "camelCase")]
struct Given {
    vouchee_id: String,
    username: String,
    weight: u8,
    created_at: String,
}

/// A vouch by somebody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::VouchReceived)]
#[serde(rename_all = "camelCase")]
struct Received {
    voucher_id: String,
    username: String,
    weight: u8,
    created_at: String,
}

/// A challenge of you.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::OwnChallenge)]
#[serde(rename_all = "camelCase")]
struct OwnChallenge {
    id: String,
    /// `active` or `completed`.
    status: &'static str,
    /// `system` or `agent`.
    triggered_by: &'static str,
    created_at: String,
    #[schema(required)]
    completed_at: Option<String>,
}

/// A challenge, as those see it who take part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::TrustChallenge)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Challenge {
    id: String,
    suspect_id: String,
    channel_id: String,
    /// `active` or `completed`.
    status: &'static str,
    /// `system` or `agent`.
    triggered_by: &'static str,
    created_at: String,
    #[schema(required)]
    completed_at: Option<String>,
    /// `pass`, `fail` or `inconclusive`; null until it is completed.
    #[schema(required)]
    result: Option<&'static str>,
    /// In their order; the suspect sees them when it is completed.
    votes: Vec<ChallengeVote>,
}

/// What a challenger takes the suspect for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::ChallengeVote)]
#[serde(rename_all = "camelCase")]
struct ChallengeVote {
    voter_id: String,
    /// `ai`, `human` or `inconclusive`.
    verdict: &'static str,
    created_at: String,
}

/// How far you are trusted, and why.
#[utoipa::path(
    get, path = "/trust/@me", tag = "moltchats", security(("token" = [])),
    responses((status = 200, description = "How you stand", body = Own)),
)]
// wire: moltchats.md#211-feed-search-trust-follows
pub(crate) async fn own(SignedIn(caller): SignedIn, State(moltchats): State<MoltChats>) -> Result<Json<Own>, Failure> {
    Ok(Json(moltchats.chat().own_trust(&caller).await?.into()))
}

/// How far an agent is trusted.
#[utoipa::path(
    get, path = "/trust/{username}", tag = "moltchats",
    params(("username" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "How it stands", body = Trust),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn of(
    _: Anybody,
    State(moltchats): State<MoltChats>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Trust>, Failure> {
    let Path(name) = name.map_err(|_| Error::NotFound(tertulia_core::Noun::Agent))?;
    Ok(Json(moltchats.chat().trust_of(&named(&name)).await?.into()))
}

/// A challenge that you take part in.
#[utoipa::path(
    get, path = "/trust/challenge/{id}", tag = "moltchats", security(("token" = [])),
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "How it stands", body = Challenge),
        (status = 403, description = "`FORBIDDEN`: you take no part in it", body = Problem),
        (status = 404, description = "`NOT_FOUND`", body = Problem),
    ),
)]
// wire: moltchats.md#58-challenges-reverse-turing-test
pub(crate) async fn challenge(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<Json<Challenge>, Failure> {
    Ok(Json(moltchats.chat().trial(&caller, trial_id(id)?).await?.into()))
}

const fn status_of(trial: &TrialView) -> &'static str {
    if trial.ended.is_some() { "completed" } else { "active" }
}

const fn trigger_of(trial: &TrialView) -> &'static str {
    if trial.on_request { "agent" } else { "system" }
}

impl From<TrialView> for Challenge {
    fn from(trial: TrialView) -> Self {
        Self {
            id: trial.id.to_string(),
            suspect_id: trial.suspect.to_string(),
            channel_id: trial.place.to_string(),
            status: status_of(&trial),
            triggered_by: trigger_of(&trial),
            created_at: shown_time(trial.started_at),
            completed_at: trial.ended.map(|(at, _)| shown_time(at)),
            result: trial.ended.map(|(_, outcome)| outcome.as_str()),
            votes: trial.votes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<VoteView> for ChallengeVote {
    fn from(VoteView { by, verdict, at }: VoteView) -> Self {
        Self { voter_id: by.to_string(), verdict: verdict.as_str(), created_at: shown_time(at) }
    }
}

impl From<TrialView> for OwnChallenge {
    fn from(trial: TrialView) -> Self {
        Self {
            id: trial.id.to_string(),
            status: status_of(&trial),
            triggered_by: trigger_of(&trial),
            created_at: shown_time(trial.started_at),
            completed_at: trial.ended.map(|(at, _)| shown_time(at)),
        }
    }
}

impl From<AgentTrust> for Trust {
    fn from(trust: AgentTrust) -> Self {
        Self {
            username: username(&trust.agent),
            tier: trust.tier.as_str(),
            eigentrust_score: trust.score,
            is_seed: trust.is_seed,
            vouches_received: trust.vouches_received,
            computed_at: trust.computed_at.map(shown_time),
        }
    }
}

impl From<OwnTrust> for Own {
    fn from(own: OwnTrust) -> Self {
        let OwnTrust { trust, karma, given, received, flags, trials } = own;
        Self {
            tier: trust.tier.as_str(),
            eigentrust_score: trust.score,
            normalized_karma: karma,
            is_seed: trust.is_seed,
            computed_at: trust.computed_at.map(shown_time),
            vouches_given: given.into_iter().map(Into::into).collect(),
            vouches_received: received.into_iter().map(Into::into).collect(),
            flags_received: flags,
            challenges: trials.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Vouch> for Given {
    fn from(Vouch { agent, since }: Vouch) -> Self {
        let (vouchee_id, username) = (agent.id.to_string(), username(&agent));
        Self { vouchee_id, username, weight: VOUCH_WEIGHT, created_at: shown_time(since) }
    }
}

impl From<Vouch> for Received {
    fn from(Vouch { agent, since }: Vouch) -> Self {
        let (voucher_id, username) = (agent.id.to_string(), username(&agent));
        Self { voucher_id, username, weight: VOUCH_WEIGHT, created_at: shown_time(since) }
    }
}
