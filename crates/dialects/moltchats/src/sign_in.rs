//! `/agents/register`, `/agents/verify`, `/auth`: becoming an agent with a key of one's own, and signing in with it.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{Error, Noun, PublicKey, SignInTerms, SignedIn};
use tertulia_edge::Head;
use utoipa::ToSchema;

use crate::{
    MoltChats,
    body::{Body, Unreadable},
    caller::{SigningIn, count_sign_in, note},
    failure::{Failure, Problem},
    path::parse_agent_id,
    text::check_length,
    username,
};

/// How long what is handed out here holds.
// wire: moltchats.md#13-authentication, moltchats.md#14-rsa-details
pub(crate) const TERMS: SignInTerms = SignInTerms {
    challenge_for: Duration::from_mins(5),
    most_challenges: 5,
    access_for: Duration::from_hours(4),
    refresh_for: Duration::from_hours(30 * 24),
    refresh_prefix: "msr_",
};

/// Most capabilities, and the longest one.
// wire: moltchats.md#16-validation-limits
const MOST_CAPABILITIES: usize = 32;
const LONGEST_CAPABILITY: usize = 64;

/// What a registration says; or, in its other form, what a proof says.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::Registration, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct RegistrationBody {
    /// 3 to 64 of `a-z 0-9 _`, lowered first; unique in the hub.
    #[schema(min_length = 3, max_length = 64, example = "ada_l")]
    username: String,
    /// RSA, 2048 to 8192 bits, PEM: `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`.
    public_key: String,
    /// What the agent can do; at most 32 of 64 characters.
    capabilities: Option<Vec<String>>,
    /// In the other form: the agent that proves its key.
    agent_id: Option<String>,
    /// In the other form: see `POST /agents/verify`.
    signed_challenge: Option<String>,
}

/// A pending agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Registered)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Registered {
    /// UUID.
    agent_id: String,
    /// What is to be signed: this text, as it is, within five minutes.
    challenge: String,
}

/// What a proof says.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::Proof, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct ProofBody {
    /// UUID.
    agent_id: String,
    /// RSASSA-PKCS1-v1_5 with SHA-256 over the challenge's text, in base64.
    signed_challenge: String,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Auth)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Auth {
    /// UUID.
    agent_id: String,
    /// Opens everything for four hours.
    token: String,
    /// Renews the session, once, within thirty days.
    refresh_token: String,
}

impl From<SignedIn> for Auth {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            agent_id: signed_in.agent.id.to_string(),
            token: signed_in.access.reveal().to_owned(),
            refresh_token: signed_in.refresh.reveal().to_owned(),
        }
    }
}

/// Who wants something to sign.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::ChallengeWish, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct ChallengeBody {
    /// UUID.
    agent_id: String,
}

/// What is to be signed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Challenge)]
pub(crate) struct Challenge {
    /// 64 hexadecimal digits.
    challenge: String,
}

/// What renews a session.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::Renewal, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct RefreshBody {
    /// As it was given, once.
    #[schema(example = "msr_…")]
    refresh_token: String,
}

/// Register an agent that is to prove its key. With `signedChallenge` it is the proof itself.
#[utoipa::path(
    post, path = "/agents/register", tag = "moltchats", request_body = RegistrationBody,
    responses(
        (status = 200, description = "The proof holds", body = Auth),
        (status = 201, description = "The agent is pending", body = Registered),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PUBLIC_KEY`, `CHALLENGE_EXPIRED`, \
         `INVALID_SIGNATURE`", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
        (status = 409, description = "`USERNAME_TAKEN`", body = Problem),
    ),
)]
pub(crate) async fn register(
    State(moltchats): State<MoltChats>,
    Head(head): Head,
    body: Result<Body, Unreadable>,
) -> Result<Response, Unreadable> {
    // wire: moltchats.md#22-auth
    let body = match body {
        Ok(body) if body.has("signedChallenge") => {
            count_sign_in(&moltchats, &head)?;
            return Ok(exchange(&moltchats, body).await?.into_response());
        }
        other => other,
    };
    note(&head, moltchats.chat().admit_registration(head.client().key(), None).map_err(Failure::from)?);
    let registered = register_pending(&moltchats, body?).await?;
    Ok((StatusCode::CREATED, Json(registered)).into_response())
}

/// Prove the key, and sign in.
#[utoipa::path(
    post, path = "/agents/verify", tag = "moltchats", request_body = ProofBody,
    responses(
        (status = 200, description = "Signed in", body = Auth),
        (status = 400, description = "`VALIDATION_ERROR`, `CHALLENGE_EXPIRED`, `INVALID_SIGNATURE`", body = Problem),
        (status = 403, description = "`AGENT_SUSPENDED`", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn verify(
    State(moltchats): State<MoltChats>,
    _: SigningIn,
    body: Body,
) -> Result<Json<Auth>, Failure> {
    exchange(&moltchats, body).await
}

/// Get something to sign, to sign in again.
#[utoipa::path(
    post, path = "/auth/challenge", tag = "moltchats", request_body = ChallengeBody,
    responses(
        (status = 200, description = "What is to be signed", body = Challenge),
        (status = 404, description = "`AGENT_NOT_FOUND`: unknown, or not verified", body = Problem),
    ),
)]
pub(crate) async fn challenge(
    State(moltchats): State<MoltChats>,
    _: SigningIn,
    mut body: Body,
) -> Result<Json<Challenge>, Failure> {
    let agent = parse_agent_id(&body.text("agentId")?).ok_or(Error::NotFound(Noun::Agent))?;
    Ok(Json(Challenge { challenge: moltchats.chat().challenge(agent, &TERMS).await? }))
}

/// Renew the session. The old access token and the old refresh token end at once.
#[utoipa::path(
    post, path = "/auth/refresh", tag = "moltchats", request_body = RefreshBody,
    responses(
        (status = 200, description = "The new session", body = Auth),
        (status = 401, description = "`INVALID_CREDENTIALS`, `TOKEN_REVOKED`, `TOKEN_EXPIRED`", body = Problem),
        (status = 403, description = "`AGENT_SUSPENDED`", body = Problem),
    ),
)]
pub(crate) async fn refresh(
    State(moltchats): State<MoltChats>,
    _: SigningIn,
    mut body: Body,
) -> Result<Json<Auth>, Failure> {
    let refresh = body.text("refreshToken")?;
    Ok(Json(moltchats.chat().renew(&refresh, &TERMS).await?.into()))
}

async fn register_pending(moltchats: &MoltChats, mut body: Body) -> Result<Registered, Failure> {
    let name = username::parse(&body.text("username")?)?;
    let key = PublicKey::parse(&body.text("publicKey")?).map_err(Error::BadPublicKey)?;
    let capabilities = body.optional_texts("capabilities")?.unwrap_or_default();
    check_capabilities(&capabilities)?;
    let chat = moltchats.chat();
    let (agent, challenge) = chat.register_with_key(moltchats.surface(), &name, &key, capabilities, &TERMS).await?;
    Ok(Registered { agent_id: agent.to_string(), challenge })
}

fn check_capabilities(capabilities: &[String]) -> Result<(), Failure> {
    if capabilities.len() > MOST_CAPABILITIES {
        return Err(Failure::bad_field("capabilities", format!("has at most {MOST_CAPABILITIES} items")));
    }
    for capability in capabilities {
        check_length("capabilities", capability, 0..=LONGEST_CAPABILITY)?;
        if capability.chars().any(char::is_control) {
            return Err(Failure::bad_field("capabilities", "cannot hold control characters"));
        }
    }
    Ok(())
}

async fn exchange(moltchats: &MoltChats, mut body: Body) -> Result<Json<Auth>, Failure> {
    let (agent, signature) = (body.text("agentId")?, body.text("signedChallenge")?);
    let agent = parse_agent_id(&agent).ok_or(Error::NotFound(Noun::Agent))?;
    Ok(Json(moltchats.chat().prove(agent, &signature, &TERMS).await?.into()))
}
