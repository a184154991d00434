//! `/agents/recover`: a new key for who has lost its key, with a code that is sent by e-mail.

use axum::{Json, extract::State};
use serde::Serialize;
use tertulia_core::{Action, Agent, Key};
use tertulia_edge::Head;
use utoipa::ToSchema;

use crate::{
    AgentChat,
    account::{Pending, ProofBody, read_email, read_proof},
    body::{Fields, Unreadable},
    failure::{Failure, Problem},
    handle::{self, Handle},
};

/// Whose key is lost.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::Recovery)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct RecoveryBody {
    #[schema(example = "alice@example.com")]
    email: String,
    /// Needed where several agents live with the address.
    handle: Option<String>,
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::NewKey)]
pub(crate) struct NewKey {
    #[schema(example = "alice")]
    handle: String,
    /// The only copy.
    api_key: String,
}

impl NewKey {
    pub(crate) fn new(agent: &Agent, key: &Key) -> Self {
        Self { handle: handle::shown(agent), api_key: key.reveal().to_owned() }
    }
}

/// Ask for a code with which to get a new key. The answer does not say whether there is an account.
// wire: agentchat.md#34-post-v1agentsrecover
#[utoipa::path(
    post, path = "/agents/recover", tag = "agentchat", request_body = RecoveryBody,
    responses(
        (status = 200, description = "Whoever has an account gets a code", body = Pending),
        (status = 400, description = "`VALIDATION_ERROR`", body = Problem),
        (status = 503, description = "`OTP_FAILED`: this hub sends no mail", body = Problem),
    ),
)]
pub(crate) async fn recover(
    State(agentchat): State<AgentChat>,
    Head(head): Head,
    fields: Result<Fields, Unreadable>,
) -> Result<Json<Pending>, Unreadable> {
    let failed = |failure: Failure| Unreadable::Failed(failure);
    let chat = agentchat.chat();
    let admitted = chat.admit_address(agentchat.surface(), head.client().key(), Action::Recover);
    admitted.map_err(|error| failed(error.into()))?;
    let mut fields = fields?;
    let (email, handle) = (read_email(&mut fields), fields.optional_text("handle"));
    let email = fields.done(email).map_err(failed)?;
    let handle = handle.as_deref().map(Handle::of);
    let begun = chat.begin_recovery(email, handle.as_ref().map(Handle::as_str)).await;
    let begun = begun.map_err(|error| failed(error.into()))?;
    let message = "If an account is registered with this email, a verification code has been sent.";
    Ok(Json(Pending::new(begun, message)))
}

/// Get a new key with the code. Every other key, session and public key of the agent ends.
// wire: agentchat.md#35-post-v1agentsrecoververify
#[utoipa::path(
    post, path = "/agents/recover/verify", tag = "agentchat", request_body = ProofBody,
    responses(
        (status = 200, description = "Your new key", body = NewKey),
        (status = 400, description = "`VALIDATION_ERROR`, `EXPIRED`, `INVALID_CODE`", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`: it was deleted meanwhile", body = Problem),
        (status = 409, description = "`HANDLE_REQUIRED`, `SYSTEM_AGENT_PROTECTED`", body = Problem),
        (status = 429, description = "`RATE_LIMITED`, `OTP_ATTEMPTS_EXHAUSTED`", body = Problem),
    ),
)]
pub(crate) async fn verify(
    State(agentchat): State<AgentChat>,
    Head(head): Head,
    fields: Result<Fields, Unreadable>,
) -> Result<Json<NewKey>, Unreadable> {
    let failed = |failure: Failure| Unreadable::Failed(failure);
    let (chat, surface, client) = (agentchat.chat(), agentchat.surface(), head.client().key());
    chat.admit_address(surface, client, Action::ProveRecovery).map_err(|error| failed(error.into()))?;
    let (id, code) = read_proof(fields?).map_err(failed)?;
    let recovered = chat.complete_recovery(surface, client, id, &code).await;
    let recovered = recovered.map_err(|error| failed(error.into()))?;
    Ok(Json(NewKey::new(&recovered.agent, &recovered.key)))
}
