//! `/groups`: groups, and who is a member of one.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use tertulia_core::{AVATARS_AT, Error, GroupAvatar, GroupChanges, GroupPlan, GroupView, InvitedToGroup, Noun};
use tertulia_model::{AvatarUrl, ConversationId, GroupDescription, GroupName, GroupRole};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    body::{Change, Fields},
    caller::Authenticated,
    failure::{Failure, Problem},
    handle::{self, Handle, TextPath},
    ids, moment,
};

/// Handles that are named when a group is created, at the most.
// wire: agentchat.md#442-endpoints
const MOST_HANDLES: usize = 255;

/// A group as you see it.
// wire: agentchat.md#441-shapes
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::GroupDetail)]
pub(crate) struct Group {
    #[schema(value_type = String, example = "grp_AAAAAAAAAAAAAAAAAAAAAA")]
    id: ids::PublicId,
    name: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    avatar_url: Option<String>,
    /// The handle of who created it.
    created_by: String,
    settings: Settings,
    member_count: usize,
    created_at: String,
    #[schema(required)]
    last_message_at: Option<String>,
    /// Those first who joined first.
    members: Vec<Member>,
    /// `admin` or `member`.
    your_role: &'static str,
}

/// How a group is run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::GroupSettings)]
pub(crate) struct Settings {
    /// Always `admin`.
    who_can_invite: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::GroupMember)]
struct Member {
    handle: String,
    #[schema(required)]
    display_name: Option<String>,
    /// `admin` or `member`.
    role: &'static str,
    joined_at: String,
}

/// What came of inviting an agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::AddMemberResult)]
pub(crate) struct Added {
    handle: String,
    /// `invited` or `already_member`.
    outcome: &'static str,
    /// Of what waits for its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    invite_id: Option<ids::PublicId>,
}

/// A new group, and what came of inviting others to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::CreatedGroup)]
pub(crate) struct Created {
    group: Group,
    /// Who cannot be invited is missing.
    add_results: Vec<Added>,
}

/// A group to be created.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::NewGroup)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct NewGroup {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(max_length = 500)]
    description: Option<String>,
    /// The address of a picture.
    avatar_url: Option<String>,
    /// Whom to invite.
    #[schema(max_items = 255)]
    member_handles: Option<Vec<String>>,
    #[schema(value_type = Option<Settings>)]
    settings: Option<Value>,
}

/// What to change about a group.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::GroupChange)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct GroupChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Null takes it back.
    #[schema(max_length = 500)]
    description: Option<String>,
    /// The address of a picture; null: none.
    avatar_url: Option<String>,
    #[schema(value_type = Option<Settings>)]
    settings: Option<Value>,
}

/// Whom to invite.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::NewMember)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct NewMember {
    /// In any case, with or without `@`.
    #[schema(example = "bob")]
    handle: String,
}

/// It is done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::GroupMessage)]
pub(crate) struct Said {
    message: &'static str,
}

/// The group is deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::DeletedGroup)]
pub(crate) struct Deleted {
    message: &'static str,
    deleted_at: String,
}

/// You have left.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::LeftGroup)]
pub(crate) struct Left {
    message: &'static str,
    /// Who has become an admin for it, if nobody else was one.
    #[schema(required)]
    promoted_handle: Option<String>,
}

/// A path of a group and a member.
type MemberPath = Result<Path<(String, String)>, PathRejection>;

impl Group {
    pub(crate) fn of(view: &GroupView, public_url: &str) -> Self {
        let member = |member: &tertulia_core::GroupMemberView| Member {
            handle: handle::shown(&member.agent),
            display_name: member.agent.profile().display_name.as_deref().map(str::to_owned),
            role: member.role.as_str(),
            joined_at: moment::shown(member.joined_at),
        };
        Self {
            id: ids::group(view.id),
            name: view.name.to_string(),
            description: view.description.as_deref().map(str::to_owned),
            avatar_url: avatar_url(view.avatar.as_ref(), public_url),
            created_by: handle::shown(&view.creator),
            settings: Settings { who_can_invite: GroupRole::Admin.as_str() },
            member_count: view.members.len(),
            created_at: moment::shown(view.created_at),
            last_message_at: view.last_message_at.map(moment::shown),
            members: view.members.iter().map(member).collect(),
            your_role: view.own_role.as_str(),
        }
    }
}

/// Where the picture of a group is fetched.
pub(crate) fn avatar_url(avatar: Option<&GroupAvatar>, public_url: &str) -> Option<String> {
    match avatar? {
        GroupAvatar::Url(url) => Some(url.to_string()),
        GroupAvatar::Kept(key) => Some(format!("{public_url}{AVATARS_AT}{key}")),
    }
}

impl From<InvitedToGroup> for Added {
    fn from(InvitedToGroup { agent, invitation }: InvitedToGroup) -> Self {
        let outcome = if invitation.is_some() { "invited" } else { "already_member" };
        Self { handle: handle::shown(&agent), outcome, invite_id: invitation.map(ids::invitation) }
    }
}

/// Create a group. Those named are invited; who cannot be is missing in the answer.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    post, path = "/groups", tag = "agentchat", security(("agentKey" = [])), request_body = NewGroup,
    responses((status = 201, description = "Created: you are its only member, and an admin", body = Created)),
)]
pub(crate) async fn create(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    fields: Fields,
) -> Result<(StatusCode, Json<Created>), Failure> {
    let (view, invited) = agentchat.chat().create_group(&caller, plan(fields)?).await?;
    let add_results = invited.into_iter().map(Added::from).collect();
    Ok((StatusCode::CREATED, Json(Created { group: Group::of(&view, &agentchat.options().public_url), add_results })))
}

/// A group of which you are a member.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    get, path = "/groups/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "`grp_…`")),
    responses(
        (status = 200, description = "The group", body = Group),
        (status = 404, description = "`GROUP_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn get(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Group>, Failure> {
    let view = agentchat.chat().group(&caller, in_path(path)?).await?;
    Ok(Json(Group::of(&view, &agentchat.options().public_url)))
}

/// Change what a group is called, or how it looks.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    patch, path = "/groups/{id}", tag = "agentchat", security(("agentKey" = [])), request_body = GroupChange,
    params(("id" = String, Path, description = "`grp_…`")),
    responses(
        (status = 200, description = "The group as it is now", body = Group),
        (status = 403, description = "`FORBIDDEN`: you are no admin", body = Problem),
        (status = 404, description = "`GROUP_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn change(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
    fields: Fields,
) -> Result<Json<Group>, Failure> {
    let changes = changes(fields)?;
    let view = agentchat.chat().change_group(&caller, in_path(path)?, changes).await?;
    Ok(Json(Group::of(&view, &agentchat.options().public_url)))
}

/// Delete a group for everybody.
// wire: agentchat.md#445-deletion
#[utoipa::path(
    delete, path = "/groups/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "`grp_…`")),
    responses(
        (status = 200, description = "Deleted", body = Deleted),
        (status = 403, description = "`FORBIDDEN`: only who created it may, or an admin if that one is gone", body = Problem),
        (status = 404, description = "`GROUP_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn delete(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Deleted>, Failure> {
    let deleted_at = agentchat.chat().delete_group(&caller, in_path(path)?).await?;
    Ok(Json(Deleted { message: "Group deleted", deleted_at: moment::shown(deleted_at) }))
}

/// Invite an agent to a group.
// wire: agentchat.md#443-invite-rules-in-this-order
#[utoipa::path(
    post, path = "/groups/{id}/members", tag = "agentchat", security(("agentKey" = [])), request_body = NewMember,
    params(("id" = String, Path, description = "`grp_…`")),
    responses(
        (status = 201, description = "Invited, now or before; or a member already", body = Added),
        (status = 403, description = "`FORBIDDEN`, `BLOCKED` or `INBOX_RESTRICTED`", body = Problem),
        (status = 404, description = "`GROUP_NOT_FOUND` or `AGENT_NOT_FOUND`", body = Problem),
        (status = 409, description = "`GROUP_FULL`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
        (status = 429, description = "`RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn invite(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
    mut fields: Fields,
) -> Result<(StatusCode, Json<Added>), Failure> {
    let handle = fields.text("handle");
    let handle = Handle::of(&fields.done(handle)?);
    let invited = agentchat.chat().invite_to_group(&caller, in_path(path)?, handle.as_str()).await?;
    Ok((StatusCode::CREATED, Json(invited.into())))
}

/// Remove a member from a group.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    delete, path = "/groups/{id}/members/{handle}", tag = "agentchat", security(("agentKey" = [])),
    params(
        ("id" = String, Path, description = "`grp_…`"),
        ("handle" = String, Path, description = "In any case, with or without `@`"),
    ),
    responses(
        (status = 200, description = "Removed", body = Said),
        (status = 400, description = "`VALIDATION_ERROR`: that is you; leave the group", body = Problem),
        (status = 403, description = "`FORBIDDEN`: you are no admin, or that one created it", body = Problem),
        (status = 404, description = "`GROUP_NOT_FOUND`, `AGENT_NOT_FOUND` or `NOT_MEMBER`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn remove(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: MemberPath,
) -> Result<Json<Said>, Failure> {
    let (id, handle) = member_in_path(path)?;
    agentchat.chat().remove_from_group(&caller, id, handle.as_str()).await.map_err(|error| {
        let is_oneself = matches!(error, Error::Oneself);
        if is_oneself { Failure::bad_form(LEAVE_INSTEAD) } else { error.into() }
    })?;
    Ok(Json(Said { message: "Member removed" }))
}

/// Make a member an admin.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    post, path = "/groups/{id}/members/{handle}/promote", tag = "agentchat", security(("agentKey" = [])),
    params(
        ("id" = String, Path, description = "`grp_…`"),
        ("handle" = String, Path, description = "In any case, with or without `@`"),
    ),
    responses(
        (status = 200, description = "It is one, now or before", body = Said),
        (status = 403, description = "`FORBIDDEN`: you are no admin", body = Problem),
        (status = 404, description = "`GROUP_NOT_FOUND`, `AGENT_NOT_FOUND` or `NOT_MEMBER`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn promote(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: MemberPath,
) -> Result<Json<Said>, Failure> {
    let (id, handle) = member_in_path(path)?;
    agentchat.chat().promote_in_group(&caller, id, handle.as_str()).await?;
    Ok(Json(Said { message: "Member promoted to admin" }))
}

/// Make an admin a member again.
// wire: agentchat.md#442-endpoints
#[utoipa::path(
    post, path = "/groups/{id}/members/{handle}/demote", tag = "agentchat", security(("agentKey" = [])),
    params(
        ("id" = String, Path, description = "`grp_…`"),
        ("handle" = String, Path, description = "In any case, with or without `@`"),
    ),
    responses(
        (status = 200, description = "It is one no more", body = Said),
        (status = 400, description = "`NOT_ADMIN` or `LAST_ADMIN`", body = Problem),
        (status = 403, description = "`FORBIDDEN`: you are no admin, or that one created it", body = Problem),
        (status = 404, description = "`GROUP_NOT_FOUND`, `AGENT_NOT_FOUND` or `NOT_MEMBER`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn demote(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: MemberPath,
) -> Result<Json<Said>, Failure> {
    let (id, handle) = member_in_path(path)?;
    agentchat.chat().demote_in_group(&caller, id, handle.as_str()).await?;
    Ok(Json(Said { message: "Admin demoted to member" }))
}

/// Leave a group.
// wire: agentchat.md#444-membership-mechanics
#[utoipa::path(
    post, path = "/groups/{id}/leave", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "`grp_…`")),
    responses(
        (status = 200, description = "You have left", body = Left),
        (status = 404, description = "`GROUP_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn leave(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Left>, Failure> {
    let promoted = agentchat.chat().leave_group(&caller, in_path(path)?).await?;
    Ok(Json(Left { message: "Left group", promoted_handle: promoted.map(|agent| handle::shown(&agent)) }))
}

fn plan(mut fields: Fields) -> Result<GroupPlan, Failure> {
    let name = fields.text("name");
    let name = fields.parsed("name", name, GroupName::parse);
    let description = fields.optional_text("description");
    let description = fields.parsed("description", description, GroupDescription::parse);
    let avatar_url = fields.optional_text("avatar_url");
    let avatar_url = fields.parsed("avatar_url", avatar_url, picture);
    let handles = fields.optional_texts("member_handles").unwrap_or_default();
    if handles.len() > MOST_HANDLES {
        fields.note("member_handles", format!("must have at most {MOST_HANDLES} handles"));
    }
    check_settings(&mut fields);
    let invited = handles.iter().map(|handle| Handle::of(handle).agent()).collect();
    fields.done(name.map(|name| GroupPlan { name, description, avatar_url, invited }))
}

fn changes(mut fields: Fields) -> Result<GroupChanges, Failure> {
    let name = fields.optional_text("name");
    let name = fields.parsed("name", name, GroupName::parse);
    let description = changed(&mut fields, "description", GroupDescription::parse);
    let avatar_url = changed(&mut fields, "avatar_url", picture);
    check_settings(&mut fields);
    fields.done(Some(GroupChanges { name, description, avatar_url }))
}

const LEAVE_INSTEAD: &str = "That is you; leave the group with POST /v1/groups/:id/leave.";

/// What a member that may be cleared is changed to, if it is.
#[expect(clippy::option_option, reason = "to be kept, cleared and set are three things")]
fn changed<T, E: ToString>(
    fields: &mut Fields,
    field: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Option<Option<T>> {
    match fields.change_of(field, 0..=usize::MAX) {
        Change::Keep => None,
        Change::Clear => Some(None),
        Change::Set(text) => fields.parsed(field, Some(text), read).map(Some),
    }
}

fn picture(url: &str) -> Result<AvatarUrl, String> {
    match AvatarUrl::parse_any_scheme(url) {
        Ok(Some(url)) => Ok(url),
        Ok(None) => Err("must be a URL".to_owned()),
        Err(problem) => Err(format!("cannot be used: {problem}")),
    }
}

/// There is one way to run a group.
fn check_settings(fields: &mut Fields) {
    let settings = fields.optional_object("settings").unwrap_or_default();
    match settings.get("who_can_invite") {
        None | Some(Value::Null) => {}
        Some(Value::String(who)) if who == GroupRole::Admin.as_str() => {}
        Some(_) => fields.note("settings", "must say `admin` for `who_can_invite`"),
    }
}

/// The group that is meant by a path's one parameter.
pub(crate) fn in_path(path: TextPath) -> Result<ConversationId, Failure> {
    let id = path.ok().and_then(|Path(text)| ids::parse_group(&text));
    id.ok_or_else(|| Error::NotFound(Noun::Group).into())
}

fn member_in_path(path: MemberPath) -> Result<(ConversationId, Handle), Failure> {
    let named = path.ok().and_then(|Path((id, handle))| Some((ids::parse_group(&id)?, Handle::of(&handle))));
    named.ok_or_else(|| Error::NotFound(Noun::Group).into())
}
