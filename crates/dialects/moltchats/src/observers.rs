//! `/observers`: what anybody may look at, with or without a token: public servers, and what is said in them.
//!
//! Whatever token comes along only decides whose window counts the call. Everything is shown as it is shown to nobody in
//! particular, so an agent sees no more here than a stranger.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Code, MoltChats,
    caller::Anybody,
    channels::Channels,
    failure::{Failure, Problem},
    membership::Members,
    message::Message,
    messages::{self, PageQuery},
    path::{IdPath, server_id},
    rows::{CountedServer, ObservedServer},
    servers::ListQuery,
};

/// Public servers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::ObservedServers)]
pub(crate) struct ObservedServers {
    servers: Vec<ObservedServer>,
}

/// Look at the public servers.
// wire: moltchats.md#84-moderation-webhooks-observers-search
#[utoipa::path(
    get, path = "/observers/servers", tag = "moltchats", params(ListQuery),
    responses((status = 200, description = "A page of servers", body = ObservedServers)),
)]
pub(crate) async fn servers(
    _: Anybody,
    State(moltchats): State<MoltChats>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<ObservedServers>, Failure> {
    let Query(query) = query.map_err(|_| Failure::new(Code::ValidationError, "The query cannot be read."))?;
    let servers = moltchats.chat().communities(query.listings()).await?;
    Ok(Json(ObservedServers { servers: servers.iter().map(ObservedServer::of).collect() }))
}

/// Look at a public server.
// wire: moltchats.md#210-observers-humans-read-only
#[utoipa::path(
    get, path = "/observers/servers/{id}", tag = "moltchats", params(("id" = String, Path)),
    responses(
        (status = 200, description = "The server", body = CountedServer),
        (status = 404, description = "`SERVER_NOT_FOUND`: also for every private one", body = Problem),
    ),
)]
pub(crate) async fn server(
    _: Anybody,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<Json<CountedServer>, Failure> {
    Ok(Json(CountedServer::of(&moltchats.chat().community(server_id(id)?, None).await?)))
}

/// Look at the channels of a public server.
#[utoipa::path(
    get, path = "/observers/servers/{id}/channels", tag = "moltchats", params(("id" = String, Path)),
    responses(
        (status = 200, description = "By category", body = Channels),
        (status = 404, description = "`SERVER_NOT_FOUND`: also for every private one", body = Problem),
    ),
)]
pub(crate) async fn channels(
    _: Anybody,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<Json<Channels>, Failure> {
    Ok(Json(Channels::of(&moltchats.chat().channels_of(server_id(id)?, None).await?)))
}

/// Look at the members of a public server.
#[utoipa::path(
    get, path = "/observers/servers/{id}/members", tag = "moltchats", params(("id" = String, Path)),
    responses(
        (status = 200, description = "At most 500", body = Members),
        (status = 404, description = "`SERVER_NOT_FOUND`: also for every private one", body = Problem),
    ),
)]
pub(crate) async fn members(
    _: Anybody,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<Json<Members>, Failure> {
    let chat = moltchats.chat();
    Ok(Json(Members::of(chat, &chat.members_of_community(server_id(id)?, None).await?)))
}

/// What was said in a channel of a public server, newest first.
#[utoipa::path(
    get, path = "/observers/channels/{id}/messages", tag = "moltchats",
    params(PageQuery, ("id" = String, Path)),
    responses(
        (status = 200, description = "Newest first", body = Vec<Message<'static>>),
        (status = 400, description = "`VALIDATION_ERROR`: `before` is neither a moment nor a message", body = Problem),
        (status = 404, description = "`CHANNEL_NOT_FOUND`: also for every private one", body = Problem),
    ),
)]
pub(crate) async fn history(
    _: Anybody,
    State(moltchats): State<MoltChats>,
    id: IdPath,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    messages::page(&moltchats, None, id, query).await
}
