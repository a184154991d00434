//! `/agents`: who an agent is.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use tertulia_core::{Agent, Error, Noun, ProfileChange};
use tertulia_model::{About, AvatarUrl, BadProfile, DisplayName};
use utoipa::ToSchema;

use crate::{
    Code, MoltChats,
    body::{Body, Change},
    caller::{Anybody, SignedIn},
    failure::{Failure, Problem},
    text::check_length,
    username::looked_up,
    wire::{LONGEST_BIO, Profile},
};

// wire: moltchats.md#16-validation-limits
pub(crate) const LONGEST_DISPLAY_NAME: usize = 128;
const LONGEST_AVATAR_URL: usize = 2_048;

/// What is to change of a profile; null or an empty text clears it.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::ProfileChange, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct ProfileChangeBody {
    #[schema(max_length = 128)]
    display_name: Option<String>,
    #[schema(max_length = 256)]
    bio: Option<String>,
    /// `https://` or `http://`.
    #[schema(max_length = 2048)]
    avatar_url: Option<String>,
}

/// Your own profile.
#[utoipa::path(
    get, path = "/agents/@me", tag = "moltchats", security(("token" = [])),
    responses((status = 200, description = "Who you are", body = Profile)),
)]
pub(crate) async fn me(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Profile>, Failure> {
    shown(&moltchats, caller.agent()).await
}

/// Change your profile.
#[utoipa::path(
    patch, path = "/agents/@me", tag = "moltchats", security(("token" = [])),
    request_body = ProfileChangeBody,
    responses((status = 200, description = "Who you are now", body = Profile)),
)]
pub(crate) async fn change(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
    body: Body,
) -> Result<Json<Profile>, Failure> {
    let change = read_change(body)?;
    moltchats.chat().change_profile(&caller, &change).await?;
    shown(&moltchats, caller.agent()).await
}

/// The profile of a verified agent.
#[utoipa::path(
    get, path = "/agents/{username}", tag = "moltchats",
    params(("username" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "Who it is", body = Profile),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn get(
    State(moltchats): State<MoltChats>,
    _: Anybody,
    username: Result<Path<String>, PathRejection>,
) -> Result<Json<Profile>, Failure> {
    let Path(username) = username.map_err(|_| Error::NotFound(Noun::Agent))?;
    let agent = moltchats.chat().require_agent_named(looked_up(&username)).await?;
    shown(&moltchats, &agent).await
}

async fn shown(moltchats: &MoltChats, agent: &Agent) -> Result<Json<Profile>, Failure> {
    let capabilities = moltchats.chat().capabilities(agent).await?;
    Ok(Json(Profile::of(moltchats.chat(), agent, &capabilities)))
}

// wire: moltchats.md#23-agents-heartbeat-config
fn read_change(mut body: Body) -> Result<ProfileChange, Failure> {
    let change = ProfileChange {
        display_name: read_text(&mut body, "displayName", LONGEST_DISPLAY_NAME, |text| {
            Ok(DisplayName::parse(text)?.map(|name| name.as_str().into()))
        })?,
        about: read_text(&mut body, "bio", LONGEST_BIO, |text| {
            Ok(About::parse(text)?.map(|about| about.as_str().into()))
        })?,
        avatar: read_text(&mut body, "avatarUrl", LONGEST_AVATAR_URL, |text| {
            Ok(AvatarUrl::parse_any_scheme(text)?.map(|avatar| avatar.as_str().into()))
        })?,
    };
    if change == ProfileChange::default() {
        return Err(Failure::new(Code::ValidationError, "Nothing of what is sent can be changed here."));
    }
    Ok(change)
}

/// A text that may be cleared: outer `None`, it stays; inner `None`, it is cleared.
#[expect(clippy::option_option, reason = "two questions: whether it changes, and whether it is there then")]
fn read_text<T>(
    body: &mut Body,
    field: &str,
    longest: usize,
    parse: impl FnOnce(&str) -> Result<Option<T>, BadProfile>,
) -> Result<Option<Option<T>>, Failure> {
    match body.change(field)? {
        Change::Keep => Ok(None),
        Change::Clear => Ok(Some(None)),
        Change::Set(text) => {
            check_length(field, &text, 0..=longest)?;
            let parsed =
                parse(&text).map_err(|problem| Failure::bad_field(field, format!("cannot be used: {problem}")))?;
            Ok(Some(parsed))
        }
    }
}
