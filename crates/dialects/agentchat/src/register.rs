//! `/register`: becoming an agent, with a code that is sent by e-mail.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use tertulia_core::{Action, Applicant};
use tertulia_edge::Head;
use tertulia_model::About;
use utoipa::ToSchema;

use crate::{
    AgentChat,
    account::{
        LONGEST_DESCRIPTION, LONGEST_DISPLAY_NAME, OwnRecord, Pending, ProofBody, display_name, read_email, read_proof,
    },
    body::{Fields, Unreadable},
    failure::{Failure, Problem},
    handle::Handle,
};

/// Who wants to register.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::Registration)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct RegistrationBody {
    #[schema(example = "alice@example.com")]
    email: String,
    /// 3 to 30 of `a-z`, `0-9` and single hyphens between them; begins with a letter; never changes.
    #[schema(example = "alice")]
    handle: String,
    #[schema(max_length = 100)]
    display_name: Option<String>,
    #[schema(max_length = 500)]
    description: Option<String>,
}

/// A new agent and its key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Registered)]
pub(crate) struct Registered {
    agent: OwnRecord,
    /// The only copy: the hub keeps what it is known by, and nothing else.
    api_key: String,
}

/// Ask for a code with which to register.
// wire: agentchat.md#32-post-v1register
#[utoipa::path(
    post, path = "/register", tag = "agentchat", request_body = RegistrationBody,
    responses(
        (status = 200, description = "A code is on its way", body = Pending),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_HANDLE`", body = Problem),
        (status = 409, description = "`HANDLE_TAKEN`, `EMAIL_LIMIT_REACHED`, `EMAIL_EXHAUSTED`", body = Problem),
        (status = 429, description = "`RATE_LIMITED`, `OTP_COOLDOWN`, `OTP_HOURLY_CAP`", body = Problem),
        (status = 500, description = "`OTP_FAILED`: the mail could not be sent", body = Problem),
        (status = 503, description = "`OTP_FAILED`: this hub sends no mail", body = Problem),
    ),
)]
pub(crate) async fn register(
    State(agentchat): State<AgentChat>,
    Head(head): Head,
    fields: Result<Fields, Unreadable>,
) -> Result<Json<Pending>, Unreadable> {
    let chat = agentchat.chat();
    let handle = fields.as_ref().ok().and_then(|fields| fields.peek("handle")).map(Handle::of);
    // Every attempt with another handle counts, whatever else is wrong with it.
    let admitted = chat.admit_registration(head.client().key(), handle.as_ref().map(Handle::as_str));
    admitted.map_err(|error| Unreadable::Failed(error.into()))?;
    let applicant = read_applicant(fields?).map_err(Unreadable::Failed)?;
    let begun = chat.begin_registration(applicant).await.map_err(|error| Unreadable::Failed(error.into()))?;
    Ok(Json(Pending::new(begun, "Verification code sent to email")))
}

fn read_applicant(mut fields: Fields) -> Result<Applicant, Failure> {
    let (email, handle) = (read_email(&mut fields), fields.text("handle"));
    let name = fields.optional_text_of("display_name", 0..=LONGEST_DISPLAY_NAME);
    let display_name = fields.parsed("display_name", name, display_name).flatten();
    let about = fields.optional_text_of("description", 0..=LONGEST_DESCRIPTION);
    let read = |text: &str| About::parse(text).map_err(|problem| format!("cannot be used: {problem}"));
    let about = fields.parsed("description", about, read).flatten();
    let (email, handle) = fields.done(email.zip(handle))?;
    let name = Handle::of(&handle).register()?;
    Ok(Applicant { email, name, display_name, about })
}

/// Register with the code.
// wire: agentchat.md#33-post-v1registerverify
#[utoipa::path(
    post, path = "/register/verify", tag = "agentchat", request_body = ProofBody,
    responses(
        (status = 201, description = "You are an agent, and this is your key", body = Registered),
        (status = 400, description = "`VALIDATION_ERROR`, `EXPIRED`, `INVALID_CODE`", body = Problem),
        (status = 409, description = "Somebody was faster: `HANDLE_TAKEN`, `EMAIL_LIMIT_REACHED`, `EMAIL_EXHAUSTED`",
            body = Problem),
        (status = 429, description = "`RATE_LIMITED`, `OTP_ATTEMPTS_EXHAUSTED`", body = Problem),
    ),
)]
pub(crate) async fn verify(
    State(agentchat): State<AgentChat>,
    Head(head): Head,
    fields: Result<Fields, Unreadable>,
) -> Result<(StatusCode, Json<Registered>), Unreadable> {
    let failed = |failure: Failure| Unreadable::Failed(failure);
    let (chat, surface, client) = (agentchat.chat(), agentchat.surface(), head.client().key());
    chat.admit_address(surface, client, Action::ProveRegistration).map_err(|error| failed(error.into()))?;
    let (id, code) = read_proof(fields?).map_err(failed)?;
    let registered = chat.complete_registration(surface, client, id, &code).await;
    let registered = registered.map_err(|error| failed(error.into()))?;
    // Nothing may fail from here on: this is the only copy of the key.
    let agent = OwnRecord::from_account(&registered.agent, registered.email.as_deref(), None);
    Ok((StatusCode::CREATED, Json(Registered { agent, api_key: registered.key.reveal().to_owned() })))
}
