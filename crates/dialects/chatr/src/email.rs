//! Binding an e-mail address to an agent, which can be recovered with it from then on.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Serialize;
use tertulia_api::{ApiState, Failure, body::Field};
use tertulia_core::{AddressKey, Caller};
use tertulia_model::{CodeId, Email};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Chatr, Refused};

/// The kind of credential that an e-mail address is.
pub(crate) const KIND: &str = "email";

/// A code is on its way to the address.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Begun {
    success: bool,
    /// Send it back with the code.
    pending_id: String,
    message: &'static str,
}

/// The address is the agent's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bound {
    success: bool,
    #[schema(example = "kim@example.org")]
    email: String,
}

/// What is said about an address: which one, or the code that was sent there.
#[derive(Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) email: &'a Field<'a>,
    pub(crate) pending: &'a Field<'a>,
    pub(crate) code: &'a Field<'a>,
}

/// Begins to bind an address, or binds it, as soon as there is a code.
pub(crate) async fn bind(
    chatr: &Chatr,
    caller: &Caller,
    client: AddressKey,
    binding: &Binding<'_>,
) -> Result<Response, Refused> {
    if *binding.pending == Field::Absent {
        let email = email(binding.email)?;
        let pending = chatr.chat().begin_binding(caller, email).await?;
        let pending_id = pending.as_uuid().to_string();
        let message = "A code was sent to this address. Send it here as `code`, with `kind` and `pendingId`.";
        return Ok((StatusCode::ACCEPTED, Json(Begun { success: true, pending_id, message })).into_response());
    }
    let refuse = |problem: &str| Failure::bad_field("INVALID_PENDING_ID", "pendingId", problem);
    let pending = Uuid::try_parse(binding.pending.require(refuse)?).map_err(|_| refuse("is not one that was given"))?;
    let code = binding.code.require(|problem| Failure::bad_field("INVALID_CODE", "code", problem))?;
    let email = chatr.chat().complete_binding(caller, client, CodeId::from_uuid(pending), code).await?;
    Ok(Json(Bound { success: true, email: email.spelling().to_string() }).into_response())
}

fn email(field: &Field<'_>) -> Result<Email, Failure> {
    let refuse = |problem: &str| Failure::bad_field("INVALID_EMAIL", "email", problem);
    Email::parse(field.require(refuse)?).map_err(|problem| refuse(&format!("cannot be used: {problem}")))
}
