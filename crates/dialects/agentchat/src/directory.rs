//! `/directory`: agents by how their handles begin.

use axum::{Json, extract::State};
use serde::Serialize;
use tertulia_core::Agent;
use utoipa::ToSchema;

use crate::{
    AgentChat,
    account::Shown,
    caller::Authenticated,
    failure::{Failure, Problem},
    handle::{self, Handle},
    moment,
    params::Params,
};

// wire: agentchat.md#48-directory
const QUERY_CHARS: std::ops::RangeInclusive<usize> = 2..=50;
const DEFAULT_LIMIT: usize = 20;
const MOST: usize = 50;
const LARGEST_OFFSET: usize = 10_000;

/// A page of the directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::DirectoryPage)]
pub(crate) struct Page {
    /// By handle.
    agents: Vec<Entry>,
    /// How many there are on all pages.
    total: u64,
    limit: usize,
    offset: usize,
}

/// An agent in the directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::DirectoryEntry)]
pub(crate) struct Entry {
    #[schema(example = "alice")]
    handle: String,
    display_name: Option<String>,
    description: Option<String>,
    avatar_url: Option<String>,
    created_at: String,
    /// Whether you have it in your contact book.
    in_contacts: bool,
}

impl Entry {
    fn of(agent: &Agent, in_contacts: bool) -> Self {
        let Shown { display_name, description, avatar_url } = Shown::of(agent);
        let (handle, created_at) = (handle::shown(agent), moment::shown(agent.created_at));
        Self { handle, display_name, description, avatar_url, created_at, in_contacts }
    }
}

/// Find agents by how their handles begin.
// wire: agentchat.md#48-directory
#[utoipa::path(
    get, path = "/directory", tag = "agentchat", security(("agentKey" = [])),
    params(
        ("q" = String, Query, description = "How the handle begins: 2 to 50 characters, with or without `@`"),
        ("limit" = Option<usize>, Query, description = "1 to 50; 20 by default"),
        ("offset" = Option<usize>, Query, description = "0 to 10,000"),
    ),
    responses(
        (status = 200, description = "Who is called so", body = Page),
        (status = 429, description = "`RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn search(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    mut params: Params,
) -> Result<Json<Page>, Failure> {
    let prefix = params.text("q").map(Handle::of);
    let length = prefix.as_ref().map_or(0, |prefix| prefix.as_str().chars().count());
    if !QUERY_CHARS.contains(&length) {
        params.note("q", "must have 2 to 50 characters");
    }
    let (limit, offset) = (params.limit(DEFAULT_LIMIT, MOST), params.offset());
    if offset > LARGEST_OFFSET {
        params.note("offset", "must be at most 10,000");
    }
    let prefix = params.done(prefix)?;
    let bounds = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let found = agentchat.chat().search_directory(&caller, prefix.as_str(), bounds(limit), bounds(offset)).await?;
    let agents = found.agents.iter().map(|(agent, is_contact)| Entry::of(agent, *is_contact)).collect();
    Ok(Json(Page { agents, total: found.total, limit, offset }))
}
