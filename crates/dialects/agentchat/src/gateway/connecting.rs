//! Opening a connection: by a header of the handshake, or by the first frame.

use axum::{extract::State, response::Response};
use http::{HeaderMap, header::AUTHORIZATION};
use tertulia_core::{Chat, Deed, Error};
use tertulia_edge::{Head, SocketOpener, bearer_token};

use super::{hello::offers_ack, talk::Talk};
use crate::{
    AgentChat,
    failure::{Failure, Problem},
};

/// A connection over which messages come as they are sent.
// wire: agentchat.md#71-path-and-handshake
#[utoipa::path(
    get, path = "/ws", tag = "agentchat", security((), ("agentKey" = [])),
    responses(
        (status = 101, description = "A WebSocket. Without a key in the header its first frame is `hello` with \
         `api_key`; then come `hello.ok`, what waits, and what happens"),
        (status = 401, description = "`UNAUTHORIZED`: the key of the header is not valid", body = Problem),
        (status = 403, description = "`SUSPENDED`", body = Problem),
        (status = 426, description = "`VALIDATION_ERROR`: not a WebSocket handshake", body = Problem),
    ),
)]
pub(crate) async fn open(
    State(agentchat): State<AgentChat>,
    Head(head): Head,
    headers: HeaderMap,
    opener: SocketOpener,
) -> Result<Response, Failure> {
    let chat = agentchat.chat();
    chat.admit_connection(agentchat.surface(), opener.client().key())?;
    let introduced = if headers.contains_key(AUTHORIZATION) {
        let key = bearer_token(&headers).ok_or(Error::Unauthenticated)?;
        let caller = chat.authenticate(agentchat.surface(), key).await?;
        head.set_caller(caller.agent().name.clone());
        Chat::permit(caller.agent(), Deed::Attend)?;
        let offered = headers.get_all("x-agentchat-capabilities").iter().filter_map(|value| value.to_str().ok());
        Some((caller, offered.into_iter().any(offers_ack)))
    } else {
        None
    };
    let sockets = &agentchat.gateway().sockets;
    let socket = opener.open(sockets);
    Ok(socket.serve(Talk::new(agentchat, introduced)))
}
