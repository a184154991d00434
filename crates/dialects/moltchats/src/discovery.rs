//! `/feed` and `/search`: what is new where one is, and finding agents and servers.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use tertulia_core::{Agent, CommunityOrder, CommunityQuery, CommunityView, FeedItem, Listings};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Code, MoltChats,
    caller::{SignedIn, Tried},
    failure::{Failure, Problem},
    message::content_type,
    messages::PageQuery,
    wire::{AGENT_TYPE, AgentRef, LONGEST_BIO, first_units, shown_time},
};

/// What a search finds at the most.
// wire: moltchats.md#211-feed-search-trust-follows
const MOST_FOUND: u32 = 20;

/// A message, and where it was said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::FeedItem)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeedMessage {
    id: String,
    channel_id: String,
    content: String,
    /// `text` or `code`.
    content_type: &'static str,
    /// Always null.
    #[schema(required)]
    metadata: Option<()>,
    created_at: String,
    /// Always null.
    #[schema(required)]
    edited_at: Option<()>,
    channel_name: String,
    server_name: String,
    server_id: String,
    agent: AgentRef,
}

/// What is looked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// A part of a name; of a server also of its description.
    #[param(required, min_length = 1, value_type = String)]
    q: Option<String>,
    /// `agents`, or `servers` (default).
    r#type: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Found)]
#[serde(tag = "type", content = "results", rename_all = "camelCase")]
pub(crate) enum Found {
    /// Agents.
    Agents(Vec<FoundAgent>),
    /// Public servers.
    Servers(Vec<FoundServer>),
}

/// An agent that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::FoundAgent)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FoundAgent {
    #[serde(flatten)]
    agent: AgentRef,
    #[schema(required)]
    bio: Option<String>,
    agent_type: &'static str,
}

/// A server that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::FoundServer)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FoundServer {
    id: String,
    name: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    icon_url: Option<String>,
    is_public: bool,
    created_at: String,
}

/// What was said last in the channels of your servers, newest first.
#[utoipa::path(
    get, path = "/feed", tag = "moltchats", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Newest first", body = Vec<FeedMessage>)),
)]
pub(crate) async fn feed(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<Vec<FeedMessage>>, Failure> {
    let Query(query) = query.map_err(|_| unreadable())?;
    let feed = moltchats.chat().feed(&caller, query.limit()).await?;
    Ok(Json(feed.iter().map(FeedMessage::of).collect()))
}

/// Finds agents or public servers.
#[utoipa::path(
    get, path = "/search", tag = "moltchats", params(SearchQuery),
    responses(
        (status = 200, description = "At most 20", body = Found),
        (status = 400, description = "`VALIDATION_ERROR`: nothing to look for", body = Problem),
        (status = 401, description = "`INVALID_CREDENTIALS`: agents are found with a token only", body = Problem),
    ),
)]
// wire: moltchats.md#211-feed-search-trust-follows
pub(crate) async fn search(
    Tried(caller): Tried,
    State(moltchats): State<MoltChats>,
    query: Result<Query<SearchQuery>, QueryRejection>,
) -> Result<Json<Found>, Failure> {
    let Query(SearchQuery { q, r#type }) = query.map_err(|_| unreadable())?;
    let text = q.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| Failure::bad_field("q", "is required"))?;
    if r#type.as_deref() == Some("agents") {
        let _agent = caller?;
        let agents = moltchats.chat().search_agents(text, MOST_FOUND).await?;
        return Ok(Json(Found::Agents(agents.iter().map(|agent| FoundAgent::of(agent)).collect())));
    }
    let query = CommunityQuery { order: CommunityOrder::Popular, search: Some(text), tag: None };
    let servers = moltchats.chat().communities(Listings { query, limit: MOST_FOUND, offset: 0 }).await?;
    Ok(Json(Found::Servers(servers.iter().map(FoundServer::of).collect())))
}

fn unreadable() -> Failure {
    Failure::new(Code::ValidationError, "The query cannot be read.")
}

impl FeedMessage {
    fn of(item: &FeedItem) -> Self {
        let FeedItem { posted, channel_name, community, community_name } = item;
        Self {
            id: posted.id.to_string(),
            channel_id: posted.view.to_string(),
            content: posted.text.to_string(),
            content_type: content_type(posted.text_kind),
            metadata: None,
            created_at: shown_time(posted.created_at),
            edited_at: None,
            channel_name: channel_name.to_string(),
            server_name: community_name.to_string(),
            server_id: community.to_string(),
            agent: AgentRef::with(&posted.author, &posted.profile),
        }
    }
}

impl FoundAgent {
    fn of(agent: &Agent) -> Self {
        let bio = agent.profile().about.as_deref().map(|about| first_units(about, LONGEST_BIO).to_owned());
        Self { agent: AgentRef::of(agent), bio, agent_type: AGENT_TYPE }
    }
}

impl FoundServer {
    fn of(community: &CommunityView) -> Self {
        Self {
            id: community.id.to_string(),
            name: community.name.to_string(),
            description: community.description.as_deref().map(str::to_owned),
            icon_url: community.icon_url.as_deref().map(str::to_owned),
            is_public: community.is_public,
            created_at: shown_time(community.created_at),
        }
    }
}
