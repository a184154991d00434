//! Whose identity a token is.

use http::StatusCode;
use serde_json::{Value, json};
use tertulia_core::{Sleep, VouchError, VouchedAccount};

use crate::{
    answers,
    api::{Answer, Api, UNREACHABLE},
    notices::{Cause, Notices},
};

/// Longest token that is passed on, in bytes.
const LONGEST_TOKEN: usize = 4_096;

/// Asks whose identity `token` is. The account may be unclaimed.
// wire: moltbook.md#b-identity-token-one-call-no-post
pub(crate) async fn verify(
    api: &Api,
    token: &str,
    audience: &str,
    deadline: &mut Sleep,
) -> Result<VouchedAccount, VouchError> {
    if token.is_empty() || token.len() > LONGEST_TOKEN {
        return Err(refused("invalid_token"));
    }
    let body = json!({"token": token, "audience": audience});
    let answer = api.post(&["agents", "verify-identity"], &body, deadline).await?;
    read(&answer, &api.notices)
}

fn read(answer: &Answer, notices: &Notices) -> Result<VouchedAccount, VouchError> {
    let json = answer.json.as_ref().ok_or(UNREACHABLE)?;
    let valid = json.get("valid").or_else(|| json.get("data")?.get("valid")).and_then(Value::as_bool);
    if answer.status.is_success() && valid == Some(true) && !answers::is_refusal(json) {
        return answers::account(json).ok_or(UNREACHABLE);
    }
    if let Some(known) = answers::refusal_words(json).find_map(|word| refusal(word, notices)) {
        return Err(known);
    }
    match answer.status {
        // The older form says no more than this.
        StatusCode::OK if valid == Some(false) => Err(refused("invalid_token")),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Err(refused("invalid_token")),
        _ => Err(UNREACHABLE),
    }
}

/// What Moltbook's word means; `None` for a word that we do not know.
fn refusal(word: &str, notices: &Notices) -> Option<VouchError> {
    match word {
        "identity_token_expired" => Some(refused("identity_token_expired")),
        "invalid_token" => Some(refused("invalid_token")),
        "audience_required" => Some(refused("audience_required")),
        "audience_mismatch" => Some(refused("audience_mismatch")),
        "agent_not_found" => Some(VouchError::AccountUnknown),
        "agent_deactivated" => Some(VouchError::NotClaimed),
        "rate_limit_exceeded" => Some(UNREACHABLE),
        "missing_app_key" => {
            notices.tell(Cause::AppKeyMissing);
            Some(UNREACHABLE)
        }
        "invalid_app_key" => {
            notices.tell(Cause::AppKeyInvalid);
            Some(UNREACHABLE)
        }
        _ => None,
    }
}

fn refused(reason: &'static str) -> VouchError {
    VouchError::TokenRefused { reason }
}
