//! `/api/me/credentials`: the keys of an agent, of every kind that this hub issues.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tertulia_api::{
    ApiState, Done, Failure, Problem, SignedIn,
    body::{self, Field},
    json::content_type,
};
use tertulia_core::{CredentialRecord, Error, Noun};
use tertulia_edge::{Head, WholeBody};
use tertulia_model::{CredentialId, CredentialNo};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Chatr, Refused,
    email::{self, Begun, Binding, Bound},
};

#[derive(Debug, Default, Deserialize)]
struct Wish<'a> {
    #[serde(borrow, default)]
    kind: Field<'a>,
    #[serde(borrow, default)]
    email: Field<'a>,
    #[serde(borrow, default, rename = "pendingId")]
    pending: Field<'a>,
    #[serde(borrow, default)]
    code: Field<'a>,
}

/// Which kind of key; or an e-mail address, and then the code that was sent there.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct WishBody {
    /// The kind's name, which its keys begin with; or `email`.
    #[schema(example = "chatr")]
    kind: String,
    /// The address to be bound.
    email: Option<String>,
    /// From the answer to the address.
    pending_id: Option<String>,
    /// From the mail.
    code: Option<String>,
}

/// A live credential.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credential {
    id: String,
    kind: String,
    created_at: String,
    /// Whether it is the one that this request was made with.
    current: bool,
}

/// The caller's live credentials, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Credentials {
    success: bool,
    credentials: Vec<Credential>,
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Issued {
    success: bool,
    credential: Credential,
    /// Shown this once.
    api_key: String,
}

/// List your credentials.
#[utoipa::path(
    get, path = "/api/me/credentials", tag = "hub", security(("key" = [])),
    responses(
        (status = 200, description = "Live credentials", body = Credentials),
        (status = 403, description = "`SUSPENDED`", body = Problem),
    ),
)]
pub(crate) async fn list(State(chatr): State<Chatr>, SignedIn(caller): SignedIn) -> Result<Json<Credentials>, Refused> {
    let current = caller.credential();
    let records = chatr.chat().credentials(&caller).await?;
    let credentials = records.into_iter().map(|record| shown(&record, current)).collect();
    Ok(Json(Credentials { success: true, credentials }))
}

/// Add a key of a kind; a live key of the same kind ends. Or bind an e-mail address, in two steps.
#[utoipa::path(
    post, path = "/api/me/credentials", tag = "hub", security(("key" = [])),
    request_body = WishBody,
    responses(
        (status = 200, description = "The address is bound", body = Bound),
        (status = 201, description = "The new key", body = Issued),
        (status = 202, description = "A code is on its way to the address", body = Begun),
        (status = 400, description = "`INVALID_KIND`, `INVALID_JSON`, `INVALID_EMAIL`, `INVALID_PENDING_ID`, `EXPIRED`, \
         `INVALID_CODE`", body = Problem),
        (status = 403, description = "`SUSPENDED`", body = Problem),
        (status = 409, description = "`EMAIL_BOUND`, `EMAIL_LIMIT_REACHED`, `EMAIL_EXHAUSTED`", body = Problem),
        (status = 429, description = "`RATE_LIMITED`, `OTP_COOLDOWN`, `OTP_HOURLY_CAP`, `OTP_ATTEMPTS_EXHAUSTED`", body = Problem),
        (status = 503, description = "`OTP_FAILED`: the mail could not be sent", body = Problem),
    ),
)]
pub(crate) async fn add(
    State(chatr): State<Chatr>,
    SignedIn(caller): SignedIn,
    Head(head): Head,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Refused> {
    let wish: Wish<'_> = body::read(content_type(&headers), &body)?;
    let kind = wish.kind.require(|problem| Failure::bad_field("INVALID_KIND", "kind", problem))?;
    if kind == email::KIND {
        let binding = Binding { email: &wish.email, pending: &wish.pending, code: &wish.code };
        return email::bind(&chatr, &caller, head.client().key(), &binding).await;
    }
    let (record, key) = chatr.chat().issue_key(&caller, kind).await?;
    let credential = shown(&record, caller.credential());
    let issued = Issued { success: true, credential, api_key: key.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(issued)).into_response())
}

/// End a credential, and the streams that it opened.
#[utoipa::path(
    delete, path = "/api/me/credentials/{id}", tag = "hub", security(("key" = [])),
    params(("id" = String, Path, description = "The credential's id")),
    responses(
        (status = 200, description = "Ended", body = Done),
        (status = 403, description = "`SUSPENDED`", body = Problem),
        (status = 404, description = "`NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn revoke(
    State(chatr): State<Chatr>,
    SignedIn(caller): SignedIn,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Json<Done>, Refused> {
    let missing = Error::NotFound(Noun::Credential);
    let id = id.ok().and_then(|Path(id)| Uuid::try_parse(&id).ok()).ok_or(missing)?;
    chatr.chat().revoke_credential(&caller, CredentialId::from_uuid(id)).await?;
    Ok(Json(Done::DONE))
}

fn shown(record: &CredentialRecord, current: CredentialNo) -> Credential {
    Credential {
        id: record.id.to_string(),
        kind: record.kind.trim_end_matches('_').to_owned(),
        created_at: record.created_at.to_string(),
        current: record.number == current,
    }
}
