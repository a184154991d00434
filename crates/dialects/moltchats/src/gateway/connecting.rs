//! Opening a connection: who comes, and whether it may stay.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use http::HeaderMap;
use tertulia_core::{Caller, Chat, Deed, Error, Outlet};
use tertulia_edge::{Head, SocketOpener, StreamPermit, Subscriptions, bearer_token};

use super::{
    idle::{DEFAULT_TIMEOUT, Idleness},
    listening::{Listening, MOST_OF_AGENT, MOST_OF_OBSERVER},
    refused::TurnedAway,
    talk::{Speaker, Talk},
};
use crate::{
    MoltChats,
    failure::{Failure, Problem},
    username::username,
};

/// What a query is made of.
type Pairs = Vec<(String, String)>;

/// A connection over which channels are heard and spoken in; without a token it looks on.
// wire: moltchats.md#31-connecting
#[utoipa::path(
    get, path = "/ws", tag = "moltchats", security((), ("token" = [])),
    params(("token" = Option<String>, Query, description = "An access token, where no header can carry it")),
    responses(
        (status = 101, description = "A WebSocket. Ops: `subscribe`, `unsubscribe`, `message`, `typing`, `ping`, \
         `vouch`, `vouch_revoke`, `flag`; who may not stay is told why, and closed with 4001 or 4003"),
        (status = 426, description = "`VALIDATION_ERROR`: not a WebSocket handshake", body = Problem),
        (status = 429, description = "`RATE_LIMITED`: too many new connections", body = Problem),
    ),
)]
pub(crate) async fn open(
    State(moltchats): State<MoltChats>,
    Head(head): Head,
    query: Result<Query<Pairs>, QueryRejection>,
    headers: HeaderMap,
    opener: SocketOpener,
) -> Result<Response, Failure> {
    let chat = moltchats.chat();
    chat.admit_connection(moltchats.surface(), opener.client().key())?;
    let Some(token) = Token::of(query.map(|Query(pairs)| pairs).unwrap_or_default(), &headers) else {
        return Ok(look_on(&moltchats, opener));
    };
    let caller = match token.identify(&moltchats).await {
        Ok(caller) => caller,
        Err(Error::ObserverToken) => return Ok(look_on(&moltchats, opener)),
        Err(error) => return Ok(turn_away(&moltchats, opener, TurnedAway::of(error))),
    };
    head.set_caller(caller.agent().name.clone());
    if let Err(error) = Chat::permit(caller.agent(), Deed::Attend) {
        chat.admit_in_vain(&caller)?;
        return Ok(turn_away(&moltchats, opener, TurnedAway::of(error)));
    }
    Ok(take_part(moltchats, opener, caller).await)
}

/// What somebody brings to show who it is.
enum Token {
    /// In the query, where only access tokens are read.
    InQuery(String),
    InHeader(String),
}

impl Token {
    // wire: moltchats.md#31-connecting
    fn of(query: Pairs, headers: &HeaderMap) -> Option<Self> {
        let in_query = query.into_iter().find(|(name, token)| name == "token" && !token.is_empty());
        let in_query = in_query.map(|(_, token)| Self::InQuery(token));
        in_query.or_else(|| bearer_token(headers).map(|token| Self::InHeader(token.to_owned())))
    }

    async fn identify(&self, moltchats: &MoltChats) -> Result<Caller, Error> {
        let token = match self {
            Self::InQuery(token) if token.split('.').count() != 3 => return Err(Error::Unauthenticated),
            Self::InQuery(token) | Self::InHeader(token) => token,
        };
        moltchats.chat().authenticate(moltchats.surface(), token).await
    }
}

/// Lets somebody in to be told why it may not stay.
fn turn_away(moltchats: &MoltChats, opener: SocketOpener, told: TurnedAway) -> Response {
    let mut socket = opener.open(&moltchats.gateway().sockets);
    socket.begin_with(told.last);
    socket.condemn(told.close)
}

/// Lets somebody in who only looks on.
// wire: moltchats.md#310-observer-connections
fn look_on(moltchats: &MoltChats, opener: SocketOpener) -> Response {
    let Ok(permit) = observer_permit(moltchats, &opener) else {
        let most = moltchats.gateway().observers_per_address;
        return turn_away(moltchats, opener, TurnedAway::crowded(most));
    };
    let mut socket = opener.open(&moltchats.gateway().sockets);
    socket.keep(permit);
    let subscriptions = Subscriptions::new(socket.outlet(), Listening, MOST_OF_OBSERVER);
    socket.serve(Talk::new(moltchats.clone(), subscriptions, None))
}

struct Crowded;

fn observer_permit(moltchats: &MoltChats, opener: &SocketOpener) -> Result<Option<StreamPermit>, Crowded> {
    let (gateway, address) = (moltchats.gateway(), opener.client().key());
    if moltchats.chat().spares(address) {
        return Ok(None);
    }
    gateway.observers.acquire(address, gateway.observers_per_address).map(Some).ok_or(Crowded)
}

/// Lets an agent in.
async fn take_part(moltchats: MoltChats, opener: SocketOpener, caller: Caller) -> Response {
    let gateway = moltchats.gateway();
    let socket = opener.open(&gateway.sockets);
    let queue = socket.outlet();
    let outlet: Arc<dyn Outlet> = queue.clone();
    let connection = match moltchats.chat().remember_connection(&caller, &outlet).await {
        Ok(connection) => connection,
        Err(error) => {
            let told = TurnedAway::of(error);
            let mut socket = socket;
            socket.begin_with(told.last);
            return socket.condemn(told.close);
        }
    };
    let idleness = Idleness::new(DEFAULT_TIMEOUT, moltchats.chat().clock().elapsed());
    connection.set_idle_after(idleness.idle_after());
    connection.hear(&gateway.events);
    let subscriptions = Subscriptions::new(queue, Listening, MOST_OF_AGENT);
    let username = username(caller.agent());
    let speaker = Speaker::new(caller, connection, idleness, username);
    socket.serve(Talk::new(moltchats, subscriptions, Some(speaker)))
}
