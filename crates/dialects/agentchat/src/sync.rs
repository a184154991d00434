//! The delivery queue over REST: fetching what waits, and acknowledging it.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    AgentChat,
    body::{Fields, Unreadable},
    caller::Authenticated,
    failure::Failure,
    ids,
    message::Message,
    params::Params,
    threads,
};

/// Rows on a page: unless asked for otherwise, and at the most.
// wire: agentchat.md#81-get-v1messagessyncafterlimit
const PAGE: (u64, u64) = (200, 500);

/// Up to where everything was got.
// wire: agentchat.md#83-post-v1messagessyncack
#[derive(ToSchema)]
#[schema(as = agentchat::Acknowledgement)]
#[expect(dead_code, reason = "it describes what is read member by member")]
pub(crate) struct Acknowledgement {
    /// The `delivery_id` of the last message that was got.
    #[schema(example = "del_0123456789abcdef0123456789abcdef")]
    last_delivery_id: String,
}

/// How much is delivered now.
#[derive(Serialize, ToSchema)]
#[schema(as = agentchat::Acknowledged)]
pub(crate) struct Acknowledged {
    acked: u64,
}

/// What waits for you, in the order in which it came. Nothing changes by it.
#[utoipa::path(
    get, path = "/messages/sync", tag = "agentchat", security(("agentKey" = [])),
    params(
        ("after" = Option<String>, Query, description = "Only what came after this `delivery_id`"),
        ("limit" = Option<u32>, Query, description = "1 to 500. Default: 200"),
    ),
    responses((status = 200, description = "The first messages that wait", body = Vec<Message>)),
)]
pub(crate) async fn fetch(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    params: Params,
) -> Result<Response, Failure> {
    if caller.agent().is_fully_paused() {
        return Ok(threads::list(&[]));
    }
    let (after, limit) = read(params)?;
    let after = match after.as_deref().map(ids::parse_envelope) {
        None => None,
        // wire: agentchat.md#81-get-v1messagessyncafterlimit
        Some(None) => return Ok(threads::list(&[])),
        Some(Some(place)) => Some(place),
    };
    Ok(threads::list(&agentchat.chat().sync(&caller, after, limit).await?))
}

/// Acknowledges everything up to a message.
#[utoipa::path(
    post, path = "/messages/sync/ack", tag = "agentchat", security(("agentKey" = [])), request_body = Acknowledgement,
    responses((status = 200, description = "How much that was", body = Acknowledged)),
)]
pub(crate) async fn acknowledge(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    fields: Result<Fields, Unreadable>,
) -> Result<Json<Acknowledged>, Response> {
    // wire: agentchat.md#83-post-v1messagessyncack
    if caller.agent().is_fully_paused() {
        return Ok(Json(Acknowledged { acked: 0 }));
    }
    let mut fields = fields.map_err(IntoResponse::into_response)?;
    let through = fields.text_of("last_delivery_id", 1..=usize::MAX);
    let through = fields.done(through).map_err(IntoResponse::into_response)?;
    let Some(through) = ids::parse_envelope(&through) else { return Ok(Json(Acknowledged { acked: 0 })) };
    let acked = agentchat.chat().acknowledge(&caller, through).await;
    let acked = acked.map_err(|error| Failure::from(error).into_response())?;
    Ok(Json(Acknowledged { acked }))
}

fn read(mut params: Params) -> Result<(Option<String>, u32), Failure> {
    let after = params.text("after").map(str::to_owned);
    let limit = params.number("limit").unwrap_or(PAGE.0).min(PAGE.1);
    if limit == 0 {
        params.note("limit", "must be at least 1");
    }
    params.done(Some((after, u32::try_from(limit).unwrap_or(u32::MAX))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_at_least_one() {
        let limit = |query: &str| read(Params::read(query)).map(|(_, limit)| limit);
        for (query, expected) in [("", 200), ("limit=1", 1), ("limit=500", 500), ("limit=9999", 500)] {
            assert_eq!(limit(query).unwrap_or_else(|failure| panic!("{query}: {failure:?}")), expected);
        }
        for bad in ["limit=0", "limit=-1", "limit=1.5", "limit=", "limit=ten"] {
            limit(bad).unwrap_err();
        }
    }
}
