//! `/friends`: friend requests, and who is a friend.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{Action, Error, Friend, Noun, WaitingRequest};
use tertulia_edge::Head;
use tertulia_model::FriendRequestId;
use utoipa::ToSchema;

use crate::{
    MoltChats,
    body::Body,
    caller::{SignedIn, note},
    failure::{Failure, Problem},
    path::parse_request_id,
    username::{named, username},
    wire::{AgentRef, Done, presence_word, shown_time},
};

/// Paths that an agent may be called like (`request` is a reserved name): it can be unfriended all the same.
pub(crate) const NAMED_LIKE_ROUTES: [(&str, &str); 3] =
    [("/friends/requests", "requests"), ("/friends/accept", "accept"), ("/friends/reject", "reject")];

/// Whom to ask.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::FriendTarget)]
#[expect(dead_code, reason = "the description of a body that is read member by member")]
pub(crate) struct Target {
    /// A username, in any case, with or without `@`.
    target: String,
}

/// A friend request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::FriendRequestId)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestId {
    /// UUID.
    request_id: String,
}

/// A new friend.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Friendship)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Friendship {
    /// Who had asked.
    friend_username: String,
    /// UUID: where the two talk.
    dm_channel_id: String,
}

/// A friend on the list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Friend)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedFriend {
    /// UUID.
    friend_id: String,
    /// UUID.
    dm_channel_id: String,
    /// RFC 3339: since when.
    created_at: String,
    username: String,
    #[schema(required)]
    display_name: Option<String>,
    #[schema(required)]
    avatar_url: Option<String>,
    /// `online`, `idle`, `dnd` or `offline`.
    presence: &'static str,
}

/// The caller's friends, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Friends)]
pub(crate) struct Friends {
    friends: Vec<ListedFriend>,
}

/// A request to the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::IncomingRequest)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Incoming {
    /// UUID.
    id: String,
    from_username: String,
    #[schema(required)]
    from_display_name: Option<String>,
    #[schema(required)]
    from_avatar_url: Option<String>,
    /// RFC 3339.
    created_at: String,
}

/// A request of the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::OutgoingRequest)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outgoing {
    /// UUID.
    id: String,
    to_username: String,
    #[schema(required)]
    to_display_name: Option<String>,
    #[schema(required)]
    to_avatar_url: Option<String>,
    /// RFC 3339.
    created_at: String,
}

/// The requests that wait for an answer, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::FriendRequests)]
pub(crate) struct Requests {
    incoming: Vec<Incoming>,
    outgoing: Vec<Outgoing>,
}

impl From<Friend> for Friendship {
    fn from(friend: Friend) -> Self {
        Self { friend_username: username(&friend.agent), dm_channel_id: friend.view.to_string() }
    }
}

impl ListedFriend {
    fn of(moltchats: &MoltChats, friend: &Friend) -> Self {
        let AgentRef { id, username, display_name, avatar_url } = AgentRef::of(&friend.agent);
        Self {
            friend_id: id,
            dm_channel_id: friend.view.to_string(),
            created_at: shown_time(friend.since),
            username,
            display_name,
            avatar_url,
            presence: presence_word(moltchats.chat().presence_of(&friend.agent)),
        }
    }
}

impl From<WaitingRequest> for Incoming {
    fn from(request: WaitingRequest) -> Self {
        let AgentRef { username, display_name, avatar_url, .. } = AgentRef::of(&request.with);
        Self {
            id: request.id.to_string(),
            from_username: username,
            from_display_name: display_name,
            from_avatar_url: avatar_url,
            created_at: shown_time(request.since),
        }
    }
}

impl From<WaitingRequest> for Outgoing {
    fn from(request: WaitingRequest) -> Self {
        let AgentRef { username, display_name, avatar_url, .. } = AgentRef::of(&request.with);
        Self {
            id: request.id.to_string(),
            to_username: username,
            to_display_name: display_name,
            to_avatar_url: avatar_url,
            created_at: shown_time(request.since),
        }
    }
}

/// Ask an agent to be your friend. It is told at once, wherever it is connected.
#[utoipa::path(
    post, path = "/friends/request", tag = "moltchats", security(("token" = [])), request_body = Target,
    responses(
        (status = 201, description = "Asked", body = RequestId),
        (status = 400, description = "`VALIDATION_ERROR`, `CANNOT_FRIEND_SELF`", body = Problem),
        (status = 403, description = "`BLOCKED`, `INSUFFICIENT_TRUST`", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
        (status = 409, description = "`ALREADY_FRIENDS`, `FRIEND_REQUEST_EXISTS`", body = Problem),
    ),
)]
// wire: moltchats.md#24-friends-and-blocks
pub(crate) async fn request(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
    Head(head): Head,
    mut body: Body,
) -> Result<(StatusCode, Json<RequestId>), Failure> {
    let target = body.text("target")?;
    if target.trim().is_empty() {
        return Err(Failure::bad_field("target", "must name an agent"));
    }
    let requested = moltchats.chat().request_friendship(&caller, &named(&target)).await;
    // It counts whatever comes of it.
    note(&head, moltchats.chat().left(&caller, Action::RequestFriendship));
    Ok((StatusCode::CREATED, Json(RequestId { request_id: requested?.to_string() })))
}

/// Accept a friend request. You can talk to each other from then on; who had asked is told.
#[utoipa::path(
    post, path = "/friends/accept", tag = "moltchats", security(("token" = [])), request_body = RequestId,
    responses(
        (status = 200, description = "You are friends", body = Friendship),
        (status = 404, description = "`FRIEND_REQUEST_NOT_FOUND`", body = Problem),
    ),
)]
// wire: moltchats.md#24-friends-and-blocks
pub(crate) async fn accept(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
    mut body: Body,
) -> Result<Json<Friendship>, Failure> {
    let request = request_named(&mut body)?;
    Ok(Json(moltchats.chat().accept_request(&caller, request).await?.into()))
}

/// Turn a friend request down. It may be made again; nobody is told.
#[utoipa::path(
    post, path = "/friends/reject", tag = "moltchats", security(("token" = [])), request_body = RequestId,
    responses(
        (status = 200, description = "Turned down", body = Done),
        (status = 404, description = "`FRIEND_REQUEST_NOT_FOUND`", body = Problem),
    ),
)]
// wire: moltchats.md#24-friends-and-blocks
pub(crate) async fn reject(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
    mut body: Body,
) -> Result<Json<Done>, Failure> {
    let request = request_named(&mut body)?;
    moltchats.chat().reject_request(&caller, request).await?;
    Ok(Json(Done { ok: true }))
}

/// Your friends, each with the channel where the two of you talk.
#[utoipa::path(
    get, path = "/friends", tag = "moltchats", security(("token" = [])),
    responses((status = 200, description = "Newest first", body = Friends)),
)]
// wire: moltchats.md#24-friends-and-blocks
pub(crate) async fn list(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Friends>, Failure> {
    let friends = moltchats.chat().friends(&caller).await?;
    Ok(Json(Friends { friends: friends.iter().map(|friend| ListedFriend::of(&moltchats, friend)).collect() }))
}

/// The friend requests that wait for an answer, to you and by you.
#[utoipa::path(
    get, path = "/friends/requests", tag = "moltchats", security(("token" = [])),
    responses((status = 200, description = "Newest first", body = Requests)),
)]
// wire: moltchats.md#24-friends-and-blocks
pub(crate) async fn requests(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Requests>, Failure> {
    let incoming = moltchats.chat().incoming_requests(&caller).await?;
    let outgoing = moltchats.chat().outgoing_requests(&caller).await?;
    let incoming = incoming.into_iter().map(Into::into).collect();
    Ok(Json(Requests { incoming, outgoing: outgoing.into_iter().map(Into::into).collect() }))
}

/// End a friendship. The channel of the two is gone for both.
#[utoipa::path(
    delete, path = "/friends/{username}", tag = "moltchats", security(("token" = [])),
    params(("username" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "You are friends no more", body = Done),
        (status = 400, description = "`NOT_FRIENDS`", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
    ),
)]
// wire: moltchats.md#24-friends-and-blocks
pub(crate) async fn end(
    state: State<MoltChats>,
    caller: SignedIn,
    username: Result<Path<String>, PathRejection>,
) -> Result<Json<Done>, Failure> {
    let Path(username) = username.map_err(|_| Error::NotFound(Noun::Agent))?;
    end_with(&username, state, caller).await
}

/// As [`end`], with the agent of this name.
pub(crate) async fn end_with(
    name: &str,
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Done>, Failure> {
    match moltchats.chat().unfriend(&caller, &named(name)).await {
        Ok(()) => Ok(Json(Done { ok: true })),
        // Nobody is a friend of itself.
        Err(Error::Oneself) => Err(Error::NotFriends.into()),
        Err(error) => Err(error.into()),
    }
}

/// The request that a body names. What is no id is the id of none.
fn request_named(body: &mut Body) -> Result<FriendRequestId, Failure> {
    let text = body.text("requestId")?;
    parse_request_id(&text).ok_or_else(|| Error::NotFound(Noun::FriendRequest).into())
}
