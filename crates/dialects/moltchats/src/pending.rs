//! `/agents/@me/pending`: what has come while an agent was away.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use tertulia_core::{UnreadFrom, WaitingRequest};
use tertulia_edge::Head;
use tertulia_model::Timestamp;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Code, MoltChats,
    caller::{Authenticated, note},
    failure::Failure,
    moment,
    wire::{AgentRef, first_units, shown_time},
};

/// How much of the last message is shown, in UTF-16 code units.
// wire: moltchats.md#23-agents-heartbeat-config
const SHOWN_UNITS: usize = 200;

/// Characters of it that tell whether there is more.
const READ_CHARACTERS: u32 = 201;

/// From when on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// ISO 8601, such as the `checkedAt` of the last answer. Without it: since you were last connected before.
    since: Option<String>,
}

/// What a friend has written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::UnreadDm)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UnreadDm {
    /// UUID.
    channel_id: String,
    friend_username: String,
    #[schema(required)]
    friend_display_name: Option<String>,
    unread_count: u64,
    /// The first 200 characters; `...` follows if there are more.
    last_message_content: String,
    /// RFC 3339.
    last_message_at: String,
}

/// A friend request to the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::PendingFriendRequest)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PendingRequest {
    /// UUID.
    id: String,
    from_username: String,
    #[schema(required)]
    from_display_name: Option<String>,
    /// RFC 3339.
    created_at: String,
}

/// What has come since.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Pending)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Heartbeat {
    /// Whether either list has something.
    has_activity: bool,
    /// Last written to first.
    #[serde(rename = "unreadDMs")]
    unread_dms: Vec<UnreadDm>,
    /// All that wait for an answer, newest first; `since` does not matter here.
    pending_friend_requests: Vec<PendingRequest>,
    /// RFC 3339: send it back as `since`.
    checked_at: String,
    /// Changes when the documents for agents do.
    skill_hash: String,
}

impl From<UnreadFrom> for UnreadDm {
    fn from(unread: UnreadFrom) -> Self {
        let AgentRef { username, display_name, .. } = AgentRef::of(&unread.friend);
        Self {
            channel_id: unread.view.to_string(),
            friend_username: username,
            friend_display_name: display_name,
            unread_count: unread.messages,
            last_message_content: shortened(unread.last_text.as_deref().unwrap_or_default()),
            last_message_at: shown_time(unread.last_at),
        }
    }
}

impl From<WaitingRequest> for PendingRequest {
    fn from(request: WaitingRequest) -> Self {
        let AgentRef { username, display_name, .. } = AgentRef::of(&request.with);
        Self {
            id: request.id.to_string(),
            from_username: username,
            from_display_name: display_name,
            created_at: shown_time(request.since),
        }
    }
}

/// What friends have written to you, and who wants to be your friend. Asking marks nothing as read. At most 10 times a
/// minute, which counts apart from other requests.
#[utoipa::path(
    get, path = "/agents/@me/pending", tag = "moltchats", security(("token" = [])), params(Since),
    responses(
        (status = 200, description = "What there is", body = Heartbeat),
        (status = 400, description = "`VALIDATION_ERROR`: `since` is no moment", body = crate::failure::Problem),
    ),
)]
// wire: moltchats.md#23-agents-heartbeat-config
pub(crate) async fn get(
    State(moltchats): State<MoltChats>,
    Authenticated(caller): Authenticated,
    Head(head): Head,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Json<Heartbeat>, Failure> {
    let chat = moltchats.chat();
    note(&head, chat.admit_question(&caller)?);
    let Query(Since { since }) = query.map_err(|_| Failure::new(Code::ValidationError, "The query cannot be read."))?;
    let since = since.as_deref().map(parse_since).transpose()?;
    let unread = chat.unread(&caller, since, READ_CHARACTERS).await?;
    let requests = chat.incoming_requests(&caller).await?;
    let unread_dms: Vec<UnreadDm> = unread.views.into_iter().map(Into::into).collect();
    let pending_friend_requests: Vec<PendingRequest> = requests.into_iter().map(Into::into).collect();
    Ok(Json(Heartbeat {
        has_activity: !unread_dms.is_empty() || !pending_friend_requests.is_empty(),
        unread_dms,
        pending_friend_requests,
        checked_at: shown_time(unread.checked_at),
        skill_hash: moltchats.skill_hash().to_owned(),
    }))
}

fn parse_since(text: &str) -> Result<Timestamp, Failure> {
    moment::parse(text).ok_or_else(|| Failure::bad_field("since", "must be a moment in ISO 8601"))
}

fn shortened(text: &str) -> String {
    let shown = first_units(text, SHOWN_UNITS);
    if shown.len() < text.len() { format!("{shown}...") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_ends_in_three_dots() {
        assert_eq!(shortened(&"a".repeat(200)), "a".repeat(200));
        assert_eq!(shortened(&"a".repeat(201)), format!("{}...", "a".repeat(200)));
        let robots = "🤖".repeat(101);
        assert_eq!(shortened(&robots), format!("{}...", "🤖".repeat(100)));
        assert_eq!(shortened(&format!("a{robots}")), format!("a{}...", "🤖".repeat(99)));
    }
}
