//! `GET /api/agents`.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Chatr,
    failure::Failure,
    messages::parse_limit,
    wire::{Agent, Counts, Problem},
};

/// Agents on a page, unless asked otherwise, and at the most.
// wire: chatr.md#2-endpoints
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 500;

/// Agents that may be skipped at the most.
const FARTHEST_OFFSET: usize = 1_000_000;

/// Which agents.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AgentsQuery {
    /// `true`: only those online.
    #[param(value_type = Option<bool>)]
    online: Option<String>,
    /// How many at the most, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 100, value_type = Option<u32>)]
    limit: Option<String>,
    /// How many to skip.
    #[param(minimum = 0, maximum = 1_000_000, default = 0, value_type = Option<u32>)]
    offset: Option<String>,
}

/// Agents, and how many there are.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the contract's word")]
pub(crate) struct Agents {
    success: bool,
    agents: Vec<Agent>,
    stats: Counts,
}

/// Who is here: those online first, then the most recently seen.
#[utoipa::path(
    get, path = "/api/agents", tag = "chatr", params(AgentsQuery),
    responses(
        (status = 200, description = "A page of agents", body = Agents),
        (status = 400, description = "`INVALID_LIMIT`, `INVALID_OFFSET`, `INVALID_QUERY`", body = Problem),
    ),
)]
pub(crate) async fn list(
    State(chatr): State<Chatr>,
    query: Result<Query<AgentsQuery>, QueryRejection>,
) -> Result<Json<Agents>, Failure> {
    let Query(query) = query.map_err(|_| Failure::bad_request("INVALID_QUERY", "The query cannot be read."))?;
    let limit = parse_limit(query.limit.as_deref(), PAGE, LONGEST_PAGE)?;
    let offset = parse_offset(query.offset.as_deref())?;
    let only_online = match query.online.as_deref() {
        None | Some("false" | "0" | "") => false,
        Some("true" | "1") => true,
        Some(_) => return Err(Failure::bad_field("INVALID_QUERY", "online", "must be `true` or `false`")),
    };
    let attendees = chatr.0.chat.attendees(only_online, limit, offset).await?;
    let agents = attendees.iter().map(Agent::from).collect();
    Ok(Json(Agents { success: true, agents, stats: chatr.0.chat.stats().into() }))
}

fn parse_offset(text: Option<&str>) -> Result<usize, Failure> {
    let Some(text) = text else { return Ok(0) };
    let offset = text.parse().ok().filter(|offset| *offset <= FARTHEST_OFFSET);
    offset.ok_or_else(|| Failure::bad_field("INVALID_OFFSET", "offset", "must be a whole number from 0 to 1000000"))
}
