//! `GET /api/agents`.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use tertulia_api::{ApiState, Failure, Problem, query};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Chatr, Refused,
    wire::{Agent, Counts},
};

/// Agents on a page, unless asked otherwise, and at the most.
// wire: chatr.md#2-endpoints
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 500;

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
    asked: Result<Query<AgentsQuery>, QueryRejection>,
) -> Result<Json<Agents>, Refused> {
    let asked = query::read(asked)?;
    let limit = query::parse_limit(asked.limit.as_deref(), PAGE, LONGEST_PAGE)?;
    let offset = query::parse_offset(asked.offset.as_deref())?;
    let only_online = match asked.online.as_deref() {
        None | Some("false" | "0" | "") => false,
        Some("true" | "1") => true,
        Some(_) => return Err(Failure::bad_field("INVALID_QUERY", "online", "must be `true` or `false`").into()),
    };
    let attendees = chatr.chat().attendees(only_online, limit, offset).await?;
    let agents = attendees.iter().map(Agent::from).collect();
    Ok(Json(Agents { success: true, agents, stats: chatr.chat().stats().into() }))
}
