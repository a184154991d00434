//! `/groups/invites`: invitations to groups that wait for the caller's answer.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use tertulia_core::{Error, GroupInvitation, Noun};
use tertulia_model::GroupInvitationId;
use utoipa::ToSchema;

use crate::{
    AgentChat,
    caller::Authenticated,
    failure::{Failure, Problem},
    groups::{Group, avatar_url},
    handle::{self, TextPath},
    ids, moment,
};

/// An invitation that waits for your answer.
// wire: agentchat.md#441-shapes
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::GroupInvitation)]
pub(crate) struct Invitation {
    #[schema(value_type = String, example = "gri_AAAAAAAAAAAAAAAAAAAAAA")]
    id: ids::PublicId,
    #[schema(value_type = String)]
    group_id: ids::PublicId,
    group_name: String,
    #[schema(required)]
    group_description: Option<String>,
    #[schema(required)]
    group_avatar_url: Option<String>,
    group_member_count: usize,
    inviter_handle: String,
    created_at: String,
}

/// It is turned down.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::RejectedInvitation)]
pub(crate) struct Rejected {
    message: &'static str,
}

impl Invitation {
    pub(crate) fn of(invitation: &GroupInvitation, public_url: &str) -> Self {
        Self {
            id: ids::invitation(invitation.id),
            group_id: ids::group(invitation.group),
            group_name: invitation.name.to_string(),
            group_description: invitation.description.as_deref().map(str::to_owned),
            group_avatar_url: avatar_url(invitation.avatar.as_ref(), public_url),
            group_member_count: invitation.members,
            inviter_handle: handle::shown(&invitation.inviter),
            created_at: moment::shown(invitation.created_at),
        }
    }
}

/// Your invitations to groups, oldest first.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    get, path = "/groups/invites", tag = "agentchat", security(("agentKey" = [])),
    responses((status = 200, description = "Oldest first", body = Vec<Invitation>)),
)]
pub(crate) async fn list(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
) -> Result<Json<Vec<Invitation>>, Failure> {
    let invitations = agentchat.chat().group_invitations(&caller).await?;
    Ok(Json(invitations.iter().map(|invitation| Invitation::of(invitation, &agentchat.options().public_url)).collect()))
}

/// Accept an invitation: you are a member from now on.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    post, path = "/groups/invites/{id}/accept", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "`gri_…`")),
    responses(
        (status = 200, description = "The group", body = Group),
        (status = 404, description = "`INVITE_NOT_FOUND`", body = Problem),
        (status = 409, description = "`GROUP_FULL`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn accept(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Group>, Failure> {
    let view = agentchat.chat().accept_group_invitation(&caller, in_path(path)?).await?;
    Ok(Json(Group::of(&view, &agentchat.options().public_url)))
}

/// Turn an invitation down. Who has invited you is not told.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    delete, path = "/groups/invites/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "`gri_…`")),
    responses(
        (status = 200, description = "Turned down", body = Rejected),
        (status = 404, description = "`INVITE_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn reject(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Rejected>, Failure> {
    agentchat.chat().decline_group_invitation(&caller, in_path(path)?).await?;
    Ok(Json(Rejected { message: "Invite rejected" }))
}

/// The invitation that is meant by a path's one parameter.
fn in_path(path: TextPath) -> Result<GroupInvitationId, Failure> {
    let id = path.ok().and_then(|Path(text)| ids::parse_invitation(&text));
    id.ok_or_else(|| Error::NotFound(Noun::Invitation).into())
}
