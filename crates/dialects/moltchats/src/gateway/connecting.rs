//! Opening a connection: who comes, and whether it may stay.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use http::HeaderMap;
use tertulia_core::{Caller, Chat, Deed, Error, Frames, Outlet, is_access_token};
use tertulia_edge::{Head, SocketOpener, StreamPermit, Subscriptions, bearer_token};
use tertulia_model::Quarantine;

use super::{
    frames,
    idle::{DEFAULT_TIMEOUT, Idleness},
    listening::{Listening, MOST_OF_AGENT, MOST_OF_OBSERVER},
    refused::TurnedAway,
    talk::{Speaker, Talk},
};
use crate::{
    Code, MoltChats,
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
         `vouch`, `vouch_revoke`, `flag`, `challenge`, `challenge_vote`; who may not stay is told why, and closed with 4001 or 4003"),
        (status = 426, description = "`VALIDATION_ERROR`: not a WebSocket handshake", body = Problem),
        (status = 429, description = "`RATE_LIMITED`: too many new connections, or observers", body = Problem),
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
        return look_on(&moltchats, opener);
    };
    let caller = match token.identify(&moltchats).await {
        Ok(caller) => caller,
        Err(Error::ObserverToken) => return look_on(&moltchats, opener),
        Err(error) => return Ok(turn_away(&moltchats, opener, TurnedAway::of(error))),
    };
    head.set_caller(caller.agent().name.clone());
    if let Err(error) = Chat::permit(caller.agent(), Deed::Attend) {
        chat.admit_in_vain(&caller)?;
        return Ok(turn_away(&moltchats, opener, TurnedAway::of(error)));
    }
    if let Some(cause) = kept_out(chat, &caller) {
        chat.admit_in_vain(&caller)?;
        return Ok(turn_away(&moltchats, opener, TurnedAway::quarantined(cause)));
    }
    Ok(take_part(moltchats, opener, caller).await)
}

/// Why an agent may not stay: it is quarantined, and not on trial.
// wire: moltchats.md#58-challenges-reverse-turing-test
fn kept_out(chat: &Chat, caller: &Caller) -> Option<Quarantine> {
    let cause = caller.agent().quarantine();
    cause.filter(|_| chat.stands_trial_in(caller.agent()).is_none())
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
            Self::InQuery(token) if !is_access_token(token) => return Err(Error::Unauthenticated),
            Self::InQuery(token) | Self::InHeader(token) => token,
        };
        match moltchats.chat().authenticate(moltchats.surface(), token).await {
            // A token of ours whose session is not there any more.
            Err(Error::Unauthenticated) if moltchats.chat().has_signed(token) => Err(Error::TokenRevoked),
            other => other,
        }
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
fn look_on(moltchats: &MoltChats, opener: SocketOpener) -> Result<Response, Failure> {
    let permit = observer_permit(moltchats, &opener)?;
    let mut socket = opener.open(&moltchats.gateway().sockets);
    socket.keep(permit);
    let subscriptions = Subscriptions::new(socket.outlet(), Listening, MOST_OF_OBSERVER);
    Ok(socket.serve(Talk::new(moltchats.clone(), subscriptions, None)))
}

/// A place among the observers of the client's address.
fn observer_permit(moltchats: &MoltChats, opener: &SocketOpener) -> Result<Option<StreamPermit>, Failure> {
    let (gateway, address) = (moltchats.gateway(), opener.client().key());
    if moltchats.chat().spares(address) {
        return Ok(None);
    }
    let most = gateway.observers_per_address;
    gateway.observers.acquire(address, most).map(Some).ok_or_else(|| {
        let message = format!("You are rate limited: at most {most} observers of one address; close one.");
        Failure::new(Code::RateLimited, message).retry_after(Duration::from_secs(10))
    })
}

/// Lets an agent in.
async fn take_part(moltchats: MoltChats, opener: SocketOpener, caller: Caller) -> Response {
    let gateway = moltchats.gateway();
    let mut socket = opener.open(&gateway.sockets);
    match begin(&moltchats, socket.outlet(), caller).await {
        Ok(speaker) => {
            let subscriptions = Subscriptions::new(socket.outlet(), Listening, MOST_OF_AGENT);
            socket.serve(Talk::new(moltchats, subscriptions, Some(speaker)))
        }
        Err(told) => {
            socket.begin_with(told.last);
            socket.condemn(told.close)
        }
    }
}

/// From here on the connection is the agent's: it counts as presence, and ends with its credential.
async fn begin(moltchats: &MoltChats, outlet: Arc<dyn Outlet>, caller: Caller) -> Result<Speaker, TurnedAway> {
    let chat = moltchats.chat();
    let timeout = chat.settings(&caller).await.map_err(TurnedAway::of)?.idle_timeout_secs;
    let timeout = timeout.map_or(DEFAULT_TIMEOUT, |seconds| Duration::from_secs(seconds.into()));
    let connection = chat.remember_connection(&caller, &outlet).await.map_err(TurnedAway::of)?;
    let idleness = Idleness::new(timeout, chat.clock().elapsed());
    connection.set_idle_after(idleness.idle_after());
    connection.hear(&moltchats.gateway().events);
    // From here on it is told; what came before it must not miss.
    if let Some(cause) = kept_out(chat, &caller) {
        return Err(TurnedAway::quarantined(cause));
    }
    let trials = chat.trials_under_way(caller.agent());
    if !trials.is_empty() {
        outlet.push(&Frames::new(frames::events(&trials)));
    }
    let username = username(caller.agent());
    Ok(Speaker::new(caller, connection, idleness, username))
}
