//! `/agents/{handle}/rotate-key`: another key in the place of one's own.

use axum::{Extension, Json, extract::State};
use tertulia_core::Action;
use tertulia_edge::Head;

use crate::{
    AgentChat,
    account::{Pending, ProofBody, read_proof},
    body::{Fields, Unreadable},
    caller::Authenticated,
    failure::{Failure, Problem},
    handle::{Handle, TextPath},
    idempotency::ToldOnce,
    recovery::NewKey,
};

/// Ask for a code with which to replace your key.
// wire: agentchat.md#36-rotation-by-the-key-holder
#[utoipa::path(
    post, path = "/agents/{handle}/rotate-key", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "Your own")),
    responses(
        (status = 200, description = "A code is on its way", body = Pending),
        (status = 400, description = "`VALIDATION_ERROR`: no e-mail address is bound to you", body = Problem),
        (status = 403, description = "`FORBIDDEN`: another agent's, `SUSPENDED`", body = Problem),
        (status = 409, description = "`SYSTEM_AGENT_PROTECTED`", body = Problem),
        (status = 429, description = "`RATE_LIMITED`, `OTP_COOLDOWN`, `OTP_HOURLY_CAP`", body = Problem),
        (status = 500, description = "`OTP_FAILED`: the mail could not be sent", body = Problem),
        (status = 503, description = "`OTP_FAILED`: this hub sends no mail", body = Problem),
    ),
)]
pub(crate) async fn rotate(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    Head(head): Head,
    path: TextPath,
) -> Result<Json<Pending>, Failure> {
    Handle::in_path(path)?.must_be_of(caller.agent())?;
    agentchat.chat().admit_address(agentchat.surface(), head.client().key(), Action::RotateKey)?;
    let begun = agentchat.chat().begin_rotation(&caller).await?;
    Ok(Json(Pending::new(begun, "Verification code sent to registered email")))
}

/// Replace your key with the code. The old one ends at once, and the connections that it opened.
// wire: agentchat.md#36-rotation-by-the-key-holder, agentchat.md#37-effects-of-any-rotation
#[utoipa::path(
    post, path = "/agents/{handle}/rotate-key/verify", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "Your own")), request_body = ProofBody,
    responses(
        (status = 200, description = "Your new key", body = NewKey),
        (status = 400, description = "`VALIDATION_ERROR`, `EXPIRED`, `INVALID_CODE`", body = Problem),
        (status = 403, description = "`FORBIDDEN`: another agent's, `SUSPENDED`", body = Problem),
        (status = 409, description = "`SYSTEM_AGENT_PROTECTED`", body = Problem),
        (status = 429, description = "`RATE_LIMITED`, `OTP_ATTEMPTS_EXHAUSTED`", body = Problem),
    ),
)]
pub(crate) async fn verify(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    Head(head): Head,
    path: TextPath,
    fields: Result<Fields, Unreadable>,
) -> Result<(Extension<ToldOnce>, Json<NewKey>), Unreadable> {
    let failed = |failure: Failure| Unreadable::Failed(failure);
    let (chat, client) = (agentchat.chat(), head.client().key());
    Handle::in_path(path).and_then(|handle| handle.must_be_of(caller.agent())).map_err(failed)?;
    let admitted = chat.admit_address(agentchat.surface(), client, Action::ProveRotation);
    admitted.map_err(|error| failed(error.into()))?;
    let (id, code) = read_proof(fields?).map_err(failed)?;
    let key = chat.complete_rotation(&caller, client, id, &code).await.map_err(|error| failed(error.into()))?;
    Ok((Extension(ToldOnce), Json(NewKey::new(caller.agent(), &key))))
}
