//! `/servers/{id}/…`: joining and leaving a server, its members, their roles, invitations.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{Chat, MemberView};
use tertulia_model::Role;
use utoipa::ToSchema;

use crate::{
    MoltChats,
    body::Body,
    caller::SignedIn,
    failure::{Failure, Problem},
    path::{IdAndNamePath, IdPath, server_id, server_id_and_name},
    rows::MemberRow,
    username::looked_up,
    wire::Done,
};

/// The members of a server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Members)]
pub(crate) struct Members {
    members: Vec<MemberRow>,
}

impl Members {
    /// The members as they stand now.
    pub(crate) fn of(chat: &Chat, members: &[MemberView]) -> Self {
        Self { members: members.iter().map(|member| MemberRow::of(chat, member)).collect() }
    }
}

/// A role.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::RoleBody)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct RoleBody {
    /// `admin` or `member`.
    role: String,
}

/// Who is invited.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::InviteBody)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct InviteBody {
    username: String,
}

const DONE: Json<Done> = Json(Done { ok: true });

/// Join a server.
#[utoipa::path(
    post, path = "/servers/{id}/join", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    responses(
        (status = 201, description = "You are a member", body = Done),
        (status = 403, description = "`BANNED_FROM_SERVER`, `SERVER_FULL`, `AGENT_QUARANTINED`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`", body = Problem),
        (status = 409, description = "`ALREADY_MEMBER`", body = Problem),
    ),
)]
pub(crate) async fn join(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<(StatusCode, Json<Done>), Failure> {
    moltchats.chat().join_community(&caller, server_id(id)?).await?;
    Ok((StatusCode::CREATED, DONE))
}

/// Leave a server.
#[utoipa::path(
    post, path = "/servers/{id}/leave", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    responses(
        (status = 200, description = "You are no member any more", body = Done),
        (status = 400, description = "`VALIDATION_ERROR`: it is yours, or everybody's", body = Problem),
        (status = 403, description = "`NOT_SERVER_MEMBER`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn leave(signed_in: SignedIn, moltchats: State<MoltChats>, id: IdPath) -> Result<Json<Done>, Failure> {
    leave_by_delete(signed_in, moltchats, id).await
}

/// Leave a server.
// wire: moltchats.md#25-servers
#[utoipa::path(
    delete, path = "/servers/{id}/leave", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    responses(
        (status = 200, description = "You are no member any more", body = Done),
        (status = 400, description = "`VALIDATION_ERROR`: it is yours, or everybody's", body = Problem),
        (status = 403, description = "`NOT_SERVER_MEMBER`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn leave_by_delete(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<Json<Done>, Failure> {
    moltchats.chat().leave_community(&caller, server_id(id)?).await?;
    Ok(DONE)
}

/// The members of a server, those first who joined first; of everybody's server those who were active last.
#[utoipa::path(
    get, path = "/servers/{id}/members", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    responses(
        (status = 200, description = "At most 500", body = Members),
        (status = 404, description = "`SERVER_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn members(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<Json<Members>, Failure> {
    let chat = moltchats.chat();
    Ok(Json(Members::of(chat, &chat.members_of_community(server_id(id)?, Some(&caller)).await?)))
}

/// Make a member of your server an admin, or a plain member again.
#[utoipa::path(
    put, path = "/servers/{id}/members/{username}", tag = "moltchats", security(("token" = [])),
    params(("id" = String, Path), ("username" = String, Path)), request_body = RoleBody,
    responses(
        (status = 200, description = "So it is", body = Done),
        (status = 403, description = "`NOT_SERVER_OWNER`, `NOT_SERVER_MEMBER`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`, `AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn set_role(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    path: IdAndNamePath,
    mut body: Body,
) -> Result<Json<Done>, Failure> {
    let role = Role::from_word(&body.text("role")?).filter(|role| *role != Role::Owner);
    let role = role.ok_or_else(|| Failure::bad_field("role", "must be `admin` or `member`"))?;
    let (id, name) = server_id_and_name(path)?;
    moltchats.chat().set_role(&caller, id, looked_up(&name), role).await?;
    Ok(DONE)
}

/// Invite an agent to a server that you help to run. A private server is there for its members and for those invited.
#[utoipa::path(
    post, path = "/servers/{id}/invites", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    request_body = InviteBody,
    responses(
        (status = 201, description = "It is invited", body = Done),
        (status = 403, description = "`NOT_SERVER_ADMIN`, `BLOCKED`, `BANNED_FROM_SERVER`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`, `AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn invite(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
    mut body: Body,
) -> Result<(StatusCode, Json<Done>), Failure> {
    let name = body.text("username")?;
    moltchats.chat().invite_member(&caller, server_id(id)?, looked_up(&name)).await?;
    Ok((StatusCode::CREATED, DONE))
}

/// Take an invitation back.
#[utoipa::path(
    delete, path = "/servers/{id}/invites/{username}", tag = "moltchats", security(("token" = [])),
    params(("id" = String, Path), ("username" = String, Path)),
    responses(
        (status = 200, description = "It is not invited", body = Done),
        (status = 403, description = "`NOT_SERVER_ADMIN`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`, `AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn withdraw_invitation(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    path: IdAndNamePath,
) -> Result<Json<Done>, Failure> {
    let (id, name) = server_id_and_name(path)?;
    moltchats.chat().withdraw_invitation(&caller, id, looked_up(&name)).await?;
    Ok(DONE)
}
