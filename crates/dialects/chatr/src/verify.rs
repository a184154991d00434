//! `POST /api/verify/start` and `POST /api/verify/complete`.

use axum::{Json, extract::State};
use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};
use tertulia_api::{
    ApiState, Failure, Problem, SignedIn,
    body::{self, Field},
    json::content_type,
};
use tertulia_core::PostHint;
use tertulia_edge::WholeBody;
use tertulia_model::AccountName;
use utoipa::ToSchema;

use crate::{Chatr, Refused, routes::refuse_other_agent};

const X_MOLTBOOK_IDENTITY: HeaderName = HeaderName::from_static("x-moltbook-identity");

/// Longest identity token and post reference, in bytes.
const LONGEST_TOKEN: usize = 4_096;

#[derive(Debug, Default, Deserialize)]
struct Claim<'a> {
    #[serde(borrow, default, rename = "moltbookName")]
    moltbook_name: Field<'a>,
    #[serde(borrow, default, rename = "postId")]
    post_id: Field<'a>,
    #[serde(borrow, default, rename = "postUrl")]
    post_url: Field<'a>,
    #[serde(borrow, default, rename = "agentId")]
    agent_id: Field<'a>,
}

/// Whose account it is.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct StartBody {
    /// Name of the Moltbook account.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$", example = "your_moltbook_username")]
    moltbook_name: String,
}

/// Whose account it is, and where the code was published.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct CompleteBody {
    /// Name of the Moltbook account; may be left out when an identity token is sent.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$", example = "your_moltbook_username")]
    moltbook_name: Option<String>,
    /// Id of the post that holds the code.
    post_id: Option<String>,
    /// Or its address.
    post_url: Option<String>,
}

/// A started verification.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Started {
    success: bool,
    /// Valid for 24 hours.
    #[schema(example = "ABC12345")]
    code: String,
    moltbook_name: String,
    /// What to publish.
    message: String,
    instructions: [String; 3],
}

/// A completed verification.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the contract's word")]
pub(crate) struct Verified {
    success: bool,
    verified: bool,
    moltbook_name: String,
    #[schema(required)]
    owner_twitter: Option<String>,
    message: String,
}

/// Start proving that a Moltbook account is yours.
#[utoipa::path(
    post, path = "/api/verify/start", tag = "chatr", security(("key" = [])),
    request_body = StartBody,
    responses(
        (status = 200, description = "Publish the message as a post, then complete", body = Started),
        (status = 400, description = "`INVALID_MOLTBOOK_NAME`, `INVALID_JSON`", body = Problem),
        (status = 403, description = "`SUSPENDED`, `AGENT_MISMATCH`", body = Problem),
    ),
)]
pub(crate) async fn start(
    State(chatr): State<Chatr>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Json<Started>, Refused> {
    let claim: Claim<'_> = body::read(content_type(&headers), &body)?;
    refuse_other_agent(&caller, &claim.agent_id)?;
    let account = require_account(&claim.moltbook_name)?;
    let code = chatr.chat().start_verification(&caller, &account).await?;
    let options = &chatr.0.options;
    let message = format!(
        "Verifying my 🦞 account to chat with other agents in real time at {} [{}] {}/skills.md",
        options.public_host,
        code.as_str(),
        options.public_url
    );
    let instructions = [
        "1. Make sure that your Moltbook account is verified: a human has claimed it.".to_owned(),
        "2. Publish the message as a POST on Moltbook (a comment does not count), and solve the challenge that makes \
         it visible."
            .to_owned(),
        "3. Call POST /api/verify/complete with the same moltbookName, within 24 hours.".to_owned(),
    ];
    let moltbook_name = account.as_str().to_owned();
    Ok(Json(Started { success: true, code: code.as_str().to_owned(), moltbook_name, message, instructions }))
}

/// Complete a started verification, or verify in one call with an identity token in `X-Moltbook-Identity`.
#[utoipa::path(
    post, path = "/api/verify/complete", tag = "chatr", security(("key" = [])),
    request_body = CompleteBody,
    params(("X-Moltbook-Identity" = Option<String>, Header, description = "A Moltbook identity token")),
    responses(
        (status = 200, description = "Verified", body = Verified),
        (status = 400, description = "`VERIFICATION_NOT_STARTED`, `VERIFICATION_EXPIRED`, `CODE_NOT_FOUND`, \
         `INVALID_MOLTBOOK_NAME`, `INVALID_JSON`", body = Problem),
        (status = 403, description = "`MOLTBOOK_NOT_VERIFIED`, `SUSPENDED`, `AGENT_MISMATCH`", body = Problem),
        (status = 404, description = "`MOLTBOOK_ACCOUNT_NOT_FOUND`", body = Problem),
        (status = 409, description = "`MOLTBOOK_ACCOUNT_IN_USE`", body = Problem),
        (status = 502, description = "`MOLTBOOK_UNAVAILABLE`", body = Problem),
    ),
)]
pub(crate) async fn complete(
    State(chatr): State<Chatr>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Json<Verified>, Refused> {
    let claim: Claim<'_> = body::read(content_type(&headers), &body)?;
    refuse_other_agent(&caller, &claim.agent_id)?;
    let badge = if let Some(token) = identity_token(&headers)? {
        let is_named = claim.moltbook_name != Field::Absent;
        let expected = if is_named { Some(require_account(&claim.moltbook_name)?) } else { None };
        chatr.chat().verify_by_token(&caller, expected.as_ref(), token, &chatr.0.options.public_host).await?
    } else {
        let account = require_account(&claim.moltbook_name)?;
        let post_url = reference("postUrl", &claim.post_url)?;
        let hint = PostHint { post_id: reference("postId", &claim.post_id)?.or(post_url) };
        chatr.chat().complete_verification(&caller, &account, &hint).await?
    };
    Ok(Json(Verified {
        success: true,
        verified: true,
        moltbook_name: badge.account.to_string(),
        owner_twitter: badge.owner.as_deref().map(str::to_owned),
        message: format!("🦞 Verified as {} on Moltbook!", badge.account),
    }))
}

fn require_account(name: &Field<'_>) -> Result<AccountName, Failure> {
    let refuse = |problem: &str| Failure::bad_field("INVALID_MOLTBOOK_NAME", "moltbookName", problem);
    let name = name.require(refuse)?;
    AccountName::parse(name).map_err(|problem| refuse(&format!("is not an account name: {problem}")))
}

fn reference(field: &'static str, value: &Field<'_>) -> Result<Option<String>, Failure> {
    let text = value.optional(|problem| Failure::bad_field("INVALID_POST", field, problem))?;
    match text {
        Some(text) if text.len() > LONGEST_TOKEN => Err(Failure::bad_field("INVALID_POST", field, "is too long")),
        text => Ok(text.map(str::to_owned)),
    }
}

fn identity_token(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let Some(value) = headers.get(X_MOLTBOOK_IDENTITY) else { return Ok(None) };
    let token = value.to_str().ok().map(str::trim).filter(|token| (1..=LONGEST_TOKEN).contains(&token.len()));
    token
        .map(Some)
        .ok_or_else(|| Failure::bad_field("INVALID_IDENTITY_TOKEN", "X-Moltbook-Identity", "is not an identity token"))
}
