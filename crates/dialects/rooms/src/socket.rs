//! The WebSocket `/api/ws`: any number of rooms over one connection. Nothing is said over it; that is for REST.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use bytes::BytesMut;
use http::HeaderMap;
use tertulia_api::{ApiState, Failure, Problem, key_in, sign_in};
use tertulia_core::{Bookmark, Caller, Conversation, DeliveryKey, Ended, Error, Outlet, is_access_token};
use tertulia_edge::{
    ClientAddress, CloseFrame, Closing, Next, Socket, SocketClosed, SocketHandler, SocketOpener, StreamPermit,
    Subscriptions,
};

use crate::{
    Refused, Rooms,
    frames::{self, BadFrame, ClientFrame, RoomRef},
    listening::{Listening, MOST_SUBSCRIPTIONS},
};

// wire: rooms.md#4-websocket-apiws
const BAD_CREDENTIAL: CloseFrame = CloseFrame::new(4401, "no valid key; do not come back with it");
const KEY_IN_URL: CloseFrame = CloseFrame::new(4401, "a key does not belong in a URL; send it in a header or a frame");
const CREDENTIAL_ENDED: CloseFrame = CloseFrame::new(4401, "the credential has ended");
const SUSPENDED: CloseFrame = CloseFrame::new(4401, "the agent is suspended");
const ROOM_GONE: CloseFrame = CloseFrame::new(4404, "the room is gone");
const TOO_MANY: CloseFrame = CloseFrame::new(1013, "too many connections; close one or come back later");
const TRY_AGAIN: CloseFrame = CloseFrame::new(1013, "something is wrong for a moment; come back later");

/// A connection over which rooms are heard.
#[utoipa::path(
    get, path = "/api/ws", tag = "rooms", security((), ("key" = [])),
    responses(
        (status = 101, description = "A WebSocket. Frames: `auth`, `subscribe`, `unsubscribe`, `ping`; `subscribed`, \
         `history`, `message`, `room`, `pong`, `error`"),
        (status = 426, description = "`UPGRADE_REQUIRED`: not a WebSocket handshake", body = Problem),
        (status = 429, description = "`TOO_MANY_STREAMS`, `RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn open(
    State(rooms): State<Rooms>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
    headers: HeaderMap,
    opener: SocketOpener,
) -> Result<Response, Refused> {
    let client = opener.client();
    let mut socket = opener.open(&rooms.0.sockets);
    let outlet = socket.outlet();
    let mut talk = Talk {
        key: rooms.chat().delivery_key(),
        subscriptions: Subscriptions::new(outlet.clone(), Listening, MOST_SUBSCRIPTIONS),
        outlet,
        caller: None,
        permit: None,
        rooms,
    };
    let pairs = asked.map_or_else(|_| Vec::new(), |Query(pairs)| pairs);
    let token = access_token_in(&pairs);
    let mut refused = (token.is_none() && brings_credential(&pairs)).then_some(KEY_IN_URL);
    if refused.is_none() && (token.is_some() || has_credential(&headers)) {
        match talk.introduce(token.or_else(|| key_in(&headers)).unwrap_or_default()).await {
            // Takes none of the places of those who have not said who they are.
            Ok(connection) => {
                socket.keep(connection);
                return Ok(socket.serve(talk));
            }
            Err(close) => refused = Some(close),
        }
    }
    talk.permit = permit(&talk.rooms, client)?;
    match refused {
        Some(close) => {
            socket.keep(talk.permit);
            Ok(socket.condemn(close))
        }
        None => Ok(socket.serve(talk)),
    }
}

/// A place among the sockets of the client's address that have not said who they are.
// wire: rooms.md#4-websocket-apiws
fn permit(rooms: &Rooms, client: ClientAddress) -> Result<Option<StreamPermit>, Failure> {
    let (chat, address) = (rooms.chat(), client.key());
    if chat.spares(address) {
        return Ok(None);
    }
    let limit = rooms.0.options.sockets_per_address;
    let permit = rooms.0.options.socket_places.acquire(address, limit);
    permit.map(Some).ok_or_else(|| Failure::too_many_streams(limit, chat.clock().now(), chat.is_own(address)))
}

fn has_credential(headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::AUTHORIZATION) || headers.contains_key("x-api-key")
}

/// The access token in a query that has nothing else: it runs out soon, so that it may stand in a URL.
fn access_token_in(pairs: &[(String, String)]) -> Option<&str> {
    let rest_is_harmless =
        || !brings_credential(&pairs.iter().filter(|(name, _)| name != "token").cloned().collect::<Vec<_>>());
    match pairs.iter().filter(|(name, _)| name == "token").collect::<Vec<_>>()[..] {
        [(_, token)] if is_access_token(token) && rest_is_harmless() => Some(token),
        _ => None,
    }
}

/// Whether a query carries a credential, under whatever name.
fn brings_credential(pairs: &[(String, String)]) -> bool {
    let names = ["token", "access_token", "key", "apikey", "api_key"];
    let is_key =
        |text: &str| text.split_whitespace().any(|word| word.starts_with("claw_") || word.starts_with("chatr_"));
    pairs
        .iter()
        .any(|(name, value)| names.contains(&name.to_ascii_lowercase().as_str()) || is_key(name) || is_key(value))
}

/// One client's side of a connection.
struct Talk {
    rooms: Rooms,
    caller: Option<Caller>,
    outlet: Arc<tertulia_edge::SendQueue>,
    subscriptions: Subscriptions<Listening>,
    key: DeliveryKey,
    permit: Option<StreamPermit>,
}

/// What the hub has to do with the connection after a frame.
type Outcome = Result<Next, SocketClosed>;

#[async_trait]
impl SocketHandler for Talk {
    async fn text(&mut self, text: &str, socket: &Socket) -> Next {
        if let Some(caller) = &self.caller {
            self.rooms.chat().attend(caller);
        }
        let outcome = match ClientFrame::read(text) {
            Ok(ClientFrame::Auth { key }) => self.authenticate(&key, socket).await,
            Ok(ClientFrame::Subscribe { room, after }) => self.subscribe(room, after, socket).await,
            Ok(ClientFrame::Unsubscribe { room }) => self.unsubscribe(room, socket).await,
            Ok(ClientFrame::Ping) => socket.send(frames::PONG).await.map(|()| Next::GoOn),
            Err(BadFrame { failure, room }) => refuse(socket, &failure, room.as_deref()).await,
        };
        // Who is gone needs no answer; the connection's task has seen it.
        outcome.unwrap_or(Next::GoOn)
    }

    fn closing(&mut self, why: Closing, _: &mut BytesMut) -> CloseFrame {
        why.usual(|ended| match ended {
            Ended::CredentialEnded | Ended::AgentDeleted => CREDENTIAL_ENDED,
            Ended::AgentSuspended | Ended::AgentQuarantined => SUSPENDED,
            Ended::PlaceGone | Ended::NoLongerAllowed => ROOM_GONE,
        })
    }
}

impl Talk {
    async fn authenticate(&mut self, key: &str, socket: &Socket) -> Outcome {
        if self.caller.is_some() {
            let error = "This connection has said who it is already.";
            return refuse(socket, &Failure::bad_request("ALREADY_AUTHENTICATED", error), None).await;
        }
        match self.introduce(key).await {
            Ok(connection) => {
                socket.keep(connection);
                Ok(Next::GoOn)
            }
            Err(close) => Ok(Next::Close(close)),
        }
    }

    /// Finds out who calls. The connection is theirs from then on.
    async fn introduce(&mut self, key: &str) -> Result<impl Send + 'static, CloseFrame> {
        let caller = sign_in(&self.rooms, key).await.map_err(closing_for)?;
        let outlet: Arc<dyn Outlet> = self.outlet.clone();
        let connection = self.rooms.chat().remember_connection(&caller, &outlet).await;
        let connection = connection.map_err(closing_for)?;
        self.permit = None;
        self.caller = Some(caller);
        Ok(connection)
    }

    async fn subscribe(&mut self, room: RoomRef, after: Option<Bookmark>, socket: &Socket) -> Outcome {
        // A history is an answer like a page: it counts as a request of the address.
        let found = match self.rooms.chat().admit(self.rooms.surface(), socket.client().key()) {
            Ok(_) => self.find(room).await,
            Err(refused) => Err(refused),
        };
        let conversation = match found {
            Ok(conversation) => conversation,
            Err(error) => return self.refuse(socket, error, room).await,
        };
        let Ok(outlet) = self.subscriptions.begin(conversation.id, ()) else {
            return too_many(socket, room).await;
        };
        match self.follow(room, &conversation, after, socket, &outlet).await {
            Ok(outcome) => outcome,
            Err(error) => {
                self.subscriptions.end(&conversation.id);
                self.refuse(socket, error, room).await
            }
        }
    }

    async fn follow(
        &self,
        room: RoomRef,
        conversation: &Arc<Conversation>,
        after: Option<Bookmark>,
        socket: &Socket,
        outlet: &Arc<dyn Outlet>,
    ) -> Result<Outcome, Error> {
        let (chat, reader) = (self.rooms.chat(), self.caller.as_ref());
        let start = chat.start(conversation, reader, after).await?;
        if let Err(closed) = socket.send_frames(frames::beginning(room, &start.page, &self.rooms.0.json)).await {
            return Ok(Err(closed));
        }
        chat.follow(conversation, reader, &start, &self.rooms.0.frame, outlet, self.key).await?;
        Ok(Ok(Next::GoOn))
    }

    async fn unsubscribe(&self, room: RoomRef, socket: &Socket) -> Outcome {
        let id = match room {
            RoomRef::Global => self.rooms.chat().lobby().id,
            RoomRef::Room(id) => id,
        };
        if self.subscriptions.end(&id) {
            return Ok(Next::GoOn);
        }
        let failure = Failure::bad_request("NOT_SUBSCRIBED", "This connection does not listen to this room.");
        refuse(socket, &failure, Some(&room.name())).await
    }

    async fn find(&self, room: RoomRef) -> Result<Arc<Conversation>, Error> {
        match room {
            RoomRef::Global => Ok(self.rooms.chat().lobby().clone()),
            RoomRef::Room(id) => self.rooms.chat().room(id).await,
        }
    }

    async fn refuse(&self, socket: &Socket, error: Error, room: RoomRef) -> Outcome {
        let failure = Refused::from(error).into_failure();
        refuse(socket, &failure, Some(&room.name())).await
    }
}

async fn refuse(socket: &Socket, failure: &Failure, room: Option<&str>) -> Outcome {
    socket.send(&frames::error(failure, room)).await.map(|()| Next::GoOn)
}

async fn too_many(socket: &Socket, room: RoomRef) -> Outcome {
    let error = format!("One connection listens to at most {MOST_SUBSCRIPTIONS} rooms; unsubscribe from one first.");
    let failure = Failure::bad_request("TOO_MANY_SUBSCRIPTIONS", error);
    refuse(socket, &failure, Some(&room.name())).await
}

/// How a connection is closed whose client could not be let in.
fn closing_for(error: Error) -> CloseFrame {
    match Refused::from(error).into_failure().code() {
        "UNAUTHORIZED" => BAD_CREDENTIAL,
        "SUSPENDED" => SUSPENDED,
        "TOO_MANY_STREAMS" => TOO_MANY,
        _ => TRY_AGAIN,
    }
}
